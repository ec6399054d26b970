// `heartbeat query`: SQL on the store.
#include <cstdio>
#include <memory>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/table_text.h"
#include "serve/sql_limits.h"

namespace hb {

namespace {

struct QueryOptions {
  std::string sql, format = "table", out;
  std::int64_t limit = 10'000, timeout_ms = kMaxSqlMillis;
  bool limited = false;  ///< the limit was given
};

bool IsNumeric(std::string_view type) {
  return type.find("int") != std::string_view::npos || type == "double" || type == "float" ||
         type.rfind("decimal", 0) == 0;
}

Result<std::string> TableOf(const std::string& body) {
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element answer, ParseAnswer(body, parser));
  HB_ASSIGN(const simdjson::dom::array columns, ListOf(answer, "columns"));
  HB_ASSIGN(const simdjson::dom::array rows, ListOf(answer, "rows"));
  std::vector<std::string> headings;
  std::vector<bool> right;
  for (const simdjson::dom::element column : columns) {
    headings.push_back(Member(column, "name"));
    right.push_back(IsNumeric(Member(column, "type")));
  }
  std::vector<std::vector<std::string>> cells;
  for (const simdjson::dom::element row : rows) {
    std::vector<std::string> line;
    for (const simdjson::dom::element cell : simdjson::dom::array(row))
      line.push_back(PlainText(cell));
    cells.push_back(std::move(line));
  }
  if (bool cut = false; answer["truncated"].get(cut) == simdjson::SUCCESS && cut) {
    std::fprintf(stderr, "only the first %zu rows are shown (--limit)\n", cells.size());
  }
  return TableText(headings, cells, right, 60);
}

Status Write(const std::string& bytes, const std::string& path) {
  if (path.empty() || path == "-") {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    return FinishOutput();
  }
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Error{Code::kUnavailable, path + " cannot be written"};
  const bool whole = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = std::fclose(file) == 0;
  return whole && closed ? Ok()
                         : Status(Error{Code::kExhausted, "the answer could not be written whole"});
}

Status Query(const QueryOptions& options, const CommandContext& context) {
  if (options.format == "parquet" && options.out.empty()) {
    return Error{Code::kInvalidArgument, "parquet is not for a terminal: name a file with --out"};
  }
  if (options.limited && options.format != "table") {
    return Error{Code::kInvalidArgument, "--limit is for tables; write LIMIT into the statement"};
  }
  const bool table = options.format == "table";
  if (table && options.timeout_ms > kMaxSqlMillis) {
    return Error{Code::kInvalidArgument, "--timeout-ms of a table is at most " +
                                             std::to_string(kMaxSqlMillis) +
                                             "; more only with another --format"};
  }
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  std::string body = "{\"query\":" + JsonQuote(options.sql);
  if (table) body += ",\"limit\":" + std::to_string(options.limit);
  body += ",\"timeout_ms\":" + std::to_string(options.timeout_ms) + "}";
  if (table) {
    HB_ASSIGN(const HttpResponse answer, control->Call("POST", "/api/v1/sql", body));
    HB_ASSIGN(const std::string text, TableOf(answer.body));
    return Write(text, options.out);
  }
  const std::string format = options.format == "json" ? "jsonl" : options.format;
  HB_ASSIGN(const HttpResponse answer,
            control->Call("POST", "/api/v1/sql/export?format=" + format, body));
  LogWarningOf(answer);
  return Write(answer.body, options.out);
}

}  // namespace

void AddQueryCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("query", "ask the store in SQL, also while `up` is running");
  auto options = std::make_shared<QueryOptions>();
  command->add_option("sql", options->sql, "one SELECT")->required();
  command->add_option("--format", options->format, "how to print")
      ->check(CLI::IsMember({"table", "json", "csv", "parquet"}));
  command->add_option("--out", options->out, "file to write, in place of the terminal");
  auto* limit = command->add_option("--limit", options->limit, "most rows of a table")
                    ->check(CLI::Range(std::int64_t{1}, kMaxSqlRows));
  command
      ->add_option("--timeout-ms", options->timeout_ms,
                   "time limit; of a table at most " + std::to_string(kMaxSqlMillis))
      ->check(CLI::Range(std::int64_t{1}, kMaxSqlExportMillis));
  command->callback([options, limit, &context] {
    options->limited = limit->count() > 0;
    if (const Status done = Query(*options, context); !done.ok())
      context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
