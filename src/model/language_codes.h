// model/language_codes.h - one spelling for the names that languages have.
#pragma once

#include <string>
#include <string_view>

namespace hb::model {

/// Our code for a platform's, a data set's or an English name ("Portuguese"): lower case, old ISO
/// names mapped (iw -> he, in -> id, ji -> yi, nb and nn -> no, ...), region dropped except zh-TW,
/// "" for none, "und" for und, zxx, X's q-codes (qme, qht, ...) and names that nobody knows.
std::string CanonicalLanguage(std::string_view code);

}  // namespace hb::model
