// wire/utf8_repair.h - makes text of any origin valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace hb {

/// True if `text` is valid UTF-8.
bool IsWholeUtf8(std::string_view text);

/// Appends `text` to `out` with every maximal ill-formed part replaced by one U+FFFD (Unicode 15,
/// section 3.9, "U+FFFD substitution of maximal subparts", as the WHATWG decoder does).
void AppendRepaired(std::string_view text, std::string& out);

}  // namespace hb
