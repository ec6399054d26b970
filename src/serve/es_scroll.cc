#include "serve/es_scroll.h"

#include "serve/base64.h"
#include "serve/es_sql_text.h"
#include "serve/es_value.h"
#include "serve/params.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr Field kTime{"time", "time", FieldType::kDate}, kKey{"key", "key", FieldType::kLong};

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// "(field > value OR field IS NULL)" and the like.
Status AddBeyond(const Sort& sort, element value, EventTime now, Statement& out) {
  if (value.is_null()) return out.Add("false"), Ok();  // NULL is last.
  out.Add("(").Add(sort.field->sql).Add(sort.descending ? " < " : " > ");
  HB_TRY(BindValue(*sort.field, value, now, out));
  out.Add(" OR ").Add(sort.field->sql).Add(" IS NULL)");
  return Ok();
}

Status AddSame(const Sort& sort, element value, EventTime now, Statement& out) {
  out.Add(sort.field->sql);
  if (value.is_null()) return out.Add(" IS NULL"), Ok();
  out.Add(" = ");
  return BindValue(*sort.field, value, now, out);
}

}  // namespace

std::vector<Sort> TieBreakers(const Index& index) {
  // An edit has the id of its post, but a time of its own.
  if (index.table == "posts") return {{&kTime, true}, {&kKey, true}};
  static const Field id{"_id", FindIndex("windows").value()->id, FieldType::kKeyword};
  return {{index.Find("window_start"), true}, {&id, false}};
}

Status AddAfter(const std::vector<Sort>& sorts, simdjson::dom::array values, EventTime now,
                Statement& out) {
  if (values.size() != sorts.size() || sorts.empty()) {
    return Bad("[search_after] has " + std::to_string(values.size()) + " values but [sort] has " +
               std::to_string(sorts.size()) + "; give the [sort] of the last hit");
  }
  out.Add(" AND (false");
  for (std::size_t i = 0; i < sorts.size(); ++i) {
    if (sorts[i].field == nullptr) continue;
    out.Add(" OR (");
    for (std::size_t j = 0; j < i; ++j) {
      if (sorts[j].field == nullptr) continue;
      HB_TRY(AddSame(sorts[j], values.at(j).value_unsafe(), now, out));
      out.Add(" AND ");
    }
    HB_TRY(AddBeyond(sorts[i], values.at(i).value_unsafe(), now, out));
    out.Add(")");
  }
  out.Add(")");
  // The same of the first alone, in the form by which whole blocks of rows are left out.
  if (const Field* first = sorts[0].field;
      first != nullptr && first->sql == kTime.sql && !values.at(0).value_unsafe().is_null()) {
    out.Add(sorts[0].descending ? " AND time <= " : " AND time >= ");
    HB_TRY(BindValue(*first, values.at(0).value_unsafe(), now, out));
  }
  return Ok();
}

std::string ScrollState::Text() const {
  JsonWriter json;
  json.Open().Member("i", index).Member("b", body).Member("a", after);
  json.Key("t").Int(total).Key("n").Int(now_ms).Key("u").Int(until_ms).Key("q").Open();
  for (const auto& [name, value] : query) json.Member(name, value);
  json.Close().Close();
  return Base64(json.Take());
}

Result<ScrollState> ScrollState::Parse(std::string_view text) {
  const Error bad = Bad("the scroll_id is not one that was given here; take it unchanged");
  const auto json = FromBase64(text);
  if (!json) return bad;
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::object query;
  std::string_view index, body, after;
  ScrollState state;
  if (parser.parse(*json).get(root) != simdjson::SUCCESS ||
      root["i"].get(index) != simdjson::SUCCESS || root["b"].get(body) != simdjson::SUCCESS ||
      root["a"].get(after) != simdjson::SUCCESS || root["q"].get(query) != simdjson::SUCCESS ||
      root["t"].get(state.total) != simdjson::SUCCESS ||
      root["n"].get(state.now_ms) != simdjson::SUCCESS || !IsWritable(FromMillis(state.now_ms)) ||
      root["u"].get(state.until_ms) != simdjson::SUCCESS || !IsWritable(FromMillis(state.until_ms)))
    return bad;
  state.index = index;
  state.body = body;
  state.after = after;
  for (const auto member : query) {
    std::string_view value;
    if (member.value.get(value) != simdjson::SUCCESS) return bad;
    state.query.emplace(member.key, value);
  }
  return state;
}

}  // namespace hb::es
