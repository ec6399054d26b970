// /api/v1/sql, /api/v1/schema
#include "serve/answer.h"
#include "serve/export_file.h"
#include "serve/params.h"
#include "serve/router.h"
#include "serve/rows.h"
#include "serve/sql_limits.h"
#include "serve/statement_problem.h"

namespace hb {

namespace {

Result<std::int64_t> Bounded(const JsonBody& body, std::string_view name, std::int64_t fallback,
                             std::int64_t high) {
  simdjson::dom::element element;
  if (body.root()[name].get(element) != simdjson::SUCCESS || element.is_null()) return fallback;
  const auto value = body.Int(name);
  if (value && *value >= 1 && *value <= high) return *value;
  return Error{Code::kInvalidArgument,
               std::string(name) + " is not a whole number from 1 to " + std::to_string(high)};
}

struct Question {
  std::string query;
  std::int64_t limit = 0, timeout_ms = 0;
};
/// What is asked for when the body does not say it, and at most.
struct Bounds {
  std::int64_t rows, max_rows, millis, max_millis;
};
constexpr Bounds kAnswer = {1000, kMaxSqlRows, 10'000, kMaxSqlMillis};
constexpr Bounds kExport = {kMaxSqlExportRows, kMaxSqlExportRows, kMaxSqlExportMillis,
                            kMaxSqlExportMillis};
Result<Question> QuestionOf(const HttpRequest& request, const Bounds& bounds) {
  JsonBody body;
  HB_TRY(body.Parse(request));
  Question question;
  auto query = body.Text("query");
  if (!query)
    return Error{Code::kInvalidArgument,
                 R"(the body has no text "query"; send {"query":"SELECT count(*) FROM posts"})"};
  question.query = *std::move(query);
  HB_ASSIGN(question.limit, Bounded(body, "limit", bounds.rows, bounds.max_rows));
  HB_ASSIGN(question.timeout_ms, Bounded(body, "timeout_ms", bounds.millis, bounds.max_millis));
  return question;
}

/// What a column holds, for those whose name does not say it.
struct Help {
  std::string_view table, column, help;
};
constexpr Help kHelp[] = {
    {"posts", "id", "the network's own id"},
    {"posts", "key", "64-bit key of the id"},
    {"posts", "time", "the post's own time, UTC"},
    {"posts", "arrival", "when the store got it; retention counts from here"},
    {"posts", "task", "first task whose rule matched, '' for none"},
    {"posts", "tasks", "all tasks whose rules matched"},
    {"posts", "lang", "language as analysis found it"},
    {"posts", "word", "the text without links, mentions and special characters"},
    {"posts", "kind", "post, repost, reply or quote"},
    {"posts", "neg", "neg + neu + pos = 1"},
    {"posts", "mixed", "both poles strong, 0 to 1, beside the three"},
    {"posts", "label", "the largest of neg, neu, pos"},
    {"posts", "label4", "the same, or mixed"},
    {"posts", "polarity", "-1 to 1"},
    {"posts", "subjectivity", "0 to 1"},
    {"posts", "hashtags", "case folded, without #"},
    {"posts", "models", "which models made the results"},
    {"windows", "task", "'*' counts all posts"},
    {"windows", "window_size", "1m, 15m, 1h"},
    {"windows", "neg", "average; weigh by posts to sum windows"},
    {"windows", "negative", "posts by label"},
    {"windows", "negative4", "posts by label4"},
    {"windows", "completeness", "share of the window that was listened to"},
    {"windows", "final", "the allowed lateness has passed"},
    {"windows", "revision", "rises with every change"},
    {"dead_letters", "raw", "the bytes as they came"},
};

}  // namespace

HttpResponse PostSql(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_ASSIGN(const Question question, QuestionOf(request, kAnswer));
  const std::chrono::milliseconds limit(question.timeout_ms);
  const auto turn = StatementGate::Wait(context.gate, limit);
  if (!turn.ok()) return ComeAgain(ProblemOf(turn.error()));
  const auto left = turn.value().LeftOf(limit);
  const auto answer = context.backend.store().Query(
      question.query, {}, {.rows = static_cast<std::size_t>(question.limit), .time = left});
  if (!answer.ok())
    return StatementProblem(answer.error(), turn.value(), limit,
                            std::chrono::milliseconds(kMaxSqlMillis));
  const SqlResult& result = answer.value();
  JsonWriter json;
  json.Open().Key("columns").OpenList();
  for (const SqlColumn& column : result.columns)
    json.Open().Member("name", column.name).Member("type", column.type).Close();
  json.CloseList().Key("rows").OpenList();
  for (const Row& row : result.rows) {
    json.OpenList();
    for (std::size_t i = 0; i < row.size(); ++i) WriteCell(row[i], result.columns[i].type, json);
    json.CloseList();
  }
  json.CloseList()
      .Key("truncated")
      .Bool(result.truncated)
      .Key("seconds")
      .Number(result.seconds)
      .Close();
  return JsonAnswer(json);
}

HttpResponse ExportSql(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_ASSIGN(const Question question, QuestionOf(request, kExport));
  HttpResponse response =
      ExportAnswer(Statement(question.query), Param(request, "format"), "heartbeat-query",
                   {.rows = static_cast<std::size_t>(question.limit),
                    .time = std::chrono::milliseconds(question.timeout_ms)},
                   context);
  return response;
}

HttpResponse GetSchema(const HttpRequest&, const ApiContext& context) {
  const auto answer =
      Statement(
          "SELECT c.table_name, t.table_type, c.column_name, lower(c.data_type) FROM information_schema.columns c "
          "JOIN information_schema.tables t USING (table_schema, table_name) WHERE c.table_schema = 'main' "
          "ORDER BY t.table_type, c.table_name, c.ordinal_position")
          .Ask(context.backend.store());
  if (!answer.ok()) return ProblemOf(answer.error());
  JsonWriter json;
  json.Open().Key("tables").OpenList();
  std::string_view table;
  for (const Row& row : answer.value().rows) {
    if (TextAt(row, 0) != table) {
      if (!table.empty()) json.CloseList().Close();
      table = TextAt(row, 0);
      json.Open()
          .Member("name", table)
          .Member("kind", TextAt(row, 1) == "VIEW" ? "view" : "table")
          .Key("columns")
          .OpenList();
    }
    json.Open().Member("name", TextAt(row, 2)).Member("type", TextAt(row, 3));
    for (const Help& help : kHelp) {
      if (help.table == table && help.column == TextAt(row, 2)) json.Member("help", help.help);
    }
    json.Close();
  }
  if (!table.empty()) json.CloseList().Close();
  json.CloseList().Close();
  return JsonAnswer(json);
}

}  // namespace hb
