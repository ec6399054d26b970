// Any bytes: the walk equals the plain one, spans are in range and on borders, and clean-up is
// idempotent.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "text/plain_walk.h"
#include "text/text_walk.h"
#include "text/tweet_length.h"
#include "text/utf8.h"
#include "text/words.h"

namespace {

using namespace hb;

/// Which bytes of `text` begin a code point or an invalid part; the end does too.
std::vector<bool> Borders(std::string_view text) {
  std::vector<bool> borders(text.size() + 1, false);
  for (std::size_t at = 0; at < text.size(); at += DecodeUtf8(text, at).size) borders[at] = true;
  borders[text.size()] = true;
  return borders;
}

void CheckTokens(const TextWalk& walk) {
  const std::vector<bool> borders = Borders(walk.text);
  const std::vector<bool> folded = Borders(walk.folded);
  std::uint32_t last = 0;
  for (const Token& token : walk.tokens) {
    Require(token.begin >= last && token.begin < token.end && token.end <= walk.text.size(),
            "token order");
    Require(token.folded_begin < token.folded_end && token.folded_end <= walk.folded.size(),
            "folded range");
    Require(borders[token.begin] && borders[token.end], "token border");
    Require(folded[token.folded_begin] && folded[token.folded_end], "folded border");
    Require(IsValidUtf8(walk.Original(token)), "token text");
    last = token.end;
  }
}

void CheckEntities(const TextWalk& walk) {
  const std::vector<bool> borders = Borders(walk.text);
  std::uint32_t last = 0;
  for (const Entity& entity : walk.entities) {
    Require(entity.begin >= last && entity.begin <= entity.value_begin &&
                entity.value_begin < entity.value_end && entity.value_end <= entity.end,
            "entity order");
    Require(entity.end <= walk.text.size() && borders[entity.begin] && borders[entity.end],
            "entity border");
    Require(entity.token < walk.tokens.size(), "entity token");
    last = entity.end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static TextWalk walk;
  WalkText(text, walk);
  CheckTokens(walk);
  CheckEntities(walk);
  Require(IsValidUtf8(walk.folded), "folded text");
  if (size <= 300) {  // The plain walk takes its time.
    TextWalk plain;
    PlainWalk(text, plain);
    Require(
        walk.tokens == plain.tokens && walk.counts == plain.counts && walk.folded == plain.folded,
        "equals the plain walk");
  }
  std::vector<TopWord> words;
  TopWords(walk, size % 2 == 0 ? "en" : "ja", words);
  Require(words.size() <= kMaxTopWords, "top words");
  std::string clean;
  CleanWord(walk, clean);
  Require(IsValidUtf8(clean), "clean text");
  Require(clean.empty() || (clean.front() != ' ' && clean.back() != ' '), "clean ends");
  Require(clean.find("  ") == std::string::npos, "clean blanks");
  MeasureTweet(text);
  IsValidUrl(text);
  ReplyName(text);
  return 0;
}
