// WordList::Parse: any bytes are a list or an error that names a line.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "analysis/word_list.h"
#include "base/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = hb::WordList::Parse(text, "words.tsv");
  if (!list.ok()) {
    hb::Require(list.error().message.starts_with("words.tsv:"), "no place of the error");
    return 0;
  }
  hb::Require(list.value()->size() <= size && list.value()->digest().size() == 8, "a list");
  // What is found has a valence in range, whatever the token.
  std::string buffer;
  const auto* word = list.value()->FindAnyCase(text.substr(0, text.find('\t')), buffer);
  hb::Require(word == nullptr || std::abs(word->valence) <= hb::WordList::kMaxValence, "range");
  return 0;
}
