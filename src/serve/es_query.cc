#include "serve/es_query.h"

#include <algorithm>
#include <vector>

#include "serve/es_value.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr int kMaxDepth = 32;
constexpr int kMaxClauses = 1024;

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

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

std::string PlainText(element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);
}

class Compiler {
 public:
  Compiler(const Index& index, EventTime now) : index_(index), now_(now) {}

  Status Clause(element query, int depth, Statement& out) {
    if (depth > kMaxDepth)
      return Bad("the query is nested deeper than " + std::to_string(kMaxDepth));
    if (++clauses_ > kMaxClauses)
      return Bad("the query has more than " + std::to_string(kMaxClauses) + " clauses");
    simdjson::dom::object object;
    if (query.get(object) != simdjson::SUCCESS || object.size() != 1) {
      return Bad("a query clause is an object with one member, the name of the query");
    }
    const auto member = *object.begin();
    const std::string_view name = member.key;
    if (name == "bool") return Bool(member.value, depth, out);
    if (name == "constant_score") return ConstantScore(member.value, depth, out);
    out.Add("(");
    HB_TRY(Leaf(name, member.value, out));
    out.Add(")");
    return Ok();
  }

  Status QueryString(std::string_view text, bool all_words, Statement& out);

 private:
  Status ConstantScore(element body, int depth, Statement& out) {
    element filter;
    if (body["filter"].get(filter) != simdjson::SUCCESS)
      return Bad("[constant_score] requires a 'filter' element");
    return Clause(filter, depth + 1, out);
  }

  Status Leaf(std::string_view name, element body, Statement& out) {
    if (name == "match_all") return out.Add("true"), Ok();
    if (name == "match_none") return out.Add("false"), Ok();
    if (name == "exists") return Exists(body, out);
    if (name == "ids") return Ids(body, out);
    if (name == "multi_match") return MultiMatch(body, out);
    if (name == "query_string" || name == "simple_query_string")
      return QueryStringClause(body, out);
    using Handler = Status (Compiler::*)(const Field&, element, Statement&);
    constexpr std::pair<std::string_view, Handler> kHandlers[] = {
        {"match", &Compiler::Match},      {"match_phrase", &Compiler::MatchPhrase},
        {"term", &Compiler::Term},        {"terms", &Compiler::Terms},
        {"range", &Compiler::Range},      {"prefix", &Compiler::Prefix},
        {"wildcard", &Compiler::Wildcard}};
    for (const auto& [known, handler] : kHandlers) {
      if (known == name) return OfField(name, body, handler, out);
    }
    return Bad("unknown query [" + std::string(name.substr(0, 80)) + "]");
  }

  template <typename Handler>
  Status OfField(std::string_view name, element body, Handler handler, Statement& out) {
    simdjson::dom::object object;
    if (body.get(object) != simdjson::SUCCESS)
      return Bad("[" + std::string(name) + "] query malformed, no field");
    for (const auto member : object) {
      if (member.key == "boost" || member.key == "_name") continue;
      const Field* field = index_.Find(member.key);
      if (field == nullptr) return out.Add("false"), Ok();
      return (this->*handler)(*field, member.value, out);
    }
    return Bad("[" + std::string(name) + "] query malformed, no field");
  }

  /// {"field":{"query":x,...}} or {"field":x}.
  static element Inner(element body, const char* name) {
    element inner;
    return body.is_object() && body[name].get(inner) == simdjson::SUCCESS ? inner : body;
  }

  Status MatchWords(const Field& field, std::string_view text, bool all, Statement& out) {
    const bool sieved = OpenSieve(field, text, all, out);
    out.Add(all ? "list_has_all(" : "list_has_any(").Add(WordsOf(field.sql)).Add(", ");
    // The parameter's words are found by the same expression.
    const std::string wrapped = WordsOf("\x01");
    const std::size_t at = wrapped.find('\x01');
    out.Add(wrapped.substr(0, at)).BindText(text).Add(wrapped.substr(at + 1)).Add(")");
    if (sieved) out.Add(" ELSE false END");
    return Ok();
  }

  Status MatchText(const Field& field, std::string_view text, bool all, Statement& out) {
    if (field.type == FieldType::kWords) return MatchWords(field, text, all, out);
    return EqualsText(field, text, out);
  }

  Status Match(const Field& field, element body, Statement& out) {
    const element query = Inner(body, "query");
    if (query.is_object() || query.is_array())
      return Bad("[match] needs a value for field [" + std::string(field.name) + "]");
    std::string_view op;
    const bool all = body.is_object() && body["operator"].get(op) == simdjson::SUCCESS &&
                     (op == "and" || op == "AND");
    if (field.type == FieldType::kWords) return MatchWords(field, PlainText(query), all, out);
    return Equals(field, query, out);
  }

  Status Phrase(const Field& field, std::string_view text, Statement& out) {
    const std::string wrapped = SpacedWords("\x01");
    const std::size_t at = wrapped.find('\x01');
    const bool sieved = OpenSieve(field, text, true, out);
    out.Add("contains(")
        .Add(SpacedWords(field.sql))
        .Add(", ")
        .Add(wrapped.substr(0, at))
        .BindText(text)
        .Add(wrapped.substr(at + 1))
        .Add(")");
    if (sieved) out.Add(" ELSE false END");
    return Ok();
  }

  Status MatchPhrase(const Field& field, element body, Statement& out) {
    const element query = Inner(body, "query");
    if (query.is_object() || query.is_array()) return Bad("[match_phrase] needs a value");
    if (field.type != FieldType::kWords) return Equals(field, query, out);
    return Phrase(field, PlainText(query), out);
  }

  Status EqualsText(const Field& field, std::string_view text, Statement& out) {
    JsonWriter json;
    json.Text(text);
    simdjson::dom::parser parser;
    element value;
    if (parser.parse(json.Take()).get(value) != simdjson::SUCCESS)
      return Bad("the value is not UTF-8");
    // As in Elasticsearch, a number in a query string may be written as text.
    return Equals(field, value, out);
  }

  Status Equals(const Field& field, element value, Statement& out) {
    switch (field.type) {
      case FieldType::kList:
        out.Add("list_contains(").Add(field.sql).Add(", ");
        HB_TRY(BindValue(field, value, now_, out));
        out.Add(")");
        return Ok();
      default: out.Add(field.sql).Add(" = "); return BindValue(field, value, now_, out);
    }
  }

  Status Term(const Field& field, element body, Statement& out) {
    return Equals(field, Inner(body, "value"), out);
  }

  Status Terms(const Field& field, element body, Statement& out) {
    simdjson::dom::array values;
    if (body.get(values) != simdjson::SUCCESS)
      return Bad("[terms] query requires an array of terms");
    if (values.size() == 0) return out.Add("false"), Ok();
    if (values.size() > kMaxClauses)
      return Bad("[terms] takes at most " + std::to_string(kMaxClauses) + " values");
    bool first = true;
    for (const element value : values) {
      if (!first) out.Add(" OR ");
      first = false;
      HB_TRY(Equals(field, value, out));
    }
    return Ok();
  }

  Status Range(const Field& field, element body, Statement& out) {
    simdjson::dom::object object;
    if (body.get(object) != simdjson::SUCCESS)
      return Bad("[range] query malformed for field [" + std::string(field.name) + "]");
    if (field.type == FieldType::kList)
      return Bad("[range] is not for field [" + std::string(field.name) + "]");
    constexpr std::pair<std::string_view, std::string_view> kBounds[] = {
        {"gt", " > "},   {"gte", " >= "},  {"lt", " < "},
        {"lte", " <= "}, {"from", " >= "}, {"to", " <= "}};
    out.Add("true");
    for (const auto member : object) {
      if (member.key == "format" || member.key == "boost" || member.key == "time_zone" ||
          member.key == "relation")
        continue;
      std::string_view sign;
      for (const auto& [known, sql] : kBounds) {
        if (known == member.key) sign = sql;
      }
      if (sign.empty())
        return Bad("[range] query does not support [" + std::string(member.key) + "]");
      if (member.value.is_null()) continue;
      out.Add(" AND ").Add(field.sql).Add(sign);
      HB_TRY(BindValue(field, member.value, now_, out));
    }
    return Ok();
  }

  Status Prefix(const Field& field, element body, Statement& out) {
    const std::string text = PlainText(Inner(body, "value"));
    if (field.type == FieldType::kWords) {
      const std::string wrapped = SpacedWords(field.sql);
      const bool sieved = OpenSieve(field, text, true, out);
      out.Add("contains(").Add(wrapped).Add(", ' ' || lower(").BindText(text).Add("))");
      if (sieved) out.Add(" ELSE false END");
    } else if (field.type == FieldType::kList) {
      out.Add("len(list_filter(")
          .Add(field.sql)
          .Add(", lambda x: starts_with(x, ")
          .BindText(text)
          .Add("))) > 0");
    } else {
      out.Add("starts_with(").Add(field.sql).Add("::VARCHAR, ").BindText(text).Add(")");
    }
    return Ok();
  }

  Status Wildcard(const Field& field, element body, Statement& out) {
    std::string pattern;
    for (const char c : PlainText(body.is_object() && body["wildcard"].error() == simdjson::SUCCESS
                                      ? Inner(body, "wildcard")
                                      : Inner(body, "value"))) {
      if (c == '%' || c == '_' || c == '\\') pattern += '\\';
      pattern += c == '*' ? '%' : c == '?' ? '_' : c;
    }
    if (field.type == FieldType::kList)
      return Bad("[wildcard] is not for field [" + std::string(field.name) + "]");
    out.Add(field.sql).Add("::VARCHAR ILIKE ").BindText(pattern).Add(" ESCAPE '\\'");
    return Ok();
  }

  Status Exists(element body, Statement& out) {
    std::string_view name;
    if (body["field"].get(name) != simdjson::SUCCESS)
      return Bad("[exists] must be provided with a [field]");
    const Field* field = index_.Find(name);
    if (field == nullptr) return out.Add("false"), Ok();
    out.Add(field->type == FieldType::kList ? "len(" : "(")
        .Add(field->sql)
        .Add(field->type == FieldType::kList ? ") > 0" : ") IS NOT NULL");
    return Ok();
  }

  Status Ids(element body, Statement& out) {
    simdjson::dom::array values;
    if (body["values"].get(values) != simdjson::SUCCESS)
      return Bad("[ids] requires an array [values]");
    if (values.size() > kMaxClauses)
      return Bad("[ids] takes at most " + std::to_string(kMaxClauses) + " values");
    out.Add("false");
    for (const element value : values)
      out.Add(" OR ").Add(index_.id).Add(" = ").BindText(PlainText(value));
    return Ok();
  }

  Status MultiMatch(element body, Statement& out) {
    simdjson::dom::array fields;
    element query;
    if (body["query"].get(query) != simdjson::SUCCESS)
      return Bad("[multi_match] requires a query value");
    out.Add("false");
    const bool listed = body["fields"].get(fields) == simdjson::SUCCESS;
    for (const Field& field : index_.fields) {
      bool wanted = !listed && field.type == FieldType::kWords;
      if (listed) {
        for (const element name : fields) {
          const std::string text = PlainText(name);
          wanted =
              wanted || index_.Find(std::string_view(text).substr(0, text.find('^'))) == &field;
        }
      }
      if (!wanted) continue;
      out.Add(" OR ");
      HB_TRY(MatchText(field, PlainText(query), false, out));
    }
    return Ok();
  }

  Status QueryStringClause(element body, Statement& out) {
    std::string_view text, op;
    if (body["query"].get(text) != simdjson::SUCCESS)
      return Bad("[query_string] must be provided with a [query]");
    const bool all =
        body["default_operator"].get(op) == simdjson::SUCCESS && (op == "and" || op == "AND");
    return QueryString(text, all, out);
  }

  Status Group(element list, std::string_view joiner, int depth, Statement& out, int& count) {
    simdjson::dom::array clauses;
    if (list.get(clauses) != simdjson::SUCCESS) {
      if (count++ > 0) out.Add(joiner);
      return Clause(list, depth + 1, out);
    }
    for (const element clause : clauses) {
      if (count++ > 0) out.Add(joiner);
      HB_TRY(Clause(clause, depth + 1, out));
    }
    return Ok();
  }

  Status Bool(element body, int depth, Statement& out) {
    simdjson::dom::object object;
    if (body.get(object) != simdjson::SUCCESS) return Bad("[bool] query malformed");
    bool required = false, has_should = false;
    element should;
    std::int64_t minimum = -1;
    out.Add("(true");
    for (const auto member : object) {
      int count = 0;
      if (member.key == "must" || member.key == "filter") {
        required = true;
        Statement group;
        HB_TRY(Group(member.value, " AND ", depth, group, count));
        if (count > 0) out.Add(" AND (").Append(group).Add(")");
      } else if (member.key == "must_not") {
        Statement group;
        HB_TRY(Group(member.value, " OR ", depth, group, count));
        // A field without a value is not equal to anything: NULL counts as no match.
        if (count > 0) out.Add(" AND NOT coalesce((").Append(group).Add("), false)");
      } else if (member.key == "should") {
        has_should = true;
        should = member.value;
      } else if (member.key == "minimum_should_match") {
        if (member.value.get(minimum) != simdjson::SUCCESS)
          return Bad("minimum_should_match is taken as a number only");
      } else if (member.key != "boost" && member.key != "_name" &&
                 member.key != "adjust_pure_negative") {
        return Bad("[bool] query does not support [" + std::string(member.key.substr(0, 60)) + "]");
      }
    }
    if (minimum < 0) minimum = required ? 0 : 1;
    if (has_should && minimum > 0) {
      int count = 0;
      Statement group;
      HB_TRY(Group(should, minimum == 1 ? " OR " : ")::INTEGER, 0) + coalesce((", depth, group,
                   count));
      if (count > 0 && minimum == 1) out.Add(" AND (").Append(group).Add(")");
      if (count > 0 && minimum > 1)
        out.Add(" AND coalesce((")
            .Append(group)
            .Add(")::INTEGER, 0) >= ")
            .Bind(minimum)
            .Add("::BIGINT");
    }
    out.Add(")");
    return Ok();
  }

  const Index& index_;
  EventTime now_;
  int clauses_ = 0;
};

/// One piece of a query string.
struct Piece {
  std::string field, text;
  bool phrase = false, negated = false, required = false;
};

/// Takes the next word or quoted phrase off `text`.
Result<Piece> TakePiece(std::string_view& text) {
  Piece piece;
  while (!text.empty() && (text.front() == '+' || text.front() == '-' || text.front() == '!')) {
    (text.front() == '+' ? piece.required : piece.negated) = true;
    text.remove_prefix(1);
  }
  while (true) {
    if (!text.empty() && text.front() == '"') {
      const std::size_t end = text.find('"', 1);
      if (end == std::string_view::npos)
        return Bad("Failed to parse query: the quote is never closed");
      piece.phrase = true;
      piece.text = text.substr(1, end - 1);
      text.remove_prefix(end + 1);
      return piece;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\n\r:()\""), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (!text.empty() && (text.front() == '(' || text.front() == ')')) {
      return Bad("Failed to parse query: parentheses are not known here; write a bool query");
    }
    if (!text.empty() && text.front() == ':' && piece.field.empty() && !word.empty()) {
      piece.field = word;
      text.remove_prefix(1);
      continue;
    }
    if (!text.empty() && text.front() == ':')
      return Bad("Failed to parse query: ':' without a field");
    piece.text = word;
    if (word.empty() && !text.empty() && text.front() == '"' && piece.field.empty()) continue;
    return piece;
  }
}

Status Compiler::QueryString(std::string_view text, bool all_words, Statement& out) {
  Statement any;  // joined by OR
  int words = 0, count = 0;
  bool next_and = false, next_not = false;
  Statement required;  // each begins with " AND "
  while (true) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n' ||
                             text.front() == '\r'))
      text.remove_prefix(1);
    if (text.empty()) break;
    if (++count > 64) return Bad("Failed to parse query: more than 64 words");
    HB_ASSIGN(Piece piece, TakePiece(text));
    if (!piece.phrase && piece.field.empty()) {
      if (piece.text == "AND" || piece.text == "&&") {
        next_and = true;
        continue;
      }
      if (piece.text == "OR" || piece.text == "||") {
        next_and = false;
        continue;
      }
      if (piece.text == "NOT") {
        next_not = true;
        continue;
      }
      if (piece.text.empty()) continue;
    }
    Statement clause;
    bool first = true;
    clause.Add("(");
    const Field* named = piece.field.empty() ? nullptr : index_.Find(piece.field);
    if (!piece.field.empty() && named == nullptr) clause.Add("false");
    if (piece.text == "*" && !piece.phrase) {
      clause.Add(named == nullptr ? (piece.field.empty() ? "true" : "") : named->sql)
          .Add(named == nullptr ? "" : " IS NOT NULL");
    } else {
      for (const Field& field : index_.fields) {
        if (named != nullptr ? named != &field
                             : (!piece.field.empty() || field.type != FieldType::kWords))
          continue;
        if (!first) clause.Add(" OR ");
        first = false;
        if (piece.phrase && field.type == FieldType::kWords) {
          HB_TRY(Phrase(field, piece.text, clause));
        } else {
          HB_TRY(MatchText(field, piece.text, true, clause));
        }
      }
      if (first && piece.field.empty()) clause.Add("false");
    }
    clause.Add(")");
    const bool negated = piece.negated || next_not;
    if (negated) {
      required.Add(" AND NOT coalesce(").Append(clause).Add(", false)");
    } else if (piece.required || all_words || next_and) {
      required.Add(" AND ").Append(clause);
    } else {
      // "a AND b": what stood before the AND is needed too.
      std::string_view rest = text;
      while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
      if (rest.rfind("AND ", 0) == 0 || rest.rfind("&& ", 0) == 0) {
        required.Add(" AND ").Append(clause);
      } else {
        any.Add(words++ > 0 ? " OR " : "").Append(clause);
      }
    }
    next_and = next_not = false;
  }
  out.Add("true").Append(required);
  if (words > 0) out.Add(" AND (").Append(any).Add(")");
  return Ok();
}

}  // namespace

Result<Statement> QueryCondition(const Index& index, element query, EventTime now) {
  Compiler compiler(index, now);
  Statement out;
  HB_TRY(compiler.Clause(query, 0, out));
  return out;
}

Result<Statement> QueryStringCondition(const Index& index, std::string_view text, bool all_words) {
  Compiler compiler(index, EventTime{});
  Statement out("(");
  HB_TRY(compiler.QueryString(text, all_words, out));
  out.Add(")");
  return out;
}

}  // namespace hb::es
