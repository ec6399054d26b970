#include "model/symbols.h"

#include <string_view>
#include <vector>

namespace hb::model {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hex digits at `p`, or -1.
std::int32_t Hex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  std::int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexValue(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool IsScalar(std::uint32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

Decoded DecodeEscape(const char* p, const char* end) {
  if (end - p < 2) return {'\\', 1};
  switch (p[1]) {
    case 'n': return {'\n', 2};
    case '"': return {'"', 2};
    case '\'': return {'\'', 2};
    case 'u': break;
    default: return {'\\', 1};
  }
  const std::int32_t high = Hex4(p + 2, end);
  if (high < 0) return {'\\', 1};
  if (high >= 0xD800 && high < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
    const std::int32_t low = Hex4(p + 8, end);
    if (low >= 0xDC00 && low < 0xE000) {
      return {static_cast<std::uint32_t>(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12};
    }
  }
  const auto value = static_cast<std::uint32_t>(high);
  if (value == 0) return {' ', 6};
  return {IsScalar(value) ? value : kReplacement, 6};
}

struct Entity {
  std::string_view name;
  std::uint32_t symbol;
};
// Those that occur in posts; X itself sends only the first three.
constexpr Entity kEntities[] = {{"amp;", '&'},       {"lt;", '<'},        {"gt;", '>'},
                                {"quot;", '"'},      {"apos;", '\''},     {"nbsp;", ' '},
                                {"hellip;", 0x2026}, {"rsquo;", 0x2019},  {"lsquo;", 0x2018},
                                {"ldquo;", 0x201C},  {"rdquo;", 0x201D},  {"mdash;", 0x2014},
                                {"ndash;", 0x2013},  {"hearts;", 0x2665}, {"copy;", 0xA9}};

Decoded DecodeEntity(const char* p, const char* end) {
  const std::string_view rest(p + 1, static_cast<std::size_t>(end - p - 1));
  if (!rest.empty() && rest[0] == '#') {
    std::size_t i = 1;
    const bool hex = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
    if (hex) ++i;
    std::uint32_t value = 0;
    const std::size_t first = i;
    for (; i < rest.size() && i < first + 7; ++i) {
      const int digit = HexValue(rest[i]);
      if (digit < 0 || (!hex && digit > 9)) break;
      value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
    }
    if (i == first || i >= rest.size() || rest[i] != ';') return {'&', 1};
    return {value != 0 && IsScalar(value) ? value : kReplacement, i + 2};
  }
  for (const Entity& entity : kEntities) {
    if (rest.starts_with(entity.name)) {
      // "&amp;lt;" is "<" written twice over; old dumps have it.
      if (entity.symbol == '&' && rest.size() > 4) {
        for (const Entity& inner : kEntities) {
          if (inner.symbol != '&' && rest.substr(4).starts_with(inner.name)) {
            return {inner.symbol, 5 + inner.name.size()};
          }
        }
      }
      return {entity.symbol, entity.name.size() + 1};
    }
  }
  return {'&', 1};
}

Decoded DecodeUtf8(const char* p, const char* end) {
  const auto byte = [p](int i) { return static_cast<unsigned char>(p[i]); };
  const auto follows = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const std::uint32_t b0 = byte(0);
  const std::ptrdiff_t left = end - p;
  if (b0 >= 0xC2 && b0 < 0xE0 && left >= 2 && follows(1)) {
    return {(b0 & 0x1F) << 6 | (byte(1) & 0x3Fu), 2};
  }
  if (b0 >= 0xE0 && b0 < 0xF0 && left >= 3 && follows(1) && follows(2)) {
    const std::uint32_t value = (b0 & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    if (value >= 0x800 && IsScalar(value)) return {value, 3};
  }
  if (b0 >= 0xF0 && b0 < 0xF5 && left >= 4 && follows(1) && follows(2) && follows(3)) {
    const std::uint32_t value =
        (b0 & 0x07) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
    if (value >= 0x10000 && IsScalar(value)) return {value, 4};
  }
  return {kReplacement, 1};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool InAny(std::uint32_t c, const Range (&ranges)[N]) {
  for (const Range& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

// Lower case of the bicameral scripts that posts use, by the regular layout of their blocks
// (Unicode charts); the few irregular letters inside stay as they are.
std::uint32_t Lower(std::uint32_t c) {
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 0x20;
  if (c < 0x100) return c;
  if (c <= 0x17F) {
    if (c == 0x130) return 'i';
    if (c == 0x178) return 0xFF;
    if (c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F) return c;
    const bool odd_is_capital = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    return ((c & 1) != 0) == odd_is_capital ? c + 1 : c;
  }
  if (c >= 0x386 && c <= 0x3AB) {
    if (c == 0x386) return 0x3AC;
    if (c >= 0x388 && c <= 0x38A) return c + 37;
    if (c == 0x38C) return 0x3CC;
    if (c == 0x38E || c == 0x38F) return c + 63;
    return c >= 0x391 && c != 0x3A2 ? c + 32 : c;
  }
  if (c == 0x3C2) return 0x3C3;  // Final sigma.
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F)) {
    return c | 1;
  }
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if (c >= 0x1E00 && c <= 0x1EFF && !(c >= 0x1E96 && c <= 0x1E9F)) return c | 1;
  return c;
}

Folded Ascii(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return {c | 0x20, SymbolKind::kLetter, true};
  if (c >= 'a' && c <= 'z') return {c, SymbolKind::kLetter, false};
  if (c >= '0' && c <= '9') return {'0', SymbolKind::kDigit, false};
  if (c <= ' ' || c == 0x7F) return {' ', SymbolKind::kSpace, false};
  return {c, SymbolKind::kAscii, false};
}

// U+2000..U+206F, general punctuation.
Folded General(std::uint32_t c) {
  if (c <= 0x200A || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F) {
    return {' ', SymbolKind::kSpace, false};
  }
  if (c <= 0x200F || (c >= 0x202A && c <= 0x202E) || c >= 0x2060) {
    return {c, SymbolKind::kIgnored, false};
  }
  if (c == 0x201C || c == 0x201D || c == 0x201E) return {'"', SymbolKind::kAscii, false};
  if (c == 0x2026) return {c, SymbolKind::kEllipsis, false};
  if (c == 0x2013 || c == 0x2014 || c == 0x2015) return {'-', SymbolKind::kAscii, false};
  if (c == 0x203C) return {'!', SymbolKind::kAscii, false};
  if (c == 0x2049) return {'?', SymbolKind::kAscii, false};
  return {c, SymbolKind::kPunctuation, false};
}

constexpr Range kSigns[] = {
    {0x2100, 0x2BFF}, {0x1F000, 0x1FAFF}, {0x3030, 0x3030}, {0x303D, 0x303D}, {0x3297, 0x3299}};
constexpr Range kIdeographs[] = {{0x3041, 0x30FF},   {0x31F0, 0x31FF}, {0x3400, 0x4DBF},
                                 {0x4E00, 0x9FFF},   {0xF900, 0xFAFF}, {0xFF66, 0xFF9D},
                                 {0x20000, 0x3FFFF}, {0x0E01, 0x0E3A}, {0x0E40, 0x0E4E},
                                 {0x0E81, 0x0EDF},   {0x1000, 0x109F}, {0x1780, 0x17D3}};
constexpr Range kDigits[] = {
    {0x660, 0x669}, {0x6F0, 0x6F9}, {0x966, 0x96F}, {0x9E6, 0x9EF}, {0xE50, 0xE59}};
constexpr Range kIgnoredRanges[] = {{0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF},
                                    {0xE0000, 0xE0FFF}, {0x20D0, 0x20FF}, {0x610, 0x61A},
                                    {0x64B, 0x65F},     {0xAD, 0xAD},     {0x300, 0x36F}};
constexpr Range kMarks[] = {{0x80, 0xA9},     {0xAB, 0xAE},     {0xAF, 0xB1},     {0xB4, 0xB4},
                            {0xB6, 0xB8},     {0xBB, 0xBB},     {0xBF, 0xBF},     {0x2B9, 0x2DF},
                            {0x60C, 0x60D},   {0x61B, 0x61B},   {0x66A, 0x66D},   {0x2E00, 0x2E7F},
                            {0x3001, 0x3020}, {0xFE10, 0xFE6F}, {0xFF5F, 0xFF65}, {0xFFF0, 0xFFFF},
                            {0xE000, 0xF8FF}};

// What FoldSymbol says, from the ranges above.
Folded Classify(std::uint32_t c) {
  if (c < 0x80) return Ascii(c);
  if (c == 0xA0 || c == 0x3000) return {' ', SymbolKind::kSpace, false};
  if (c >= 0x2000 && c <= 0x206F) return General(c);
  if (InAny(c, kIgnoredRanges)) return {c, SymbolKind::kIgnored, false};
  if (InAny(c, kDigits)) return {'0', SymbolKind::kDigit, false};
  if (InAny(c, kSigns)) return {c == 0x2764 || c == 0x2763 ? 0x2665u : c, SymbolKind::kSign, false};
  if (c == 0x61F || c == 0x37E) return {'?', SymbolKind::kAscii, false};
  if (c == 0x6D4 || c == 0x964 || c == 0x965 || c == 0x3002) return {'.', SymbolKind::kStop, false};
  if (c >= 0xFF01 && c <= 0xFF5E) return Ascii(c - 0xFF01 + 0x21);
  if (InAny(c, kMarks)) return {c, SymbolKind::kPunctuation, false};
  if (InAny(c, kIdeographs)) return {c, SymbolKind::kIdeograph, false};
  if (c >= 0x1D400 && c <= 0x1D6A3) {  // Bold, italic, ... letters: alphabets of 52 in a row.
    const std::uint32_t at = (c - 0x1D400) % 52;
    return {'a' + at % 26, SymbolKind::kLetter, at < 26};
  }
  if (c >= 0x1D7CE && c <= 0x1D7FF) return {'0', SymbolKind::kDigit, false};
  const std::uint32_t lower = Lower(c);
  return {lower, SymbolKind::kLetter, lower != c};
}

/// Classify of the first 65,536 symbols: searching the ranges for each letter of a text outside of
/// ASCII took longer than all else that is done with it. 256 KiB, made at first use in a few ms.
class FoldTable {
 public:
  static constexpr std::uint32_t kSymbols = 0x10000;
  FoldTable() : entries_(kSymbols) {
    for (std::uint32_t c = 0; c < kSymbols; ++c) {
      const Folded folded = Classify(c);
      entries_[c] = {static_cast<std::uint16_t>(folded.symbol), folded.kind, folded.capital};
    }
  }
  Folded Of(std::uint32_t c) const {
    const Entry& entry = entries_[c];
    return {entry.symbol, entry.kind, entry.capital};
  }

 private:
  struct Entry {
    std::uint16_t symbol;
    SymbolKind kind;
    bool capital;
  };
  std::vector<Entry> entries_;
};

}  // namespace

Decoded DecodeSymbol(const char* p, const char* end) {
  const auto byte = static_cast<unsigned char>(*p);
  if (byte >= 0x80) return DecodeUtf8(p, end);
  if (byte == '\\') return DecodeEscape(p, end);
  if (byte == '&') return DecodeEntity(p, end);
  return {byte, 1};
}

Folded FoldSymbol(std::uint32_t c) {
  static const FoldTable table;
  return c < FoldTable::kSymbols ? table.Of(c) : Classify(c);
}

}  // namespace hb::model
