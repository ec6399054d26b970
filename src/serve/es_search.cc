#include "serve/es_search.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/hash.h"
#include "serve/es_aggregate.h"
#include "serve/es_query.h"
#include "serve/es_scroll.h"
#include "serve/params.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr std::int64_t kMaxWindow = 10'000;  // index.max_result_window

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// The body as JSON; an empty one is {}.
struct Body {
  simdjson::dom::parser parser;
  element root;
  Status Parse(const HttpRequest& request) {
    const std::string_view text =
        request.body.empty() ? std::string_view("{}") : std::string_view(request.body);
    const auto parsed = parser.parse(simdjson::padded_string(text));
    if (parsed.error() != simdjson::SUCCESS)
      return Bad(std::string("the body is not JSON: ") + simdjson::error_message(parsed.error()));
    root = parsed.value_unsafe();
    return root.is_object() ? Ok() : Status(Bad("the body is not an object"));
  }
};

/// `query` of the body and `q` of the address together.
Result<Statement> ConditionOf(const HttpRequest& request, const Body& body, const Index& index,
                              EventTime now) {
  Statement out("true");
  element query;
  if (body.root["query"].get(query) == simdjson::SUCCESS && !query.is_null()) {
    HB_ASSIGN(const Statement condition, QueryCondition(index, query, now));
    out.Add(" AND ").Append(condition);
  }
  if (const std::string_view q = Param(request, "q"); !q.empty()) {
    HB_ASSIGN(const Statement condition,
              QueryStringCondition(index, q, Param(request, "default_operator") == "AND", now));
    out.Add(" AND ").Append(condition);
  }
  return out;
}

Result<std::int64_t> NumberOf(const HttpRequest& request, const Body& body, std::string_view name,
                              std::int64_t fallback) {
  element value;
  if (body.root[name].get(value) == simdjson::SUCCESS) {
    std::int64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS && number >= 0 && number <= kMaxWindow)
      return number;
    return Bad("[" + std::string(name) + "] must be from 0 to " + std::to_string(kMaxWindow));
  }
  return IntParam(request, name, fallback, 0, kMaxWindow);
}

Result<std::optional<Sort>> SortOf(std::string_view name, std::string_view order,
                                   const Index& index) {
  if (name == "_score") return std::optional<Sort>();
  if (order != "asc" && order != "desc")
    return Bad("sort order [" + std::string(order.substr(0, 40)) + "] is neither asc nor desc");
  if (name == "_doc") return std::optional<Sort>(Sort{nullptr, order == "desc"});
  const Field* field = index.Find(name);
  if (field == nullptr)
    return Bad("No mapping found for [" + std::string(name.substr(0, 100)) +
               "] in order to sort on");
  if (field->type == FieldType::kList)
    return Bad("[" + std::string(field->name) + "] is a list and cannot be sorted by");
  return std::optional<Sort>(Sort{field, order == "desc"});
}

Status AddSort(element one, const Index& index, std::vector<Sort>& out) {
  std::string_view name, order = "asc";
  simdjson::dom::object object;
  if (one.get(name) != simdjson::SUCCESS) {
    if (one.get(object) != simdjson::SUCCESS || object.size() != 1)
      return Bad("[sort] takes names and {\"name\":{\"order\":..}}");
    const auto member = *object.begin();
    name = member.key;
    if (member.value.get(order) != simdjson::SUCCESS &&
        member.value["order"].get(order) != simdjson::SUCCESS)
      order = "asc";
  }
  HB_ASSIGN(const auto sort, SortOf(name, order, index));
  if (sort) out.push_back(*sort);
  if (out.size() > 10) return Bad("[sort] takes at most 10 fields");
  return Ok();
}

Result<std::vector<Sort>> SortsOf(const HttpRequest& request, const Body& body,
                                  const Index& index) {
  std::vector<Sort> sorts;
  element sort;
  if (body.root["sort"].get(sort) == simdjson::SUCCESS) {
    simdjson::dom::array list;
    if (sort.get(list) == simdjson::SUCCESS) {
      for (const element one : list) HB_TRY(AddSort(one, index, sorts));
    } else {
      HB_TRY(AddSort(sort, index, sorts));
    }
    return sorts;
  }
  std::string_view text = Param(request, "sort");
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, comma);
    const std::size_t colon = std::min(one.find(':'), one.size());
    HB_ASSIGN(const auto made, SortOf(one.substr(0, colon),
                                      colon < one.size() ? one.substr(colon + 1) : "asc", index));
    if (made) sorts.push_back(*made);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return sorts;
}

/// Whether `pattern` (with '*') fits. Linear but for the stars, of which there are few.
bool Fits(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (name.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  if (rest.find('*') != std::string_view::npos) return true;  // good enough for lists of fields
  return name.size() >= star + rest.size() && name.substr(name.size() - rest.size()) == rest;
}

bool AnyFits(element patterns, std::string_view name) {
  std::string_view text;
  if (patterns.get(text) == simdjson::SUCCESS) return Fits(text, name);
  simdjson::dom::array list;
  if (patterns.get(list) != simdjson::SUCCESS) return false;
  for (const element one : list) {
    if (one.get(text) == simdjson::SUCCESS && Fits(text, name)) return true;
  }
  return false;
}

/// Fields that _source shows.
std::vector<const Field*> SourceOf(const Body& body, const Index& index) {
  std::vector<const Field*> out;
  element source;
  const bool given = body.root["_source"].get(source) == simdjson::SUCCESS;
  for (const Field& field : index.fields) {
    bool wanted = true, flag = true;
    if (given) {
      element part;
      if (source.get(flag) == simdjson::SUCCESS) {
        wanted = flag;
      } else if (source.is_object()) {
        for (const char* name : {"includes", "include"}) {
          if (source[name].get(part) == simdjson::SUCCESS) wanted = AnyFits(part, field.name);
        }
        for (const char* name : {"excludes", "exclude"}) {
          if (source[name].get(part) == simdjson::SUCCESS && AnyFits(part, field.name))
            wanted = false;
        }
      } else {
        wanted = AnyFits(source, field.name);
      }
    }
    if (wanted) out.push_back(&field);
  }
  return out;
}

std::string Selected(const Field& field) {
  return field.type == FieldType::kDate ? "epoch_ms(" + std::string(field.sql) + ")"
                                        : std::string(field.sql);
}

void WriteField(const Field& field, const Row& row, std::size_t column, JsonWriter& json) {
  json.Key(field.name);
  if (field.type == FieldType::kDate) {
    WriteMillis(row, column, json);
  } else if (field.type == FieldType::kList) {
    WriteList(row, column, json);
  } else {
    WriteCell(row[column], "", json);
  }
}

/// Values of the sort, from a hit's row.
void WriteSortValues(std::size_t first, std::size_t count, const Row& row, JsonWriter& json) {
  json.OpenList();
  for (std::size_t i = 0; i < count; ++i) WriteCell(row[first + i], "", json);
  json.CloseList();
}

/// `shown`: how many criteria were asked for.
void WriteHit(const Index& index, const std::vector<const Field*>& fields, std::size_t shown,
              const Row& row, JsonWriter& json) {
  json.Open().Member("_index", index.name).Member("_id", TextAt(row, 0)).Key("_score");
  if (shown == 0) {
    json.Number(1.0);
  } else {
    json.Null();
  }
  json.Key("_source").Open();
  for (std::size_t i = 0; i < fields.size(); ++i) WriteField(*fields[i], row, 1 + i, json);
  json.Close();
  if (shown > 0) {
    json.Key("sort");
    WriteSortValues(1 + fields.size(), shown, row, json);
  }
  json.Close();
}

/// Whether a field holds a post's text, or its words.
bool IsText(const Field* field) { return field->sql == "content" || field->sql == "word"; }

/// Takes the texts of X out that may not be given. Requires: the last column is the text where the
/// post is one of X, else NULL.
void LeaveOutTexts(const std::vector<const Field*>& fields, TextGate& texts, SqlResult& hits) {
  for (Row& row : hits.rows) {
    if (IsNull(row, row.size() - 1) || texts.Allows(Hash64(TextAt(row, row.size() - 1)))) continue;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (IsText(fields[i])) row[1 + i] = Cell();
    }
  }
}

/// Whether hits may be sorted so. The values of the sort are part of a hit, and the place from
/// which the next page goes on: none can be left out.
Status CheckSorts(const std::vector<Sort>& sorts, const TextGate* texts) {
  for (const Sort& sort : sorts) {
    if (texts == nullptr || sort.field == nullptr || !IsText(sort.field)) continue;
    return Bad(
        "[" + std::string(sort.field->name) +
        "] cannot be sorted by while privacy.x_texts_a_day bounds the texts of X that leave");
  }
  return Ok();
}

/// Hits of one page. `texts` null: every text is given. Requires: CheckSorts.
Result<SqlResult> AskHits(const Index& index, const Statement& condition,
                          const std::vector<const Field*>& fields, const std::vector<Sort>& sorts,
                          std::int64_t from, std::int64_t size, SqlStore& store,
                          const Deadline& deadline, TextGate* texts) {
  if (from + size > kMaxWindow) {
    return Bad("Result window is too large, from + size must be less than or equal to: [" +
               std::to_string(kMaxWindow) + "] but was [" + std::to_string(from + size) + "]");
  }
  if (size == 0) return SqlResult{};
  Statement ask("SELECT ");
  ask.Add(index.id);
  for (const Field* field : fields) ask.Add(", ").Add(Selected(*field));
  for (const Sort& sort : sorts)
    ask.Add(", ").Add(sort.field == nullptr ? "0" : Selected(*sort.field));
  const bool gated = texts != nullptr && std::any_of(fields.begin(), fields.end(), IsText);
  if (gated) {
    ask.Add(", CASE WHEN source IN ('x_stream', 'x_sample', 'x_search') THEN content END");
  }
  ask.Add(" FROM ").Add(index.table).Add(" WHERE ").Append(condition);
  std::string order;
  for (const Sort& sort : sorts) {
    if (sort.field == nullptr) continue;
    order += (order.empty() ? " ORDER BY " : ", ") + std::string(sort.field->sql) +
             (sort.descending ? " DESC" : " ASC") + " NULLS LAST";
  }
  ask.Add(order).Add(" LIMIT ").Bind(size).Add("::BIGINT OFFSET ").Bind(from).Add("::BIGINT");
  HB_ASSIGN(SqlResult hits, ask.Ask(store, static_cast<std::size_t>(size), deadline.Left()));
  // Never more rows than asked for: the bytes of an answer are limited too.
  if (hits.truncated)
    return Error{Code::kExhausted, "the first " + std::to_string(hits.rows.size()) +
                                       " hits fill an answer; ask for a smaller [size]"};
  if (gated) LeaveOutTexts(fields, *texts, hits);
  return hits;
}

Result<std::int64_t> AskCount(const Index& index, const Statement& condition, SqlStore& store,
                              const Deadline& deadline) {
  Statement ask("SELECT count(*) FROM ");
  ask.Add(index.table).Add(" WHERE ").Append(condition);
  HB_ASSIGN(const SqlResult answer, ask.Ask(store, 1, deadline.Left()));
  return answer.rows.empty() ? 0 : IntAt(answer.rows[0], 0);
}

Status CheckKeys(const Body& body) {
  for (const auto member : simdjson::dom::object(body.root)) {
    bool known = false;
    for (const std::string_view name :
         {"query", "size", "from", "sort", "_source", "aggs", "aggregations", "track_total_hits",
          "search_after", "timeout", "version", "track_scores", "explain", "profile",
          "stored_fields"}) {
      known = known || member.key == name;
    }
    if (!known)
      return Bad("unknown key [" + std::string(member.key.substr(0, 60)) + "] in the search");
  }
  return Ok();
}

/// The condition of the hits that are still to come.
Result<Statement> Remaining(const Statement& condition, const std::vector<Sort>& sorts,
                            const Body& body, const std::string& scrolled, EventTime now) {
  Statement out("(");
  out.Append(condition).Add(")");
  simdjson::dom::array values;
  simdjson::dom::parser parser;
  if (!scrolled.empty()) {
    if (parser.parse(scrolled).get(values) != simdjson::SUCCESS)
      return Bad("the scroll_id is not one that was given here; take it unchanged");
  } else if (element after; body.root["search_after"].get(after) != simdjson::SUCCESS) {
    return out;
  } else if (after.get(values) != simdjson::SUCCESS) {
    return Bad("[search_after] is the list [sort] of the last hit");
  }
  HB_TRY(AddAfter(sorts, values, now, out));
  return out;
}

constexpr std::size_t kMaxScrolledBody = 64 * 1024;  // it travels in the scroll_id

/// What a search with `scroll` may not ask for.
Status CheckScroll(const HttpRequest& request, const Body& body, std::int64_t size,
                   std::int64_t from) {
  element ignored;
  if (size == 0) return Bad("[size] cannot be [0] in a scroll context");
  if (from > 0) return Bad("[from] is not allowed in a scroll context");
  if (body.root["search_after"].get(ignored) == simdjson::SUCCESS)
    return Bad("[search_after] is not allowed in a scroll context");
  if (request.body.size() > kMaxScrolledBody)
    return Bad("a scroll takes a body of at most " + std::to_string(kMaxScrolledBody) + " bytes");
  return Ok();
}

/// What a request asks for.
struct Page {
  Statement condition;
  std::vector<const Field*> fields;  ///< that are shown
  std::vector<Sort> sorts;
  std::size_t shown = 0;  ///< how many of `sorts` were asked for
  std::int64_t size = 0, from = 0;
};

Result<Page> PageOf(const HttpRequest& request, const Body& body, const Index& index,
                    EventTime now) {
  Page page;
  HB_ASSIGN(page.condition, ConditionOf(request, body, index, now));
  HB_ASSIGN(page.size, NumberOf(request, body, "size", 10));
  HB_ASSIGN(page.from, NumberOf(request, body, "from", 0));
  HB_ASSIGN(page.sorts, SortsOf(request, body, index));
  page.shown = page.sorts.size();
  page.fields = SourceOf(body, index);
  return page;
}

/// A scroll over what is there now.
Result<ScrollState> BeginScroll(const HttpRequest& request, const Index& index, EventTime now,
                                SqlStore& store, const Deadline& deadline) {
  Statement ask("SELECT epoch_ms(max(");
  ask.Add(index.since).Add(")) FROM ").Add(index.table);
  HB_ASSIGN(const SqlResult newest, ask.Ask(store, 1, deadline.Left()));
  const bool none = newest.rows.empty() || IsNull(newest.rows[0], 0);
  ScrollState scroll{.index = std::string(index.name),
                     .body = request.body,
                     .query = request.query,
                     .after = "",
                     .now_ms = ToMillis(now),
                     .until_ms = none ? ToMillis(now) : IntAt(newest.rows[0], 0)};
  scroll.query.erase("token");
  return scroll;
}

/// {"total":{..},"max_score":..,"hits":[..]}
std::string HitsJson(const Index& index, const Page& page, const SqlResult& hits,
                     std::int64_t total) {
  JsonWriter json;
  json.Open().Key("total").Open().Key("value").Int(total).Member("relation", "eq").Close();
  json.Key("max_score");
  if (page.shown == 0 && !hits.rows.empty()) {
    json.Number(1.0);
  } else {
    json.Null();
  }
  json.Key("hits").OpenList();
  for (const Row& row : hits.rows) WriteHit(index, page.fields, page.shown, row, json);
  json.CloseList().Close();
  return json.Take();
}

/// What the body wants counted of the hits; "" if nothing.
Result<std::string> AggregationsJson(const Body& body, const Index& index,
                                     const Statement& condition, EventTime now, SqlStore& store,
                                     const Deadline& deadline) {
  element wanted;
  if (body.root["aggs"].get(wanted) != simdjson::SUCCESS &&
      body.root["aggregations"].get(wanted) != simdjson::SUCCESS)
    return std::string();
  JsonWriter json;
  HB_TRY(WriteAggregations(index, condition, wanted, now, store, deadline, json));
  return json.Take();
}

/// One page: of a search, or of the scroll `at`.
Result<std::string> SearchBody(const HttpRequest& request, const Index& index,
                               const ApiContext& context, std::optional<ScrollState> at) {
  const auto begin = std::chrono::steady_clock::now();
  const Deadline deadline(context.search_time);
  Body body;
  HB_TRY(body.Parse(request));
  HB_TRY(CheckKeys(body));
  SqlStore& store = context.backend.store();
  const bool first = !at.has_value();
  const EventTime now = first ? context.backend.Snapshot().now : FromMillis(at->now_ms);
  HB_ASSIGN(Page page, PageOf(request, body, index, now));
  HB_TRY(CheckSorts(page.sorts, context.texts));
  if (first && !Param(request, "scroll").empty()) {
    HB_TRY(CheckScroll(request, body, page.size, page.from));
    HB_ASSIGN(at, BeginScroll(request, index, now, store, deadline));
  }
  if (at) {
    page.condition.Add(" AND ").Add(index.since).Add(" < ").BindTime(FromMillis(at->until_ms + 1));
  }
  std::int64_t total = first ? 0 : at->total;
  if (first) {
    HB_ASSIGN(total, AskCount(index, page.condition, store, deadline));
  }
  if (at) {
    at->total = total;
    for (const Sort& sort : TieBreakers(index)) page.sorts.push_back(sort);
  }
  HB_ASSIGN(const Statement remaining,
            Remaining(page.condition, page.sorts, body, at ? at->after : "", now));
  HB_ASSIGN(const SqlResult hits, AskHits(index, remaining, page.fields, page.sorts, page.from,
                                          page.size, store, deadline, context.texts));
  if (at && !hits.rows.empty()) {
    JsonWriter after;
    WriteSortValues(1 + page.fields.size(), page.sorts.size(), hits.rows.back(), after);
    at->after = after.Take();
  }
  std::string aggregations;
  if (first) {
    HB_ASSIGN(aggregations, AggregationsJson(body, index, page.condition, now, store, deadline));
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  JsonWriter json;
  json.Open();
  if (at) json.Member("_scroll_id", at->Text());
  json.Key("took").Int(took.count()).Key("timed_out").Bool(false);
  WriteShards(json);
  json.Key("hits").Raw(HitsJson(index, page, hits, total));
  if (!aggregations.empty()) json.Key("aggregations").Raw(aggregations);
  json.Close();
  return json.Take();
}

HttpResponse Answer(Result<std::string> body) {
  if (!body.ok()) return ErrorOf(body.error());
  HttpResponse response;
  response.body = std::move(body).value();
  return response;
}

}  // namespace

HttpResponse Search(const HttpRequest& request, const Index& index, const ApiContext& context) {
  return Answer(SearchBody(request, index, context, std::nullopt));
}

HttpResponse Scroll(const HttpRequest& request, const ApiContext& context) {
  Body body;
  if (const Status parsed = body.Parse(request); !parsed.ok()) return ErrorOf(parsed.error());
  std::vector<std::string> ids;
  element given;
  simdjson::dom::array list;
  const std::string& id = context.Capture("id");
  std::string_view text = id.empty() ? Param(request, "scroll_id") : std::string_view(id);
  if (body.root["scroll_id"].get(given) == simdjson::SUCCESS) {
    if (given.get(list) == simdjson::SUCCESS) {
      for (const element one : list) {
        if (one.get(text) == simdjson::SUCCESS) ids.emplace_back(text);
      }
    } else if (given.get(text) == simdjson::SUCCESS) {
      ids.emplace_back(text);
    }
  } else if (!text.empty()) {
    ids.emplace_back(text);
  }
  if (request.method == "DELETE") {
    JsonWriter json;
    json.Open().Key("succeeded").Bool(true).Key("num_freed").Uint(ids.size()).Close();
    HttpResponse response;
    response.body = json.Take();
    return response;
  }
  if (ids.size() != 1) return ErrorOf(Bad("[scroll_id] is needed: that of the page before"));
  auto state = ScrollState::Parse(ids[0]);
  if (!state.ok()) return ErrorOf(state.error(), "illegal_argument_exception");
  const auto index = FindIndex(state.value().index);
  if (!index.ok()) return ErrorOf(index.error());
  HttpRequest search = request;
  search.method = "POST";
  search.body = state.value().body;
  search.query = state.value().query;
  return Answer(SearchBody(search, *index.value(), context, std::move(state).value()));
}

HttpResponse Count(const HttpRequest& request, const Index& index, const ApiContext& context) {
  Body body;
  if (const Status parsed = body.Parse(request); !parsed.ok()) return ErrorOf(parsed.error());
  const auto condition = ConditionOf(request, body, index, context.backend.Snapshot().now);
  if (!condition.ok()) return ErrorOf(condition.error());
  const auto count =
      AskCount(index, condition.value(), context.backend.store(), Deadline(context.search_time));
  if (!count.ok()) return ErrorOf(count.error());
  JsonWriter json;
  json.Open().Key("count").Int(count.value());
  WriteShards(json);
  json.Close();
  HttpResponse response;
  response.body = json.Take();
  return response;
}

HttpResponse GetDocument(const Index& index, std::string_view id, const ApiContext& context) {
  std::vector<const Field*> fields;
  for (const Field& field : index.fields) fields.push_back(&field);
  Statement condition(index.id);
  condition.Add(" = ").BindText(id);
  const auto hits = AskHits(index, condition, fields, {}, 0, 1, context.backend.store(),
                            Deadline(context.search_time), context.texts);
  if (!hits.ok()) return ErrorOf(hits.error());
  const bool found = !hits.value().rows.empty();
  JsonWriter json;
  json.Open().Member("_index", index.name).Member("_id", id);
  if (found) json.Key("_version").Int(1).Key("_seq_no").Int(0).Key("_primary_term").Int(1);
  json.Key("found").Bool(found);
  if (found) {
    json.Key("_source").Open();
    for (std::size_t i = 0; i < fields.size(); ++i)
      WriteField(*fields[i], hits.value().rows[0], 1 + i, json);
    json.Close();
  }
  json.Close();
  HttpResponse response;
  response.status = found ? 200 : 404;
  response.body = json.Take();
  return response;
}

}  // namespace hb::es
