// app/json_util.h - what the commands need of JSON: quoting, and values as text.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace hb {

/// `text` as a JSON string, quotes included.
std::string JsonQuote(std::string_view text);
/// A value for people: strings bare, null empty, lists and objects as JSON.
std::string PlainText(simdjson::dom::element value);
/// Member `name` as plain text, "" if it is not there.
std::string Member(simdjson::dom::element object, std::string_view name);

}  // namespace hb
