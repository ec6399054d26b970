#include "neural/tokenizer_added.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace hb::neural {
namespace {

/// What Rust's regular expressions mean by \w.
bool IsWordPoint(char32_t code) {
  const auto c = static_cast<UChar32>(code);
  return (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(c, UCHAR_ALPHABETIC) || u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL);
}

bool StandsAlone(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0 && IsWordPoint(DecodeUtf8(text, PreviousUtf8(text, begin)).code)) return false;
  return end == text.size() || !IsWordPoint(DecodeUtf8(text, end).code);
}

}  // namespace

bool IsBlankPoint(char32_t c) {
  if (c < 0x85) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  std::vector<std::pair<std::string_view, std::int32_t>> words;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    words.emplace_back(tokens_[i].content, static_cast<std::int32_t>(i));
    first_[static_cast<unsigned char>(tokens_[i].content[0])] = true;
  }
  trie_ = Trie(std::move(words));
}

AddedTokens::Found AddedTokens::Next(std::string_view text, std::size_t at) const {
  for (std::size_t begin = at; begin < text.size();) {
    if (!first_[static_cast<unsigned char>(text[begin])]) {
      ++begin;
      continue;
    }
    std::int32_t best = -1;
    std::size_t end = begin;
    Trie::State state = Trie::kRoot;
    for (std::size_t i = begin; i < text.size(); ++i) {
      state = trie_.Step(state, static_cast<unsigned char>(text[i]));
      if (state == Trie::kNowhere) break;
      if (trie_.Value(state) >= 0) {
        best = trie_.Value(state);
        end = i + 1;
      }
    }
    if (best < 0) {
      ++begin;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<std::size_t>(best)];
    if (token.single_word && !StandsAlone(text, begin, end)) {
      begin = end;  // As in `tokenizers`: what begins inside of it is not looked at again.
      continue;
    }
    while (token.lstrip && begin > at) {
      const std::size_t before = PreviousUtf8(text, begin);
      if (before < at || !IsBlankPoint(DecodeUtf8(text, before).code)) break;
      begin = before;
    }
    while (token.rstrip && end < text.size()) {
      const CodePoint next = DecodeUtf8(text, end);
      if (!IsBlankPoint(next.code)) break;
      end += next.size;
    }
    return {begin, end, token.id};
  }
  return {text.size(), text.size(), -1};
}

}  // namespace hb::neural
