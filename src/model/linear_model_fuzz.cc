// Any bytes as a model file: the loader refuses them, or what it accepts scores without a fault.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "model/linear_model.h"
#include "model/linear_scorer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const bool repair : {false, true}) {
    if (repair && size >= 24) {  // Past the checksum, or nothing behind it would ever be reached.
      const std::uint64_t sum = hb::Hash64(std::string_view(bytes).substr(24));
      for (std::size_t i = 0; i < 8; ++i) bytes[16 + i] = static_cast<char>(sum >> (8 * i));
    }
    const auto model = LinearModel::View(bytes);
    if (!model.ok()) continue;
    const LinearScorer scorer(model.value());
    LinearScratch scratch;
    scorer.Score("not a GOOD day, but soooo fine :) #HappyMonday", scratch);
    std::array<std::int64_t, kMaxClasses> logits{};
    std::array<hb::Micro, kMaxClasses> scores{};
    const auto k = static_cast<std::size_t>(model.value().classes());
    scorer.Logits(scratch, logits.data());
    SoftmaxMicro(std::span<const std::int64_t>(logits.data(), k),
                 std::span<hb::Micro>(scores.data(), k));
    hb::Micro sum = 0;
    for (std::size_t c = 0; c < k; ++c) sum += scores[c];
    if (sum != hb::kMicro) __builtin_trap();
  }
  return 0;
}
