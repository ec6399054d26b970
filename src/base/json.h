// base/json.h - text as JSON. Writers of whole documents use RapidJSON; this is for a few values.
#pragma once

#include <string>
#include <string_view>

namespace hb {

/// Appends `text` to `out` as it stands between the quotes of a JSON string (RFC 8259, section 7).
/// Whatever the bytes, the result is valid JSON in valid UTF-8 on one line: control characters,
/// quotes and backslashes are escaped, and so are U+2028 and U+2029, where some readers break
/// lines; each invalid part of the UTF-8 becomes U+FFFD.
void AppendJsonEscaped(std::string_view text, std::string& out);
/// The same, quotes included.
void AppendJsonString(std::string_view text, std::string& out);
std::string JsonQuote(std::string_view text);

}  // namespace hb
