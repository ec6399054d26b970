// wire/names.h - codes of languages and countries that files write out in English.
#pragma once

#include <string_view>

namespace hb {

/// "English" -> "en", "Farsi (Persian)" -> "fa"; a code ("en", "pt-BR") stays as it is. "" for what
/// is no language ("LANGUAGE UNDEFINED", "unknown") or is not known here. Case does not matter.
std::string_view LanguageCode(std::string_view name);

/// ISO 3166-1 alpha-2: "United States" -> "US", "Iran, Islamic Republic of" -> "IR", "us" -> "US".
/// "" for what is no country or is not known here.
std::string_view CountryCode(std::string_view name);

}  // namespace hb
