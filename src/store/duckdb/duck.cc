#include "store/duckdb/duck.h"

#include <simdjson.h>

#include <charconv>

namespace hb::duck {

Problem ParseProblem(std::string_view text) {
  Problem problem;
  const std::size_t brace = text.find("{\"exception_type\"");
  if (brace == std::string_view::npos) {
    problem.message = std::string(text);
    return problem;
  }
  simdjson::dom::parser parser;
  const simdjson::padded_string json(text.substr(brace));
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) {
    problem.message = std::string(text);
    return problem;
  }
  std::string_view value;
  if (object["exception_type"].get(value) == simdjson::SUCCESS) problem.kind = std::string(value);
  if (object["exception_message"].get(value) == simdjson::SUCCESS) {
    problem.message = std::string(value);
  }
  if (object["position"].get(value) == simdjson::SUCCESS) {
    std::int64_t position = -1;
    const auto [at, error] = std::from_chars(value.data(), value.data() + value.size(), position);
    if (error == std::errc()) problem.position = position;
  }
  return problem;
}

Error WriterError(std::string_view what, std::string_view text) {
  const Problem problem = ParseProblem(text);
  const auto has = [&](std::string_view part) {
    return problem.message.find(part) != std::string::npos;
  };
  Code code = Code::kUnavailable;
  if (has("No space left") || has("File too large") || has("Disk quota") ||
      has("max_temp_directory_size")) {
    code = Code::kExhausted;
  } else if (has("invalidated")) {
    code = Code::kUnavailable;  // The engine gave up after an earlier fault; a reopen cures it.
  } else if (has("orrupt") || has("checksum") || problem.kind == "Serialization") {
    code = Code::kCorrupt;
  } else if (problem.kind == "INTERRUPT") {
    code = Code::kCancelled;
  } else if (problem.kind == "Parser" || problem.kind == "Binder" || problem.kind == "Catalog" ||
             problem.kind == "Invalid Input" || problem.kind == "INTERNAL") {
    code = Code::kInternal;
  }
  return Error{code, "duckdb, " + std::string(what) + ": " + problem.message};
}

Status Run(duckdb_connection connection, const std::string& sql) {
  QueryResult result;
  if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) {
    const char* text = duckdb_result_error(result.get());
    return WriterError(std::string_view(sql).substr(0, 60), text == nullptr ? "failed" : text);
  }
  return Ok();
}

Result<QueryResult> Ask(duckdb_connection connection, const std::string& sql) {
  QueryResult result;
  if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) {
    const char* text = duckdb_result_error(result.get());
    return WriterError(std::string_view(sql).substr(0, 60), text == nullptr ? "failed" : text);
  }
  return result;
}

Result<std::int64_t> AskInt(duckdb_connection connection, const std::string& sql) {
  HB_ASSIGN(QueryResult result, Ask(connection, sql));
  return duckdb_value_int64(result.get(), 0, 0);
}

std::string Quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

}  // namespace hb::duck
