// Any bytes as word vectors: the loader refuses them, or every row of what it accepts can be read.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "model/fuzz_forms.h"
#include "model/word_vectors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb::model;
  ForEachForm(data, size, [](std::string_view bytes) {
    const auto read = WordVectors::View(bytes);
    if (!read.ok()) return;
    const WordVectors& vectors = read.value();
    std::vector<std::int32_t> sums(vectors.dims());
    std::vector<std::int16_t> unit(vectors.dims());
    for (std::size_t word = 0; word < vectors.words(); ++word) {
      const auto row = static_cast<std::int32_t>(word);
      vectors.Prefetch(word);
      sums.assign(sums.size(), 0);
      vectors.Add({&row, 1}, sums);
      WordVectors::Normalize(sums, unit);
      if (std::abs(WordVectors::Product(unit, unit)) > kUnit * kUnit) __builtin_trap();
    }
  });
  return 0;
}
