#include "text/html_references.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace hb {
namespace {

using Text = std::u32string_view;

constexpr Text kNoName = U"\t\n\f <&#;";

struct Reference {
  std::string_view name;
  Text value;
};
constexpr Reference kReferences[] = {
#include "text/html_reference_table.inc"
};

const Reference* FindReference(std::string_view name) {
  const auto* found =
      std::lower_bound(std::begin(kReferences), std::end(kReferences), name,
                       [](const Reference& a, std::string_view b) { return a.name < b; });
  return found != std::end(kReferences) && found->name == name ? found : nullptr;
}

/// What a number stands for; HTML reads the numbers of Latin-1's controls as Windows-1252 does.
void AppendNumbered(std::uint32_t number, std::u32string& out) {
  constexpr char32_t kWindows[] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                   0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                   0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  if (number == 0) return out.push_back(0xFFFD);
  if (number >= 0x80 && number < 0xA0) return out.push_back(kWindows[number - 0x80]);
  if (number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) return out.push_back(0xFFFD);
  const bool none =
      (number < 0x20 && number != 9 && number != 10 && number != 12 && number != 13) ||
      number == 0x7F || (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;
  if (!none) out.push_back(number);
}

/// Appends what the reference at `at` ("&") stands for; where it ends, or `at` if it is none.
std::size_t AppendReference(Text t, std::size_t at, std::u32string& out) {
  std::size_t i = at + 1;
  if (i < t.size() && t[i] == '#') {
    ++i;
    const bool hex = i < t.size() && (t[i] == 'x' || t[i] == 'X');
    if (hex) ++i;
    const std::size_t digits = i;
    std::uint32_t number = 0;
    for (; i < t.size(); ++i) {
      const char32_t c = t[i], lower = c | 32;
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = c - '0';
      } else if (hex && lower >= 'a' && lower <= 'f') {
        digit = lower - 'a' + 10;
      } else {
        break;
      }
      number = std::min<std::uint32_t>(number * (hex ? 16 : 10) + digit, 0x200000);
    }
    if (i == digits) return at;
    if (i < t.size() && t[i] == ';') ++i;
    AppendNumbered(number, out);
    return i;
  }
  char name[34];
  std::size_t size = 0;
  while (i < t.size() && size < 32 && kNoName.find(t[i]) == Text::npos) {
    name[size++] = t[i] < 0x80 ? static_cast<char>(t[i]) : '\x7f';
    ++i;
  }
  if (size == 0) return at;
  if (i < t.size() && t[i] == ';') name[size++] = ';';
  for (std::size_t part = size; part > 1; --part) {
    const Reference* found = FindReference({name, part});
    if (found == nullptr) continue;
    out += found->value;
    // The rest is plain text even where it has a reference in it.
    out += t.substr(at + 1 + part, size - part);
    return at + 1 + size;
  }
  out += t.substr(at, size + 1);
  return at + 1 + size;
}

}  // namespace

void UnescapeHtml(Text text, std::u32string& out) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '&') {
      const std::size_t end = AppendReference(text, at, out);
      if (end > at) {
        at = end;
        continue;
      }
    }
    out.push_back(text[at++]);
  }
}

}  // namespace hb
