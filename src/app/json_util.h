// app/json_util.h - JSON for the commands: quoting (base/json.h) and values as text for people.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace hb {

/// An answer of the API; valid as long as `parser` and until it parses again. kInternal: it is no
/// JSON.
Result<simdjson::dom::element> ParseAnswer(const std::string& body, simdjson::dom::parser& parser);
/// The list `name` of an answer, as long-lived as it. kInternal: there is none.
Result<simdjson::dom::array> ListOf(simdjson::dom::element answer, std::string_view name);
/// A value for people: strings bare, null empty, lists and objects as JSON.
std::string PlainText(simdjson::dom::element value);
/// Member `name` as plain text, "" if it is not there.
std::string Member(simdjson::dom::element object, std::string_view name);

}  // namespace hb
