// The Elasticsearch surface: which address means what.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "serve/es_search.h"
#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

using es::ErrorAnswer;
using es::ErrorOf;
using es::Index;

/// The version whose answers these are shaped after; clients look at its first number.
constexpr std::string_view kVersion = "8.19.0";

constexpr std::chrono::seconds kLongestWait{8};  ///< clients give up after 10 s, unless told

HttpResponse JsonOf(const JsonWriter& json) {
  HttpResponse response;
  response.body = json.Take();
  return response;
}

HttpResponse Banner() {
  JsonWriter json;
  json.Open()
      .Member("name", "heartbeat")
      .Member("cluster_name", "heartbeat")
      .Member("cluster_uuid", "aGVhcnRiZWF0LWNsdXN0ZQ");
  json.Key("version")
      .Open()
      .Member("number", kVersion)
      .Member("build_flavor", "default")
      .Member("build_type", "heartbeat");
  json.Member("build_hash", HB_VERSION)
      .Member("build_date", "2026-01-01T00:00:00.000Z")
      .Key("build_snapshot")
      .Bool(false);
  json.Member("lucene_version", "9.12.0").Member("minimum_wire_compatibility_version", "7.17.0");
  json.Member("minimum_index_compatibility_version", "7.0.0")
      .Close()
      .Member("tagline", "You Know, for Search")
      .Close();
  return JsonOf(json);
}

HttpResponse Health() {
  JsonWriter json;
  json.Open()
      .Member("cluster_name", "heartbeat")
      .Member("status", "green")
      .Key("timed_out")
      .Bool(false);
  json.Key("number_of_nodes").Int(1).Key("number_of_data_nodes").Int(1);
  const auto shards = static_cast<std::int64_t>(es::Indexes().size());
  json.Key("active_primary_shards").Int(shards).Key("active_shards").Int(shards);
  for (const std::string_view name :
       {"relocating_shards", "initializing_shards", "unassigned_shards",
        "delayed_unassigned_shards", "number_of_pending_tasks", "number_of_in_flight_fetch",
        "task_max_waiting_in_queue_millis"}) {
    json.Key(name).Int(0);
  }
  json.Key("active_shards_percent_as_number").Number(100.0).Close();
  return JsonOf(json);
}

void WriteProperties(const Index& index, JsonWriter& json) {
  json.Key("mappings").Open().Key("properties").Open();
  for (const es::Field& field : index.fields) {
    json.Key(field.name).Open().Member("type", es::TypeName(field.type));
    if (field.type == es::FieldType::kWords) {
      json.Key("fields")
          .Open()
          .Key("keyword")
          .Open()
          .Member("type", "keyword")
          .Key("ignore_above")
          .Int(256)
          .Close()
          .Close();
    }
    json.Close();
  }
  json.Close().Close();
}

/// Index names of "a,b", "*", "_all".
Result<std::vector<const Index*>> IndexesOf(std::string_view names) {
  std::vector<const Index*> out;
  if (names.empty() || names == "*" || names == "_all") {
    for (const Index& index : es::Indexes()) out.push_back(&index);
    return out;
  }
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    HB_ASSIGN(const Index* index, es::FindIndex(names.substr(0, comma)));
    out.push_back(index);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

HttpResponse Mapping(std::string_view names, bool whole) {
  const auto indexes = IndexesOf(names);
  if (!indexes.ok()) return ErrorOf(indexes.error());
  JsonWriter json;
  json.Open();
  for (const Index* index : indexes.value()) {
    json.Key(index->name).Open();
    if (whole) json.Key("aliases").Open().Close();
    WriteProperties(*index, json);
    if (whole) {
      json.Key("settings")
          .Open()
          .Key("index")
          .Open()
          .Member("number_of_shards", "1")
          .Member("number_of_replicas", "0");
      json.Member("provided_name", index->name).Close().Close();
    }
    json.Close();
  }
  json.Close();
  return JsonOf(json);
}

HttpResponse Policies() {
  JsonWriter json;
  json.Open()
      .Key("heartbeat")
      .Open()
      .Key("version")
      .Int(1)
      .Member("modified_date", "2026-01-01T00:00:00.000Z");
  json.Key("policy").Open().Key("phases").Open();
  json.Key("hot").Open().Member("min_age", "0ms").Key("actions").Open().Close().Close();
  json.Key("delete")
      .Open()
      .Member("min_age", "90d")
      .Key("actions")
      .Open()
      .Key("delete")
      .Open()
      .Close()
      .Close()
      .Close();
  json.Close().Close().Key("in_use_by").Open().Key("indices").OpenList();
  for (const Index& index : es::Indexes()) json.Text(index.name);
  json.CloseList()
      .Key("data_streams")
      .OpenList()
      .CloseList()
      .Key("composable_templates")
      .OpenList()
      .CloseList()
      .Close()
      .Close()
      .Close();
  return JsonOf(json);
}

/// 4.2kb
std::string SizeText(std::int64_t bytes) {
  constexpr std::string_view kUnits[] = {"b", "kb", "mb", "gb", "tb"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  char text[40];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f" : "%.1f", value);
  return text + std::string(kUnits[unit]);
}

HttpResponse CatIndices(const HttpRequest& request, std::string_view names,
                        const ApiContext& context) {
  const auto indexes = IndexesOf(names);
  if (!indexes.ok()) return ErrorOf(indexes.error());
  constexpr std::string_view kColumns[] = {
      "health", "status",     "index",        "uuid",       "pri",
      "rep",    "docs.count", "docs.deleted", "store.size", "pri.store.size"};
  std::vector<std::vector<std::string>> rows;
  const std::string size = SizeText(context.backend.store().DiskBytes());
  for (const Index* index : indexes.value()) {
    const auto count =
        Statement("SELECT count(*) FROM ").Add(index->table).Ask(context.backend.store(), 1);
    if (!count.ok()) return ErrorOf(count.error());
    // Several indexes are views of one table: its size is shown once.
    const std::string& shown = index->name == index->table ? size : SizeText(0);
    rows.push_back({"green", "open", std::string(index->name),
                    "heartbeat_" + std::string(index->name), "1", "0",
                    std::to_string(IntAt(count.value().rows[0], 0)), "0", shown, shown});
  }
  const auto accept = request.headers.find("accept");
  const bool wants_json = Param(request, "format") == "json" ||
                          (Param(request, "format").empty() && accept != request.headers.end() &&
                           accept->second.find("json") != std::string::npos);
  if (wants_json) {
    JsonWriter json;
    json.OpenList();
    for (const auto& row : rows) {
      json.Open();
      for (std::size_t i = 0; i < row.size(); ++i) json.Member(kColumns[i], row[i]);
      json.Close();
    }
    json.CloseList();
    return JsonOf(json);
  }
  if (request.query.contains("v"))
    rows.insert(rows.begin(), std::vector<std::string>(std::begin(kColumns), std::end(kColumns)));
  HttpResponse response;
  response.content_type = "text/plain; charset=UTF-8";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[i].size());
      response.body += row[i];
      response.body += i + 1 < row.size() ? std::string(width - row[i].size() + 1, ' ') : "\n";
    }
  }
  return response;
}

HttpResponse GetBanner(const HttpRequest&, const ApiContext&) { return Banner(); }
HttpResponse GetClusterHealth(const HttpRequest&, const ApiContext&) { return Health(); }
HttpResponse GetPolicies(const HttpRequest&, const ApiContext&) { return Policies(); }
HttpResponse PostCloseSql(const HttpRequest& request, const ApiContext&) {
  return es::CloseSql(request);
}
HttpResponse GetIndices(const HttpRequest& request, const ApiContext& context) {
  return CatIndices(request, context.Capture("index"), context);
}
HttpResponse GetMapping(const HttpRequest&, const ApiContext& context) {
  return Mapping(context.Capture("index"), false);
}

/// The index of the address; where there is none, posts.
Result<const Index*> IndexOf(const ApiContext& context) {
  const std::string& name = context.Capture("index");
  return es::FindIndex(name.empty() ? std::string_view("posts") : name);
}
HttpResponse AnySearch(const HttpRequest& request, const ApiContext& context) {
  const auto index = IndexOf(context);
  return index.ok() ? es::Search(request, *index.value(), context) : ErrorOf(index.error());
}
HttpResponse AnyCount(const HttpRequest& request, const ApiContext& context) {
  const auto index = IndexOf(context);
  return index.ok() ? es::Count(request, *index.value(), context) : ErrorOf(index.error());
}
HttpResponse GetDocument(const HttpRequest&, const ApiContext& context) {
  const auto index = IndexOf(context);
  if (!index.ok()) return ErrorOf(index.error());
  return es::GetDocument(*index.value(), context.Capture("id"), context);
}

HttpResponse NoHandler(std::string_view path) {
  return ErrorAnswer(400, "illegal_argument_exception",
                     "no handler found for [" + std::string(path.substr(0, 100)) +
                         "]: this surface has {index}/_search, _count, _mapping, _doc, "
                         "_cat/indices, _ilm/policy, _cluster/health and _sql");
}

/// An index, or whatever else no other address is.
HttpResponse GetIndex(const HttpRequest&, const ApiContext& context) {
  const std::string_view path = context.Capture("index");
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return Mapping(path, true);
  const auto index = es::FindIndex(path.substr(0, slash));
  return index.ok() ? NoHandler(path) : ErrorOf(index.error());
}

/// One address of the surface. All are read, with GET, HEAD or POST.
struct EsRoute {
  std::string_view pattern;
  HttpResponse (*handle)(const HttpRequest&, const ApiContext&);
  bool asks_store = false;  ///< its questions are those of users, whatever they cost
  bool deletes = false;     ///< takes DELETE too, of what is not held and costs nothing
};
/// The first that fits counts.
constexpr EsRoute kRoutes[] = {
    {.pattern = "", .handle = GetBanner},
    {.pattern = "_sql", .handle = es::Sql, .asks_store = true},
    {.pattern = "_xpack/sql", .handle = es::Sql, .asks_store = true},
    {.pattern = "_sql/close", .handle = PostCloseSql},
    {.pattern = "_cluster/health", .handle = GetClusterHealth},
    {.pattern = "_cat/indices", .handle = GetIndices, .asks_store = true},
    {.pattern = "_cat/indices/{index}", .handle = GetIndices, .asks_store = true},
    {.pattern = "_ilm/policy", .handle = GetPolicies},
    {.pattern = "_ilm/policy/heartbeat", .handle = GetPolicies},
    {.pattern = "_mapping", .handle = GetMapping},
    {.pattern = "_search", .handle = AnySearch, .asks_store = true},
    {.pattern = "_search/scroll", .handle = es::Scroll, .asks_store = true, .deletes = true},
    {.pattern = "_search/scroll/{id}", .handle = es::Scroll, .asks_store = true, .deletes = true},
    {.pattern = "_count", .handle = AnyCount, .asks_store = true},
    {.pattern = "{index}/_search", .handle = AnySearch, .asks_store = true},
    {.pattern = "{index}/_count", .handle = AnyCount, .asks_store = true},
    {.pattern = "{index}/_mapping", .handle = GetMapping},
    {.pattern = "{index}/_mappings", .handle = GetMapping},
    {.pattern = "{index}/_doc/{id}", .handle = GetDocument, .asks_store = true},
    {.pattern = "{index}", .handle = GetIndex},
};

const EsRoute* FindRoute(std::string_view path, Captures& captures) {
  for (const EsRoute& route : kRoutes) {
    // No index is called so: what begins with '_' is an address of its own.
    if (path.substr(0, 1) == "_" && route.pattern.substr(0, 1) == "{") continue;
    if (auto match = MatchPattern(route.pattern, path)) {
      captures = *std::move(match);
      return &route;
    }
  }
  return nullptr;
}

HttpResponse Dispatch(const HttpRequest& request, std::string_view path,
                      const ApiContext& context) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  ApiContext inner = context;
  const EsRoute* route = FindRoute(path, inner.captures);
  const bool reads =
      request.method == "GET" || request.method == "HEAD" || request.method == "POST";
  const bool deletes = request.method == "DELETE" && route != nullptr && route->deletes;
  if (!reads && !deletes) {
    return ErrorAnswer(405, "method_not_allowed_exception",
                       "this surface only reads; posts come in through the sources");
  }
  if (route == nullptr) return NoHandler(path);
  if (deletes || !route->asks_store) return route->handle(request, inner);
  ExportGate gate(context.backend.text_cap());
  inner.texts = gate.gate();
  const auto turn = StatementGate::Wait(context.gate, kLongestWait);
  if (!turn.ok()) return ComeAgain(ErrorOf(turn.error()));
  inner.waited = turn.value().waited();
  HttpResponse response = route->handle(request, inner);
  std::string warning;
  if (const Status counted = gate.Finish(warning); !counted.ok()) return ErrorOf(counted.error());
  if (!warning.empty()) response.headers.emplace_back("Warning", warning);
  return response;
}

}  // namespace

HttpResponse HandleElasticsearch(const HttpRequest& request, std::string_view path,
                                 const ApiContext& context) {
  HttpResponse response = Dispatch(request, path, context);
  // Official clients refuse a server that does not say this.
  response.headers.emplace_back("X-Elastic-Product", "Elasticsearch");
  const auto accept = request.headers.find("accept");
  if (response.content_type == "application/json" && accept != request.headers.end() &&
      accept->second.find("application/vnd.elasticsearch+json") != std::string::npos) {
    response.content_type = "application/vnd.elasticsearch+json;compatible-with=8";
  }
  return response;
}

}  // namespace hb
