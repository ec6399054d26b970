// Any bytes as an entity model: the loader refuses them, or what it accepts tags without a fault.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "model/sequence_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const bool repair : {false, true}) {
    if (repair && size >= 24) {  // Past the checksum, or nothing behind it would ever be reached.
      const std::uint64_t sum = hb::Hash64(std::string_view(bytes).substr(24));
      for (std::size_t i = 0; i < 8; ++i) bytes[16 + i] = static_cast<char>(sum >> (8 * i));
    }
    const auto model = SequenceModel::View(bytes);
    if (!model.ok()) continue;
    SequenceScratch scratch;
    hb::WalkText("@ann met Bob Smith in New York :) #Paris", scratch.walk);
    for (int view = 0; view < kViews; ++view) {
      model.value().Tag(scratch.walk, static_cast<EntityView>(view), scratch);
      CollectEntities(scratch.features.tokens, scratch.states, scratch.entities);
      for (const std::uint8_t state : scratch.states) {
        if (state >= kStates) __builtin_trap();
      }
    }
  }
  return 0;
}
