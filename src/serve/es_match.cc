#include "serve/es_match.h"

#include <algorithm>
#include <string>
#include <vector>

#include "serve/es_value.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

/// The words of an SQL text, much as Elasticsearch's standard analyzer has them: lower case, split
/// at what is neither letter nor digit.
std::string WordsOf(std::string_view sql) {
  return "string_split(trim(regexp_replace(lower(" + std::string(sql) +
         R"(), '[^\p{L}\p{N}_]+', ' ', 'g')), ' '))";
}
/// The same as one text with a blank at each end, for phrases.
std::string SpacedWords(std::string_view sql) {
  return "(' ' || trim(regexp_replace(lower(" + std::string(sql) +
         R"(), '[^\p{L}\p{N}_]+', ' ', 'g')) || ' '))";
}

/// Pieces that stand unbroken in the words of `text`, whatever its other characters are: letters
/// and digits of ASCII split nothing. `whole`: they are all its words, not only parts of some.
struct Pieces {
  std::vector<std::string_view> texts;
  bool whole = true;
};
Pieces PiecesOf(std::string_view text) {
  Pieces out;
  std::size_t at = 0;
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  while (at < text.size()) {
    out.whole = out.whole && static_cast<unsigned char>(text[at]) < 0x80;
    std::size_t end = at;
    while (end < text.size() && plain(text[end])) ++end;
    if (end > at) out.texts.push_back(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return out;
}

/// Adds "CASE WHEN <texts that can match at all> THEN ", which the caller ends with " ELSE false
/// END": to find the pieces in a text costs a small part of splitting it into words. False, and
/// nothing is added, if it cannot be said beforehand which texts those are.
bool OpenSieve(const Field& field, std::string_view text, bool all, Statement& out) {
  const Pieces pieces = PiecesOf(text);
  // Of a word that is not all ASCII only parts are known, so another word alone may match.
  if (pieces.texts.empty() || pieces.texts.size() > 64 || (!all && !pieces.whole)) return false;
  out.Add("CASE WHEN ");
  for (const std::string_view& piece : pieces.texts) {
    out.Add(&piece == pieces.texts.data() ? "contains(lower("
            : all                         ? " AND contains(lower("
                                          : " OR contains(lower(");
    out.Add(field.sql).Add("), lower(").BindText(piece).Add("))");
  }
  out.Add(" THEN ");
  return true;
}

/// Adds an expression made by `wrap`, with `text` as the parameter that it is made of: so the words
/// of a request are found in the same way as those of a field.
void AddWrapped(std::string (*wrap)(std::string_view), std::string_view text, Statement& out) {
  const std::string wrapped = wrap("\x01");
  const std::size_t at = wrapped.find('\x01');
  out.Add(wrapped.substr(0, at)).BindText(text).Add(wrapped.substr(at + 1));
}

}  // namespace

void AddWords(const Field& field, std::string_view text, bool all, Statement& out) {
  const bool sieved = OpenSieve(field, text, all, out);
  out.Add(all ? "list_has_all(" : "list_has_any(").Add(WordsOf(field.sql)).Add(", ");
  AddWrapped(WordsOf, text, out);
  out.Add(sieved ? ") ELSE false END" : ")");
}

void AddPhrase(const Field& field, std::string_view text, Statement& out) {
  const bool sieved = OpenSieve(field, text, true, out);
  out.Add("contains(").Add(SpacedWords(field.sql)).Add(", ");
  AddWrapped(SpacedWords, text, out);
  out.Add(sieved ? ") ELSE false END" : ")");
}

void AddWordPrefix(const Field& field, std::string_view text, Statement& out) {
  const bool sieved = OpenSieve(field, text, true, out);
  out.Add("contains(").Add(SpacedWords(field.sql)).Add(", ' ' || lower(").BindText(text);
  out.Add(sieved ? ")) ELSE false END" : "))");
}

Status AddEquals(const Field& field, element value, EventTime now, Statement& out) {
  if (field.type != FieldType::kList) {
    out.Add(field.sql).Add(" = ");
    return BindValue(field, value, now, out);
  }
  out.Add("list_contains(").Add(field.sql).Add(", ");
  HB_TRY(BindValue(field, value, now, out));
  out.Add(")");
  return Ok();
}

Status AddMatch(const Field& field, std::string_view text, bool all, EventTime now,
                Statement& out) {
  if (field.type == FieldType::kWords) {
    AddWords(field, text, all, out);
    return Ok();
  }
  // As in Elasticsearch, a number in a query string may be written as text.
  JsonWriter json;
  json.Text(text);
  simdjson::dom::parser parser;
  element value;
  if (parser.parse(json.Take()).get(value) != simdjson::SUCCESS)
    return Error{Code::kInvalidArgument, "the value is not UTF-8"};
  return AddEquals(field, value, now, out);
}

}  // namespace hb::es
