// serve/es_match.h - conditions that one field fits a text or value.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "serve/es_index.h"
#include "serve/rows.h"

namespace hb::es {

/// That the field's words hold all, or any, of those of `text`.
void AddWords(const Field& field, std::string_view text, bool all, Statement& out);
/// That they hold the words of `text` side by side.
void AddPhrase(const Field& field, std::string_view text, Statement& out);
/// That one of them begins with `text`.
void AddWordPrefix(const Field& field, std::string_view text, Statement& out);

/// That the field is `value`, or that its list holds it. kInvalidArgument: the value is not of the
/// field's type.
Status AddEquals(const Field& field, simdjson::dom::element value, EventTime now, Statement& out);

/// As `match` does: by words if the field has them, else as AddEquals.
Status AddMatch(const Field& field, std::string_view text, bool all, EventTime now, Statement& out);

}  // namespace hb::es
