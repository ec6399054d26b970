// text/utf8.h - case-folding UTF-8; reading, checking and cutting it is base/utf8.h.
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace hb {

/// Simple case folding (CaseFolding.txt, statuses C and S): one code point to one, the same in
/// every locale. U+0130 stays as it is, and sharp s is not spelled out.
char32_t FoldCodePoint(char32_t code) noexcept;
/// Appends the case-folded text; invalid parts become U+FFFD, so what is appended is valid UTF-8.
/// The length may differ from that of `text` (the Kelvin sign is three bytes, k is one).
void AppendFolded(std::string_view text, std::string& out);
std::string Folded(std::string_view text);

}  // namespace hb
