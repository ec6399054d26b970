// analysis/vader_lexicon.h - VADER's words and emoji. For vader.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace hb::vader {

/// Words with a part of their own in the rules; the order is that of tools/make_vader_tables.py.
enum class Word : std::uint8_t {
  kNone,
  kNo,
  kOr,
  kNor,
  kKind,
  kOf,
  kSo,
  kThis,
  kNever,
  kWithout,
  kDoubt,
  kLeast,
  kAt,
  kVery,
  kBut,
  kThe,
  kShit,
  kBomb,
  kBad,
  kAss,
  kBus,
  kStop,
  kYeah,
  kRight,
  kKiss,
  kDeath,
  kTo,
  kDie,
  kFor,
  kBeating,
  kHeart,
  kJust,
  kEnough,
  kSort,
};

struct Entry {
  double valence = 0;     ///< -4 .. 4; 0 unless `scored`
  std::int8_t boost = 0;  ///< 1: strengthens the next word of feeling, -1: weakens it
  bool scored = false;    ///< stands in the lexicon
  bool negates = false;
  Word word = Word::kNone;
};

/// The entry of a form in lower case; nullptr: there is none. Cost: one hash, no allocation.
const Entry* Find(std::string_view lower) noexcept;

/// The words that stand for an emoji of one code point; empty: it is none.
std::string_view EmojiText(char32_t code) noexcept;

}  // namespace hb::vader
