#include "serve/openapi.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "serve/answer.h"
#include "serve/router.h"

namespace hb {

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

/// "name:help;name:help"
Parameters ParametersOf(const Route& route) {
  Parameters out;
  std::string_view text = route.parameters;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t colon = std::min(part.find(':'), part.size());
    out.emplace_back(part.substr(0, colon), part.substr(std::min(colon + 1, part.size())));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Names in braces.
std::vector<std::string_view> CapturesOf(std::string_view pattern) {
  std::vector<std::string_view> out;
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos;
       at = pattern.find('{', at + 1)) {
    out.push_back(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  }
  return out;
}

bool IsWhole(std::string_view name) {
  return name == "limit" || name == "offset" || name == "partition";
}

void WriteParameter(std::string_view name, std::string_view place, std::string_view help,
                    JsonWriter& json) {
  json.Open().Member("name", name).Member("in", place).Key("required").Bool(place == "path");
  if (!help.empty()) json.Member("description", help);
  json.Key("schema").Open().Member("type", IsWhole(name) ? "integer" : "string").Close().Close();
}

void WriteContent(std::string_view schema, JsonWriter& json) {
  const bool media = schema.find('/') != std::string_view::npos;
  json.Key("content").Open().Key(media ? schema : "application/json").Open().Key("schema").Open();
  if (media) {
    json.Member("type", schema == "application/json" ? "object" : "string");
  } else {
    json.Member("$ref", "#/components/schemas/" + std::string(schema));
  }
  json.Close().Close().Close();
}

std::string OperationId(const Route& route) {
  std::string out;
  for (const char c : std::string(route.method) + std::string(route.pattern)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

void WriteOperation(const Route& route, JsonWriter& json) {
  json.Open().Member("operationId", OperationId(route)).Member("summary", route.summary);
  json.Key("parameters").OpenList();
  for (const std::string_view name : CapturesOf(route.pattern))
    WriteParameter(name, "path", "", json);
  for (const auto& [name, help] : ParametersOf(route)) WriteParameter(name, "query", help, json);
  json.CloseList();
  if (!route.body.empty()) {
    json.Key("requestBody").Open().Key("required").Bool(true);
    WriteContent(route.body, json);
    json.Close();
  }
  json.Key("responses").Open();
  const bool created = route.method == "POST" && route.pattern == "/api/v1/tasks";
  const std::string_view status = route.answer.empty()       ? "204"
                                  : created                  ? "201"
                                  : route.answer == "Queued" ? "202"
                                                             : "200";
  json.Key(status).Open().Member("description", route.answer.empty() ? "done" : "the answer");
  if (!route.answer.empty()) WriteContent(route.answer, json);
  json.Close();
  json.Key("default").Open().Member("$ref", "#/components/responses/Problem").Close();
  json.Close().Close();
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

std::string OpenApiJson() {
  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const Route& route : Routes()) paths[route.pattern].push_back(&route);
  JsonWriter json;
  json.Open()
      .Member("openapi", "3.1.0")
      .Key("info")
      .Open()
      .Member("title", "heartbeat")
      .Member("version", HB_VERSION);
  json.Member(
      "description",
      "Where a token is set (serve.token), every call but /healthz and /readyz needs Authorization: Bearer TOKEN. "
      "The Elasticsearch surface below /es is described by Elasticsearch.");
  json.Key("license")
      .Open()
      .Member("name", "Apache-2.0")
      .Member("identifier", "Apache-2.0")
      .Close()
      .Close();
  json.Key("servers").OpenList().Open().Member("url", "/").Close().CloseList();
  json.Key("security")
      .OpenList()
      .Open()
      .Close()
      .Open()
      .Key("token")
      .OpenList()
      .CloseList()
      .Close()
      .CloseList();
  json.Key("paths").Open();
  for (const auto& [pattern, routes] : paths) {
    json.Key(pattern).Open();
    for (const Route* route : routes) {
      json.Key(Lower(route->method));
      WriteOperation(*route, json);
    }
    json.Close();
  }
  json.Close().Key("components").Open().Key("schemas").Raw(kOpenApiSchemas);
  json.Key("responses")
      .Open()
      .Key("Problem")
      .Open()
      .Member("description", "what is wrong, and what to do");
  json.Key("content").Open().Key("application/problem+json").Open().Key("schema").Open();
  json.Member("$ref", "#/components/schemas/Problem").Close().Close().Close().Close().Close();
  json.Key("securitySchemes")
      .Open()
      .Key("token")
      .Open()
      .Member("type", "http")
      .Member("scheme", "bearer")
      .Close()
      .Close();
  json.Close().Close();
  return json.Take();
}

std::string HttpReference() {
  std::string out =
      "# HTTP routes\n\nMade from the table of routes (`src/serve/router.cc`); `/openapi.json` says the same for programs. Times are ISO 8601 UTC; "
      "parameters also\ntake milliseconds since 1970. Errors are RFC 9457 problem documents whose `hint` says what to do. Where a token is set\n"
      "(`serve.token`; it must be off loopback), every call but `/healthz` and `/readyz` needs `Authorization: Bearer TOKEN`, from loopback too.\n"
      "Statements of users (`/api/v1/sql`, exports, `/es`) run two at a time; others wait, within their time limit, and get 503 with `Retry-After`.\n";
  for (const Route& route : Routes()) {
    out += "\n## " + std::string(route.method) + " " + std::string(route.pattern) + "\n" +
           std::string(route.summary) + "\n";
    if (!route.body.empty()) out += "\nBody: `" + std::string(route.body) + "`.";
    if (!route.answer.empty())
      out += (route.body.empty() ? "\nAnswer: `" : " Answer: `") + std::string(route.answer) + "`.";
    if (!route.body.empty() || !route.answer.empty()) out += "\n";
    const Parameters parameters = ParametersOf(route);
    if (parameters.empty()) continue;
    out += "\n| parameter | |\n| --- | --- |\n";
    for (const auto& [name, help] : parameters)
      out += "| `" + std::string(name) + "` | " + std::string(help) + " |\n";
  }
  out +=
      "\n## /es/...\nThe Elasticsearch surface, which only reads: `/`, `{index}/_search`, `_count`, `_mapping`, `_doc/{id}`, `_cat/indices`, `_ilm/policy`,\n"
      "`_cluster/health`, `_sql` and `_sql/close`, on the indexes `posts`, `sentiment_labels`, `tweet`, `sentiment` and `windows`. The same stands at `/` of\n"
      "`elasticsearch_listen`.\n";
  return out;
}

HttpResponse GetOpenApi(const HttpRequest&, const ApiContext&) {
  HttpResponse response;
  response.body = OpenApiJson();
  return response;
}

}  // namespace hb
