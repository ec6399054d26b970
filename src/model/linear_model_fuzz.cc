// Any bytes as a model file: the loader refuses them, or what it accepts scores without a fault.
#include <array>
#include <cstdint>
#include <string_view>

#include "model/fuzz_forms.h"
#include "model/linear_model.h"
#include "model/linear_scorer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  ForEachForm(data, size, [](std::string_view bytes) {
    const auto model = LinearModel::View(bytes);
    if (!model.ok()) return;
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
  });
  return 0;
}
