#include "serve/router.h"

#include <simdjson.h>
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_query.h"
#include "serve/problem.h"
#include "serve/route_pattern.h"
#include "serve/server.h"

namespace hb {

namespace {

#define HB_FILTERS                                                                                              \
  "q:words that must all occur, \"a phrase\", -without;task:tag of a task;label:negative, neutral or positive;" \
  "label4:the same or mixed;lang:language as found, for example en;author:author or handle;"                    \
  "source:name of a source;kind:post, repost, reply or quote;hashtag:without #;entity:name of any type, or type, colon, name, as person:Angela Merkel;"                        \
  "emotion:none, anger, joy, optimism or sadness;topic:name of a topic, as sports, or several with a vertical bar between them, for posts about all;country:ISO 3166-1 code;"        \
  "from:earliest time, ISO 8601 or milliseconds;to:first time that is too late"
#define HB_RANGE "from:earliest time, ISO 8601 or milliseconds;to:first time that is too late"

constexpr std::array kRoutes = {
    Route{"GET", "/api/v1/status", "How the program is: sources, stages, models, disk, gaps.", "",
          "", "Status", GetStatus},
    Route{"GET", "/api/v1/tasks", "The tasks in force.", "", "", "Tasks", GetTasks},
    Route{"POST", "/api/v1/tasks",
          "Adds a task. 400 names the column of a wrong rule; 409: the tag exists.", "", "NewTask",
          "Task", PostTask},
    Route{"PUT", "/api/v1/tasks/{tag}", "Gives a task a new rule, or adds it.", "", "NewRule",
          "Task", PutTask},
    Route{"DELETE", "/api/v1/tasks/{tag}", "Removes a task; what it has collected stays.", "", "",
          "", DeleteTask},
    Route{"POST", "/api/v1/rules/check",
          "Explains a rule, or points at its error, and says what it would have matched.", "",
          "NewRule", "RuleCheck", PostRuleCheck},
    Route{"GET", "/api/v1/posts", "Posts that pass all filters, newest first.",
          HB_FILTERS
          ";limit:most posts of a page, up to 500 (50);cursor:the `next` of the page before",
          "", "Posts", GetPosts},
    Route{"GET", "/api/v1/posts/export", "The same posts as a file.",
          "format:csv, jsonl or parquet (csv);limit:most rows (1000000);" HB_FILTERS, "",
          "application/octet-stream", ExportPosts},
    Route{"GET", "/api/v1/posts/{id}", "One post.", "", "", "Post", GetPost},
    Route{
        "GET", "/api/v1/series", "Windows of a task over time.",
        "task:tag, * for all posts (*);size:1m, 15m, 1h or auto (auto);hashtag:only posts with it;lang:only posts in it;topic:only posts about it;emotion:only posts with it;entity:only posts that name it;topics:how many topics to count in each window, most frequent first, up to 10 (none);" HB_RANGE,
        "", "Series", GetSeries},
    Route{"GET", "/api/v1/summary", "Totals, averages and most frequent keys of a task.",
          "task:tag, * for all posts (*);" HB_RANGE, "", "Summary", GetSummary},
    Route{"GET", "/api/v1/pulse", "Everything the first page of the dashboard shows.", "", "",
          "Pulse", GetPulse},
    Route{
        "GET", "/api/v1/trending",
        "What rises against its own history now; with a range, what rose in it, each at its strongest moment.",
        "scope:all, task:NAME, lang:xx or country:XX (all);kind:hashtag;limit:most trends, up to 100 (20);" HB_RANGE,
        "", "Trending", GetTrending},
    Route{"GET", "/api/v1/hashtags/{tag}", "All about one hashtag.", HB_RANGE, "", "Hashtag",
          GetHashtag},
    Route{"GET", "/api/v1/subjects/{topic}",
          "All about one topic that was found in posts (/api/v1/topics are those of the log).",
          HB_RANGE, "", "Subject", GetSubject},
    Route{"GET", "/api/v1/keywords",
          "What the newest 4,000 posts that pass all filters are about (YAKE), by the texts in the "
          "language of most of them.",
          HB_FILTERS ";limit:most keywords, up to 100 (20)", "", "Keywords", GetKeywords},
    Route{"GET", "/api/v1/topics", "The log's topics, their partitions and groups.", "", "",
          "Topics", GetTopics},
    Route{
        "GET", "/api/v1/topics/{name}/records", "Records of a partition, decoded.",
        "partition:number of the partition (0);offset:first offset, -1 for the newest (-1);limit:most records, up to 500 (50)",
        "", "Records", GetRecords},
    Route{
        "GET", "/api/v1/deadletters", "Input that could not be used, newest first.",
        "state:waiting, or replayed for those that are posts now (waiting);limit:most of a page, up to 500 (50);cursor:the `next` of the page before",
        "", "DeadLetters", GetDeadLetters},
    Route{"POST", "/api/v1/deadletters/replay", "Gives dead letters to ingest once more.", "",
          "ReplayRequest", "Queued", ReplayDeadLetters},
    Route{"POST", "/api/v1/forget", "Removes posts, or all posts of authors until now, everywhere.",
          "", "ForgetRequest", "Forgotten", PostForget},
    Route{"POST", "/api/v1/backfill",
          "Takes in what a `heartbeat backfill` beside this program has staged for it; repeated "
          "until it is stored.",
          "", "StagedWork", "StagedTaken", PostBackfill},
    Route{"POST", "/api/v1/sql", "One statement that reads.", "", "SqlRequest", "SqlAnswer",
          PostSql},
    Route{"POST", "/api/v1/sql/export", "The same as a file.", "format:csv, jsonl or parquet (csv)",
          "SqlRequest", "application/octet-stream", ExportSql},
    Route{"GET", "/api/v1/schema", "Tables and views that SQL can read.", "", "", "Schema",
          GetSchema},
    Route{"POST", "/api/v1/analyze", "Every analysis as a service.", "", "AnalyzeRequest",
          "Analyses", PostAnalyze},
    Route{
        "GET", "/api/v1/live",
        "Server-sent events: stats, post, window, trend, status; reset when a resume came too late.",
        "events:kinds that are wanted, separated by commas (all);task:only this task, 404 if there never was one;token:the token, where no header can be sent;last_event_id:as the header Last-Event-ID",
        "", "text/event-stream", GetLive},
    Route{"GET", "/metrics", "Figures for Prometheus.", "", "", "text/plain", GetMetrics},
    Route{"GET", "/healthz", "200 while the process lives.", "", "", "Health", GetHealth},
    Route{"GET", "/readyz", "200 once every stage runs and the store answers, else 503.", "", "",
          "Health", GetReady},
    Route{"GET", "/openapi.json", "This description.", "", "", "application/json", GetOpenApi},
};

/// Names of "name:help;name:help".
std::vector<std::string_view> ParameterNames(std::string_view parameters) {
  std::vector<std::string_view> names;
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view part = parameters.substr(0, end);
    names.push_back(part.substr(0, part.find(':')));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return names;
}

/// A misspelt filter that is ignored gives a wrong answer that looks right.
std::optional<HttpResponse> UnknownParameter(const Route& route, const HttpRequest& request) {
  const auto names = ParameterNames(route.parameters);
  for (const auto& [name, value] : request.query) {
    if (name == "token" || std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string list;
    for (const std::string_view known : names)
      list += (list.empty() ? "" : ", ") + std::string(known);
    return Problem(400, "there is no parameter '" + name.substr(0, 60) + "' here",
                   list.empty() ? "this address takes no parameters" : "it takes " + list);
  }
  return std::nullopt;
}

/// All texts here are UTF-8, and the store takes no others.
std::optional<HttpResponse> NotUtf8(const HttpRequest& request) {
  constexpr std::string_view kHint = "percent-encode the UTF-8 bytes of the text";
  if (!simdjson::validate_utf8(request.path)) return Problem(400, "the path is not UTF-8", kHint);
  for (const auto& [name, value] : request.query) {
    if (!simdjson::validate_utf8(name))
      return Problem(400, "the name of a parameter is not UTF-8", kHint);
    if (!simdjson::validate_utf8(value))
      return Problem(400, "parameter " + name.substr(0, 60) + " is not UTF-8", kHint);
  }
  return std::nullopt;
}

/// RFC 9457: which request it was about.
void AddInstance(const HttpRequest& request, HttpResponse& response) {
  if (response.content_type != "application/problem+json" || response.body.size() < 2) return;
  JsonWriter path;
  path.Text(request.path.substr(0, 512));
  response.body.pop_back();
  response.body += ",\"instance\":" + path.Take() + "}";
}

HttpResponse Dispatch(const HttpRequest& request, Backend& backend, const std::string& export_dir,
                      StatementGate* gate) {
  constexpr std::string_view kEs = "/es";
  if (request.path == kEs || request.path.rfind("/es/", 0) == 0) {
    const ApiContext context{backend, export_dir, {}, gate};
    const std::string_view rest = std::string_view(request.path).substr(kEs.size());
    return HandleElasticsearch(request, rest.empty() ? "/" : rest, context);
  }
  if (auto problem = NotUtf8(request)) return *std::move(problem);
  // Nothing that is stored or answered is about raw bytes in paths.
  if (request.path.find('\0') != std::string::npos)
    return Problem(400, "the path holds a NUL byte");
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allowed;
  for (const Route& route : kRoutes) {
    auto captures = MatchPattern(route.pattern, request.path);
    if (!captures) continue;
    if (route.method != method) {
      if (allowed.find(route.method) == std::string::npos)
        allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    // A fixed address wins over one with captures, whatever the method.
    if (auto problem = UnknownParameter(route, request)) return *std::move(problem);
    const ApiContext context{backend, export_dir, *std::move(captures), gate};
    return route.handle(request, context);
  }
  if (!allowed.empty()) {
    HttpResponse response =
        Problem(405, request.method + " is not answered at " + request.path, "use " + allowed);
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  return Problem(404, "there is nothing at " + request.path.substr(0, 200),
                 "/openapi.json lists every address");
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

const std::string& ApiContext::Capture(std::string_view name) const {
  static const std::string kNone;
  const auto at = captures.find(name);
  return at == captures.end() ? kNone : at->second;
}

HttpResponse GetLive(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_TRY(CheckEventKinds(Param(request, "events")));
  HB_ANSWER_TRY(CheckTask(Param(request, "task"), context));
  return Problem(406, "this is a stream of events, which only the HTTP server gives",
                 "ask a running `heartbeat up` with GET and Accept: text/event-stream");
}

HttpResponse HandleRequest(const HttpRequest& request, Backend& backend,
                           const std::string& export_dir, StatementGate* gate) {
  HttpResponse response = Dispatch(request, backend, export_dir, gate);
  AddInstance(request, response);
  return response;
}

}  // namespace hb
