// serve/router.h - which handler answers which request.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "serve/backend.h"
#include "serve/http.h"
#include "serve/route_pattern.h"
#include "serve/statement_gate.h"

namespace hb {

/// What a handler works with. Borrowed for the call.
struct ApiContext {
  Backend& backend;
  const std::string& export_dir;
  Captures captures;
  StatementGate* gate = nullptr;                  ///< for statements of users; null: none waits
  std::chrono::milliseconds waited{0};            ///< for a turn that the handler has already
  TextGate* texts = nullptr;                      ///< of an answer that is an export
  std::chrono::milliseconds search_time{30'000};  ///< for all questions of one search
  [[nodiscard]] const std::string& Capture(std::string_view name) const;
};

/// One route. The table feeds the router and /openapi.json.
struct Route {
  std::string_view method;      ///< "GET"
  std::string_view pattern;     ///< "/api/v1/tasks/{tag}"
  std::string_view summary;     ///< one sentence
  std::string_view parameters;  ///< query parameters, "name:help;name:help"; no others are taken
  std::string_view body;        ///< schema of the request's body (openapi.cc), "" for none
  std::string_view answer;      ///< schema of the answer, or its media type; "" for no content
  HttpResponse (*handle)(const HttpRequest&, const ApiContext&);
};

std::span<const Route> Routes();

/// Handlers, one file a subject (api_<subject>.cc).
HttpResponse GetStatus(const HttpRequest&, const ApiContext&);
HttpResponse GetHealth(const HttpRequest&, const ApiContext&);
HttpResponse GetReady(const HttpRequest&, const ApiContext&);
HttpResponse GetMetrics(const HttpRequest&, const ApiContext&);
HttpResponse GetOpenApi(const HttpRequest&, const ApiContext&);
HttpResponse GetTasks(const HttpRequest&, const ApiContext&);
HttpResponse PostTask(const HttpRequest&, const ApiContext&);
HttpResponse PutTask(const HttpRequest&, const ApiContext&);
HttpResponse DeleteTask(const HttpRequest&, const ApiContext&);
HttpResponse PostRuleCheck(const HttpRequest&, const ApiContext&);
HttpResponse GetPosts(const HttpRequest&, const ApiContext&);
HttpResponse GetPost(const HttpRequest&, const ApiContext&);
HttpResponse ExportPosts(const HttpRequest&, const ApiContext&);
HttpResponse GetSeries(const HttpRequest&, const ApiContext&);
HttpResponse GetSummary(const HttpRequest&, const ApiContext&);
HttpResponse GetPulse(const HttpRequest&, const ApiContext&);
HttpResponse GetTrending(const HttpRequest&, const ApiContext&);
HttpResponse GetHashtag(const HttpRequest&, const ApiContext&);
HttpResponse GetSubject(const HttpRequest&, const ApiContext&);
HttpResponse GetKeywords(const HttpRequest&, const ApiContext&);
HttpResponse GetTopics(const HttpRequest&, const ApiContext&);
HttpResponse GetRecords(const HttpRequest&, const ApiContext&);
HttpResponse GetDeadLetters(const HttpRequest&, const ApiContext&);
HttpResponse ReplayDeadLetters(const HttpRequest&, const ApiContext&);
HttpResponse PostForget(const HttpRequest&, const ApiContext&);
HttpResponse PostBackfill(const HttpRequest&, const ApiContext&);
HttpResponse PostSql(const HttpRequest&, const ApiContext&);
HttpResponse ExportSql(const HttpRequest&, const ApiContext&);
HttpResponse GetSchema(const HttpRequest&, const ApiContext&);
HttpResponse PostAnalyze(const HttpRequest&, const ApiContext&);
/// /api/v1/live asked for where no stream can be given.
HttpResponse GetLive(const HttpRequest&, const ApiContext&);

/// Everything below /es, and at / on the Elasticsearch address; `path` is without the prefix.
HttpResponse HandleElasticsearch(const HttpRequest&, std::string_view path, const ApiContext&);

}  // namespace hb
