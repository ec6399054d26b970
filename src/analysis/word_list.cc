#include "analysis/word_list.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "text/utf8.h"

namespace hb {
namespace {

constexpr std::string_view kEmojiStyle = "\xef\xb8\x8f";  // U+FE0F

bool HasBlank(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint point = DecodeUtf8(word, at);
    if (u_isUWhiteSpace(static_cast<UChar32>(point.code))) return true;
    at += point.size;
  }
  return false;
}

WordList::Word MakeWord(const std::string& lower, double valence) {
  WordList::Word word{.valence = valence, .vader = {}, .pattern = {}};
  if (const vader::Entry* known = vader::Find(lower)) word.vader = *known;
  word.vader.valence = valence;
  word.vader.scored = true;
  word.vader.boost = 0;  // A word has a feeling or strengthens that of others.

  pattern::Entry& entry = word.pattern;
  entry.subjectivity = 1;
  const std::string_view form = std::string_view(lower).substr(0, pattern::kMaxFormBytes);
  entry.key = pattern::MakeKey(form);
  if (const pattern::Entry* known = pattern::Find(entry.key);
      known != nullptr && form.size() == lower.size()) {
    entry = *known;
    entry.flags &= ~static_cast<std::uint32_t>(pattern::kEmoticon | pattern::kRepairedOnly);
  }
  entry.flags |= pattern::kWord;
  entry.polarity = valence / WordList::kMaxValence;
  return word;
}

}  // namespace

Status WordList::Add(std::string_view line) {
  const auto wrong = [](std::string what) {
    return Error{Code::kInvalidArgument, std::move(what)};
  };
  if (!IsValidUtf8(line)) return wrong("the bytes are not UTF-8");
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return wrong("there is no tab between a word and its valence");
  std::string_view word = line.substr(0, tab);
  const std::string_view number = line.substr(tab + 1);
  if (word.size() > kEmojiStyle.size() && word.ends_with(kEmojiStyle))
    word.remove_suffix(kEmojiStyle.size());
  if (word.empty()) return wrong("there is no word before the tab");
  if (HasBlank(word)) return wrong("'" + std::string(word) + "' is more than one word");
  double valence = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), valence);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(valence))
    return wrong("'" + std::string(number) + "' is not a number");
  if (std::abs(valence) > kMaxValence)
    return wrong("a valence is from -4 to 4, not " + std::string(number));
  std::string lower;
  AppendFolded(word, lower);
  if (words_.contains(lower)) return wrong("'" + lower + "' stands there twice");
  if (words_.size() == kMaxWords) {
    return Error{Code::kExhausted, "more than " + std::to_string(kMaxWords) + " words"};
  }
  longest_ = std::max(longest_, lower.size());
  words_.emplace(lower, MakeWord(lower, valence));
  return Ok();
}

Result<std::shared_ptr<const WordList>> WordList::Parse(std::string_view text,
                                                        const std::string& name) {
  auto list = std::make_shared<WordList>();
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool remark = line.starts_with('#') && line.find('\t') == std::string_view::npos;
    if (line.empty() || remark) continue;
    if (const Status added = list->Add(line); !added.ok()) {
      return Error{added.error().code,
                   name + ":" + std::to_string(number) + ": " + added.error().message};
    }
  }
  std::uint64_t sum = 0;
  for (const auto& [word, entry] : list->words_) {
    sum += Hash64(word + "\t" + std::to_string(std::llround(entry.valence * 1e6)));
  }
  for (int shift = 28; shift >= 0; shift -= 4)
    list->digest_ += "0123456789abcdef"[(sum >> (32 + shift)) & 15];
  return std::shared_ptr<const WordList>(std::move(list));
}

const WordList::Word* WordList::FindAnyCase(std::string_view token, std::string& buffer) const {
  // A letter may be longer in lower case, by no more than this.
  if (token.size() > 3 * longest_) return nullptr;
  buffer.clear();
  AppendFolded(token, buffer);
  return Find(buffer);
}

}  // namespace hb
