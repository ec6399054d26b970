#include "analysis/pattern_lexicon.h"

#include <array>
#include <iterator>

namespace hb::pattern {
namespace {

struct PatternRow {
  std::string_view form;
  double polarity, subjectivity, intensity;
  std::uint32_t flags;
};

#include "analysis/pattern_lexicon_table.inc"

constexpr std::size_t kRowCount = std::size(kPatternRows);
constexpr unsigned kSlotBits = 13;
constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
// A slot holds an entry's number + 1 (0: empty) and, above it, four more bits of its hash, so that
// a miss seldom has to look at an entry.
constexpr unsigned kNumberBits = 12;
constexpr std::uint16_t kNumberMask = (1u << kNumberBits) - 1;
static_assert(kRowCount < kNumberMask);

// Two multiplications and a fold.
constexpr std::uint64_t Hash(const Key& key) {
  std::uint64_t h = key.head * 0x9e3779b97f4a7c15u;
  h ^= (key.middle + key.bytes) * 0xc2b2ae3d27d4eb4fu;
  h ^= key.tail * 0x165667b19e3779f9u;
  h ^= h >> 32;
  return h * 0xd6e8feb86659fd93u;
}
constexpr std::size_t SlotOf(std::uint64_t hash) { return hash >> (64 - kSlotBits); }
constexpr std::uint16_t PrintOf(std::uint64_t hash) {
  return static_cast<std::uint16_t>(((hash >> 40) & 0xf) << kNumberBits);
}

constexpr std::uint64_t Pack(std::string_view form, std::size_t from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8 && from + i < form.size(); ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(form[from + i])) << (8 * i);
  }
  return value;
}

struct Table {
  std::array<Entry, kRowCount> entries{};
  std::array<std::uint16_t, kSlots> slots{};
};

constexpr Table Build() {
  Table table;
  for (std::size_t i = 0; i < kRowCount; ++i) {
    const PatternRow& row = kPatternRows[i];
    Entry& entry = table.entries[i];
    entry.key = {Pack(row.form, 0), Pack(row.form, 8), Pack(row.form, 16),
                 static_cast<std::uint32_t>(row.form.size())};
    entry.flags = row.flags;
    entry.polarity = row.polarity;
    entry.subjectivity = row.subjectivity;
    entry.intensity = row.intensity;
    const std::uint64_t hash = Hash(entry.key);
    std::size_t slot = SlotOf(hash);
    while (table.slots[slot] != 0) slot = (slot + 1) % kSlots;
    table.slots[slot] = static_cast<std::uint16_t>(PrintOf(hash) | (i + 1));
  }
  return table;
}

constexpr Table kTable = Build();

}  // namespace

std::string Entry::Form() const {
  std::string form(24, '\0');
  std::memcpy(form.data(), &key.head, 8);
  std::memcpy(form.data() + 8, &key.middle, 8);
  std::memcpy(form.data() + 16, &key.tail, 8);
  form.resize(key.bytes);
  return form;
}

const Entry* Find(const Key& key) {
  const std::uint64_t hash = Hash(key);
  const std::uint16_t print = PrintOf(hash);
  for (std::size_t slot = SlotOf(hash);; slot = (slot + 1) % kSlots) {
    const std::uint16_t value = kTable.slots[slot];
    if (value == 0) return nullptr;
    if ((value & ~kNumberMask) != print) continue;
    const Entry& entry = kTable.entries[(value & kNumberMask) - 1u];
    if (entry.key == key) return &entry;
  }
}

std::span<const Entry> Entries() { return kTable.entries; }

}  // namespace hb::pattern
