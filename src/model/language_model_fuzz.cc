// Any bytes as a model file: the loader refuses them, or what it accepts scores without a fault.
#include <cstdint>
#include <string_view>

#include "model/fuzz_forms.h"
#include "model/language_model.h"
#include "model/language_scorer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  ForEachForm(data, size, [](std::string_view bytes) {
    const auto model = LanguageModel::View(bytes);
    if (!model.ok()) return;
    const LanguageScorer scorer(model.value());
    LanguageScratch scratch;
    for (const std::string_view text : {"not a good day, ab cd", "\xD0\xB6\xD0\xB8", ""}) {
      const LanguageVerdict verdict = scorer.Score(text, "en", scratch);
      if (verdict.probability < 0 || verdict.probability > hb::kMicro) __builtin_trap();
    }
  });
  return 0;
}
