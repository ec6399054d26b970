#include "serve/es_query.h"

#include <string>
#include <utility>

#include "serve/es_match.h"
#include "serve/es_value.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr int kMaxDepth = 32;
constexpr int kMaxClauses = 1024;

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

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

  Status Match(const Field& field, element body, Statement& out) {
    const element query = Inner(body, "query");
    if (query.is_object() || query.is_array())
      return Bad("[match] needs a value for field [" + std::string(field.name) + "]");
    std::string_view op;
    const bool all = body.is_object() && body["operator"].get(op) == simdjson::SUCCESS &&
                     (op == "and" || op == "AND");
    if (field.type != FieldType::kWords) return AddEquals(field, query, now_, out);
    AddWords(field, PlainText(query), all, out);
    return Ok();
  }

  Status MatchPhrase(const Field& field, element body, Statement& out) {
    const element query = Inner(body, "query");
    if (query.is_object() || query.is_array()) return Bad("[match_phrase] needs a value");
    if (field.type != FieldType::kWords) return AddEquals(field, query, now_, out);
    AddPhrase(field, PlainText(query), out);
    return Ok();
  }

  Status Term(const Field& field, element body, Statement& out) {
    return AddEquals(field, Inner(body, "value"), now_, out);
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
      HB_TRY(AddEquals(field, value, now_, out));
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
      AddWordPrefix(field, text, out);
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
      HB_TRY(AddMatch(field, PlainText(query), false, now_, out));
    }
    return Ok();
  }

  Status QueryStringClause(element body, Statement& out) {
    std::string_view text, op;
    if (body["query"].get(text) != simdjson::SUCCESS)
      return Bad("[query_string] must be provided with a [query]");
    const bool all =
        body["default_operator"].get(op) == simdjson::SUCCESS && (op == "and" || op == "AND");
    HB_ASSIGN(const Statement condition, QueryStringCondition(index_, text, all, now_));
    out.Append(condition);
    return Ok();
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

}  // namespace

Result<Statement> QueryCondition(const Index& index, element query, EventTime now) {
  Compiler compiler(index, now);
  Statement out;
  HB_TRY(compiler.Clause(query, 0, out));
  return out;
}

}  // namespace hb::es
