// `heartbeat drift`: how the labels of two periods of the store differ.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/period.h"
#include "model/drift.h"
#include "serve/sql_limits.h"

namespace hb {

namespace {

struct DriftOptions {
  std::string a, b, task;
  bool json = false;
};

/// A result of the store, and the SQL of its labels. One post may have several topics.
struct What {
  const char* name;
  const char* label;
  bool list = false;
  bool optional = false;  ///< not every store has it
};
constexpr What kWhats[] = {{"sentiment", "label"},
                           {"four-way sentiment", "label4"},
                           {"emotion", "coalesce(emotion::VARCHAR, 'not judged')", false, true},
                           {"language", "lang"},
                           {"topics", "topics", true, true},
                           {"sentiment model", "split_part(models, ' ', 1)"}};

std::string Sql(const What& what, const Period& a, const Period& b, const std::string& task) {
  std::string both = "((" + a.Sql("time") + ") OR (" + b.Sql("time") + "))";
  if (!task.empty()) {
    std::string quoted;
    for (const char c : task) quoted += c == '\'' ? "''" : std::string(1, c);
    both += " AND list_contains(tasks, '" + quoted + "')";
  }
  const std::string counts =
      "count(*) FILTER (" + a.Sql("time") + "), count(*) FILTER (" + b.Sql("time") + ")";
  const std::string label = what.list ? "unnest(" + std::string(what.label) + ")" : what.label;
  return "SELECT l::VARCHAR, " + counts + " FROM (SELECT time, " + label +
         " AS l FROM posts WHERE " + both + ") GROUP BY 1 ORDER BY 1";
}

Status Add(Control& control, const What& what, const DriftOptions& options, const Period& a,
           const Period& b, std::vector<model::Drift>& out) {
  const std::string body = "{\"query\":" + JsonQuote(Sql(what, a, b, options.task)) +
                           ",\"limit\":" + std::to_string(kMaxSqlRows) +
                           ",\"timeout_ms\":" + std::to_string(kMaxSqlMillis) + "}";
  const Result<HttpResponse> answer = control.Call("POST", "/api/v1/sql", body);
  if (!answer.ok() && what.optional && answer.error().code == Code::kInvalidArgument) return Ok();
  if (!answer.ok()) return answer.error();
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element said, ParseAnswer(answer.value().body, parser));
  HB_ASSIGN(const simdjson::dom::array rows, ListOf(said, "rows"));
  model::Drift drift(what.name);
  for (const simdjson::dom::element row : rows) {
    const simdjson::dom::array cells(row);
    drift.Count(PlainText(cells.at(0)), std::stoull(PlainText(cells.at(1))),
                std::stoull(PlainText(cells.at(2))));
  }
  if (drift.total_a() + drift.total_b() > 0) out.push_back(std::move(drift));
  return Ok();
}

Status Run(const DriftOptions& options, const CommandContext& context) {
  HB_ASSIGN(const Period a, Period::Parse(options.a));
  HB_ASSIGN(const Period b, Period::Parse(options.b));
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  std::vector<model::Drift> drifts;
  for (const What& what : kWhats) HB_TRY(Add(*control, what, options, a, b, drifts));
  if (drifts.empty())
    return Error{Code::kNotFound, "neither period has posts" +
                                      (options.task.empty() ? "" : " of task " + options.task)};
  PrintDrifts(drifts, "in A", "in B", options.json, "");
  return FinishOutput();
}

}  // namespace

void AddDriftCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("drift", "how the labels of two periods differ");
  auto options = std::make_shared<DriftOptions>();
  command->add_option("--a", options->a, "FROM..TO: 2024-05-01..2024-05-02T12:00Z, TO not included")
      ->required();
  command->add_option("--b", options->b, "the period to compare with it")->required();
  command->add_option("--task", options->task, "only posts that matched this task");
  command->add_flag("--json", options->json, "the report as JSON");
  command->callback([options, &context] {
    if (const Status done = Run(*options, context); !done.ok())
      context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
