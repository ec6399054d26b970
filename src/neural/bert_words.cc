#include "neural/bert_words.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>

#include "base/utf8.h"

namespace hb::neural {
namespace {

#include "neural/bert_words_table.inc"

using Entry = BertTable::Entry;
using Kind = BertTable::Kind;

Entry Make(char32_t code, Kind kind) { return {static_cast<std::uint32_t>(kind) << 24 | code}; }

/// Rust's char::is_whitespace, which is the property White_Space.
bool IsBlank(char32_t c) {
  if (c < 0x85) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

template <std::size_t n>
bool InRanges(const char32_t (&ranges)[n], char32_t code) {
  // Odd when `code` is inside: past a first, not past its last.
  const auto* above = std::upper_bound(std::begin(ranges), std::end(ranges), code);
  const auto past = static_cast<std::size_t>(above - std::begin(ranges));
  return past % 2 == 1 || (past > 0 && ranges[past - 1] == code);
}

/// The row of `code` in a table of rows that begin with their key; null if there is none.
template <std::size_t width, std::size_t n>
const char32_t* RowOf(const char32_t (&table)[n], char32_t code) {
  std::size_t low = 0, high = n / width;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (table[middle * width] < code) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < n / width && table[low * width] == code ? table + low * width : nullptr;
}

bool IsControl(char32_t c) { return InRanges(kControlRanges, c); }
bool IsPunctuation(char32_t c) { return InRanges(kPunctuationRanges, c); }

/// The blocks that BERT's authors listed; one of them as `tokenizers` misspells it.
bool IsIdeograph(char32_t c) {
  if (c < 0x3400) return false;
  return c <= 0x4DBF || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) ||
         (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::uint8_t CombiningClass(char32_t c) {
  const char32_t* row = c < kMoved[0] ? nullptr : RowOf<2>(kMoved, c);
  return row == nullptr ? std::uint8_t{0} : static_cast<std::uint8_t>(row[1]);
}

struct Letters {
  std::array<char32_t, 4> code{};
  std::size_t count = 0;
};

Letters Apart(char32_t c) {
  if (c >= 0xAC00 && c < 0xD7A4) {  // A Hangul syllable (Unicode, section 3.12).
    const char32_t index = c - 0xAC00;
    Letters out{{0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28}, 3};
    if (index % 28 == 0) out.count = 2;
    return out;
  }
  Letters out{{c}, 1};
  const char32_t* row = RowOf<4>(kApart, c);
  if (row != nullptr) {
    out = {{row[1], row[2], row[3]}, 1};
    while (out.count < 3 && out.code[out.count] != 0) ++out.count;
  }
  return out;
}

char32_t Lower(char32_t c) {
  const char32_t* row = RowOf<2>(kLower, c);
  return row == nullptr ? c : row[1];
}

}  // namespace

const BertTable& BertTable::For(BertRules rules) {
  static std::array<std::once_flag, 16> made;
  static std::array<std::unique_ptr<const BertTable>, 16> tables;
  const std::size_t at = (rules.clean_text ? 1u : 0) | (rules.space_ideographs ? 2u : 0) |
                         (rules.strip_accents ? 4u : 0) | (rules.lower_case ? 8u : 0);
  std::call_once(made[at], [&] { tables[at].reset(new BertTable(rules)); });
  return *tables[at];
}

BertTable::BertTable(BertRules rules) : rules_(rules) {
  std::vector<Entry> table(0x20000);  // The planes of letters and of emoji.
  for (char32_t code = 0; code < table.size(); ++code) table[code] = Look(code);
  table_ = std::move(table);
}

Entry BertTable::Look(char32_t code) const {
  if (rules_.clean_text) {
    if (IsControl(code)) return Make(0, Kind::kDropped);
    if (IsBlank(code)) return Make(' ', Kind::kBlank);
  }
  if (rules_.strip_accents && InRanges(kMarkRanges, code)) {
    return Make(0, InRanges(kStarterMarks, code) ? Kind::kStop : Kind::kDropped);
  }
  const Expansion all = Expand(code);
  return all[1].code() == 0 ? all[0] : Make(code, Kind::kSeveral);
}

BertTable::Expansion BertTable::Expand(char32_t code) const {
  const bool alone = rules_.space_ideographs && IsIdeograph(code);
  Letters letters{{code}, 1};
  if (rules_.strip_accents) letters = Apart(code);
  if (rules_.lower_case) {
    if (code == 0x130 && !rules_.strip_accents) {
      letters = {{'i', 0x307}, 2};
    } else {
      for (std::size_t i = 0; i < letters.count; ++i) letters.code[i] = Lower(letters.code[i]);
    }
  }
  Expansion out{};
  for (std::size_t i = 0; i < letters.count; ++i) {
    const char32_t c = letters.code[i];
    Kind kind = Kind::kLetter;
    if (IsBlank(c)) {
      kind = Kind::kBlank;
    } else if (alone || IsPunctuation(c)) {
      kind = Kind::kAlone;
    } else if (rules_.strip_accents && CombiningClass(c) != 0) {
      kind = Kind::kMark;
    }
    out[i] = Make(c, kind);
  }
  return out;
}

void BertReader::Start(const BertTable& table, std::string_view text, std::size_t max_characters) {
  table_ = &table;
  text_ = text;
  at_ = 0;
  max_characters_ = max_characters;
  queued_ = queue_.size();
  marks_.clear();
}

void BertReader::Add(char32_t code) {
  if (++characters_ > max_characters_) return;
  if (code < 0x80) {
    word_.push_back(static_cast<char>(code));
  } else {
    AppendUtf8(code, word_);
  }
}

void BertReader::EndMarks() {
  std::stable_sort(marks_.begin(), marks_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& mark : marks_) Add(mark.second);
  marks_.clear();
}

/// Adds one character; true if a word is complete. `consumed` says whether this character is in it.
bool BertReader::Take(Entry entry, bool& consumed) {
  consumed = true;
  const Kind kind = entry.kind();
  if (kind == Kind::kDropped) return false;
  if (kind == Kind::kMark) {
    marks_.emplace_back(CombiningClass(entry.code()), entry.code());
    return false;
  }
  if (!marks_.empty()) EndMarks();
  switch (kind) {
    case Kind::kLetter: Add(entry.code()); return false;
    case Kind::kBlank: return characters_ > 0;
    case Kind::kAlone:
      if (characters_ > 0) {
        consumed = false;
      } else {
        Add(entry.code());
      }
      return true;
    default: return false;
  }
}

bool BertReader::Next(BertWord& word) {
  word_.clear();
  characters_ = 0;
  bool done = false;
  while (!done) {
    bool consumed = true;
    if (queued_ < queue_.size() && queue_[queued_].code() != 0) {
      done = Take(queue_[queued_], consumed);
      if (consumed) ++queued_;
      continue;
    }
    if (at_ >= text_.size()) {
      if (!marks_.empty()) EndMarks();
      break;
    }
    const CodePoint point = DecodeUtf8(text_, at_);
    const Entry entry = table_->Of(point.code);
    if (entry.kind() == Kind::kLetter && marks_.empty()) {
      Add(entry.code());
    } else if (entry.kind() == Kind::kSeveral) {
      queue_ = table_->Expand(point.code);
      queued_ = 0;
    } else {
      done = Take(entry, consumed);
    }
    if (consumed) at_ += point.size;
  }
  word = {word_, characters_};
  return characters_ > 0;
}

}  // namespace hb::neural
