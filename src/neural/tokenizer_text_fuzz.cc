// Any bytes as a post: cleaning is sound, and every kind of tokenizer gives ids in range, the same
// again, and cut off at the end what it gives without a limit.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "base/utf8.h"
#include "neural/clean_text.h"
#include "neural/tokenizer.h"
#include "neural/tokenizer_examples.h"

namespace {

using namespace hb;
using namespace hb::neural;

std::unique_ptr<Tokenizer> Made(std::string_view json) {
  auto made = ParseTokenizerJson(json);
  Require(made.ok(), "the examples are sound");
  return std::move(made).value();
}

void Check(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::int32_t> all, cut;
  tokenizer.Encode(text, 1u << 20, all);
  Require(all.size() >= 2, "both marks");
  for (const std::int32_t id : all) Require(id >= 0 && id < tokenizer.size(), "id in range");
  tokenizer.Encode(text, 6, cut);
  if (all.size() <= 6) {
    Require(cut == all, "the same again");
    return;
  }
  Require(cut.size() == 6 && cut.back() == all.back(), "cut before the mark");
  for (std::size_t i = 0; i < 5; ++i) Require(cut[i] == all[i], "the beginning");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto word_piece = Made(kWordPieceExample);
  static const auto byte_bpe = Made(kByteBpeExample);
  static const auto unigram = Made(kUnigramExample);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(*word_piece, text);
  Check(*byte_bpe, text);
  Check(*unigram, text);
  static TextCleaner cleaner;
  std::string clean;
  cleaner.Clean(text, clean);
  Require(IsValidUtf8(clean), "clean text");
  Require(clean.empty() || (clean.front() != ' ' && clean.back() != ' '), "clean ends");
  Require(clean.find("  ") == std::string::npos, "clean blanks");
  Check(*word_piece, clean);
  return 0;
}
