// source/demo/texts.h - the demo's grammars as text, one a language.
#pragma once

#include <string_view>

namespace hb {

extern const std::string_view kEnglishText;
/// Rules of a language other than English; "" if there is none.
std::string_view ForeignText(std::string_view language);

}  // namespace hb
