// app/json_util.h - JSON for the commands: quoting (base/json.h) and values as text for people.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/json.h"

namespace hb {

/// A value for people: strings bare, null empty, lists and objects as JSON.
std::string PlainText(simdjson::dom::element value);
/// Member `name` as plain text, "" if it is not there.
std::string Member(simdjson::dom::element object, std::string_view name);

}  // namespace hb
