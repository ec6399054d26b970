#include "analysis/vader_lexicon.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <iterator>

namespace hb::vader {
namespace {

enum Flag : unsigned { kScored = 1, kBoostsUp = 2, kBoostsDown = 4, kNegates = 8 };

struct VaderRow {
  std::string_view form;
  double valence;
  unsigned flags;
  unsigned word;
};
struct EmojiRow {
  char32_t code;
  std::string_view text;
};

#include "analysis/vader_emoji_table.inc"
#include "analysis/vader_table.inc"

constexpr std::size_t kRows = std::size(kVaderRows);
constexpr unsigned kSlotBits = 14;
constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
static_assert(kRows * 2 < kSlots);

constexpr std::size_t LongestForm() {
  std::size_t longest = 0;
  for (const VaderRow& row : kVaderRows) longest = std::max(longest, row.form.size());
  return longest;
}
constexpr std::size_t kLongest = LongestForm();

// FNV-1a, whose upper bits are mixed once more: the forms are short.
constexpr std::size_t SlotOf(std::string_view form) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : form) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return (hash * 0x9e3779b97f4a7c15u) >> (64 - kSlotBits);
}

struct Table {
  std::array<Entry, kRows> entries{};
  std::array<std::uint16_t, kSlots> slots{};  // number of the row + 1, 0: empty
};

constexpr Table Build() {
  Table table;
  for (std::size_t i = 0; i < kRows; ++i) {
    const VaderRow& row = kVaderRows[i];
    Entry& entry = table.entries[i];
    entry.valence = row.valence;
    entry.boost = (row.flags & kBoostsUp) != 0 ? 1 : (row.flags & kBoostsDown) != 0 ? -1 : 0;
    entry.scored = (row.flags & kScored) != 0;
    entry.negates = (row.flags & kNegates) != 0;
    entry.word = static_cast<Word>(row.word);
    std::size_t slot = SlotOf(row.form);
    while (table.slots[slot] != 0) slot = (slot + 1) % kSlots;
    table.slots[slot] = static_cast<std::uint16_t>(i + 1);
  }
  return table;
}

constinit const Table kTable = Build();

// Which runs of 256 code points hold any emoji: most texts beyond ASCII are letters.
std::bitset<0x1100> EmojiRuns() {
  std::bitset<0x1100> runs;
  for (const EmojiRow& row : kEmojiRows) runs.set(row.code >> 8);
  return runs;
}

}  // namespace

const Entry* Find(std::string_view lower) noexcept {
  if (lower.size() > kLongest) return nullptr;
  for (std::size_t slot = SlotOf(lower);; slot = (slot + 1) % kSlots) {
    const std::uint16_t number = kTable.slots[slot];
    if (number == 0) return nullptr;
    if (kVaderRows[number - 1].form == lower) return &kTable.entries[number - 1];
  }
}

std::string_view EmojiText(char32_t code) noexcept {
  static const std::bitset<0x1100> runs = EmojiRuns();
  if (code >= 0x110000 || !runs[code >> 8]) return {};
  const auto* row = std::lower_bound(std::begin(kEmojiRows), std::end(kEmojiRows), code,
                                     [](const EmojiRow& r, char32_t c) { return r.code < c; });
  return row != std::end(kEmojiRows) && row->code == code ? row->text : std::string_view{};
}

}  // namespace hb::vader
