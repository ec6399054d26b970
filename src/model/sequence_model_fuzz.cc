// Any bytes as an entity model: the loader refuses them, or what it accepts tags without a fault.
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/fuzz_forms.h"
#include "model/sequence_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  ForEachForm(data, size, [](std::string_view bytes) {
    const auto model = SequenceModel::View(bytes);
    if (!model.ok()) return;
    SequenceScratch scratch;
    hb::WalkText("@ann met Bob Smith in New York :) #Paris", scratch.walk);
    for (int view = 0; view < kViews; ++view) {
      model.value().Tag(scratch.walk, static_cast<EntityView>(view), scratch);
      CollectEntities(scratch.features.tokens, scratch.states, scratch.entities);
      for (const std::uint8_t state : scratch.states) {
        if (state >= kStates) __builtin_trap();
      }
    }
  });
  return 0;
}
