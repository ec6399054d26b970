#include "store/duckdb/sql_guard.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace hb::duck {

namespace {

constexpr std::size_t kMaxSqlBytes = 64 * 1024;

// Table functions that make rows out of their arguments, or show the catalogue. Everything else
// (files, `query`, `query_table`, checkpoints, logs, settings with paths) is refused.
constexpr std::array<std::string_view, 21> kTableFunctions = {"unnest",
                                                              "range",
                                                              "generate_series",
                                                              "json_each",
                                                              "json_tree",
                                                              "repeat",
                                                              "repeat_row",
                                                              "summary",
                                                              "histogram",
                                                              "histogram_values",
                                                              "duckdb_columns",
                                                              "duckdb_tables",
                                                              "duckdb_views",
                                                              "duckdb_functions",
                                                              "duckdb_types",
                                                              "duckdb_schemas",
                                                              "duckdb_keywords",
                                                              "pragma_table_info",
                                                              "pragma_version",
                                                              "sql_auto_complete",
                                                              "regexp_split_to_table"};

constexpr std::array<std::string_view, 6> kLengthFunctions = {
    "repeat", "lpad", "rpad", "bitstring", "range", "generate_series"};
constexpr int kMaxMadeLength = 1'000'000;

constexpr std::array<std::string_view, 4> kSchemas = {"", "main", "information_schema",
                                                      "pg_catalog"};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error Refuse(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

std::string TextOf(simdjson::dom::object object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? Lower(value) : std::string();
}

/// One call can make a text or a list of some GiB, and does not look up while it does.
Status CheckLength(const simdjson::dom::object& function) {
  const std::string name = TextOf(function, "function_name");
  if (!Contains(kLengthFunctions, name)) return Ok();
  simdjson::dom::array children;
  if (function["children"].get(children) != simdjson::SUCCESS) return Ok();
  for (const simdjson::dom::element child : children) {
    double value = 0;
    if (child.at_pointer("/value/value").get(value) == simdjson::SUCCESS &&
        value > kMaxMadeLength) {
      return Refuse(name + " makes at most " + std::to_string(kMaxMadeLength) + " values");
    }
  }
  return Ok();
}

/// Looks at every node of the parse tree.
Status CheckNode(simdjson::dom::element element) {
  if (element.is_array()) {
    for (const simdjson::dom::element child : simdjson::dom::array(element))
      HB_TRY(CheckNode(child));
    return Ok();
  }
  if (!element.is_object()) return Ok();
  const simdjson::dom::object object = element;
  const std::string type = TextOf(object, "type");
  if (type == "base_table" || type == "show_ref") {
    const std::string schema = TextOf(object, "schema_name");
    const std::string catalog = TextOf(object, "catalog_name");
    if (!Contains(kSchemas, schema) || catalog == "internal") {
      return Refuse("schema \"" + schema + "\" is not open to queries");
    }
  }
  if (type == "function") HB_TRY(CheckLength(object));
  if (type ==
      "table_function") {  // makes its rows one chunk after another: no bound on their number
    simdjson::dom::object function;
    std::string name;
    if (object["function"].get(function) == simdjson::SUCCESS)
      name = TextOf(function, "function_name");
    if (!Contains(kTableFunctions, name)) {
      return Refuse("table function " + name +
                    " is not allowed: queries read the tables of this store only");
    }
  }
  for (const simdjson::dom::key_value_pair field : object) {
    simdjson::dom::element child = field.value;
    if (type == "table_function" && field.key == "function") {
      if (child.at_key("children").get(child) != simdjson::SUCCESS) continue;
    }
    HB_TRY(CheckNode(child));
  }
  return Ok();
}

/// Asks DuckDB for the parse tree of a SELECT and checks it.
Status CheckTree(duckdb_connection connection, std::string_view sql) {
  Prepared prepared;
  if (duckdb_prepare(connection, "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR",
                     prepared.out()) != DuckDBSuccess) {
    return Error{Code::kInternal, "the parse tree is not to be had"};
  }
  duckdb_bind_varchar_length(prepared.get(), 1, sql.data(), sql.size());
  QueryResult result;
  if (duckdb_execute_prepared(prepared.get(), result.get()) != DuckDBSuccess) {
    return UserError(sql, duckdb_result_error(result.get()));
  }
  const Chunk chunk = result.Next();
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) != 1) {
    return Error{Code::kInternal, "the parse tree is not to be had"};
  }
  const simdjson::padded_string json(View(Values<duckdb_string_t>(chunk, 0)[0]));
  simdjson::dom::parser parser;
  simdjson::dom::element tree;
  if (parser.parse(json).get(tree) != simdjson::SUCCESS)
    return Refuse("the statement is nested too deeply");
  bool failed = false;
  if (tree["error"].get(failed) != simdjson::SUCCESS || failed) {
    return Refuse(
        "only statements that read are allowed: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, "
        "SUMMARIZE, EXPLAIN");
  }
  return CheckNode(tree);
}

/// Takes `word` off the start of `sql`, if it is there. Blanks may stand before it, but no
/// comments: DuckDB nests them, and what it runs must be what was checked.
bool TakeWord(std::string_view& sql, std::string_view word) {
  const std::size_t at = std::min(sql.find_first_not_of(" \t\r\n"), sql.size());
  if (Lower(sql.substr(at, word.size())) != word) return false;
  const std::size_t end = at + word.size();
  if (end < sql.size() &&
      (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_')) {
    return false;
  }
  sql.remove_prefix(end);
  return true;
}

}  // namespace

Error UserError(std::string_view sql, std::string_view text) {
  const Problem problem = ParseProblem(text);
  Code code = Code::kInvalidArgument;
  if (problem.kind == "INTERRUPT") code = Code::kCancelled;
  if (problem.kind == "Out of Memory") code = Code::kExhausted;
  if (problem.kind == "IO" || problem.kind == "FATAL") code = Code::kUnavailable;
  std::string message;
  if (problem.position >= 0 && static_cast<std::size_t>(problem.position) <= sql.size()) {
    const std::string_view before = sql.substr(0, static_cast<std::size_t>(problem.position));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto column = 1 + std::count_if(before.begin() + static_cast<std::ptrdiff_t>(start),
                                          before.end(), [](char c) { return (c & 0xC0) != 0x80; });
    message = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
  }
  return Error{code, message + problem.message};
}

Result<Prepared> PrepareUserSql(duckdb_connection connection, std::string_view sql) {
  if (sql.size() > kMaxSqlBytes) {
    return Refuse("the statement has " + std::to_string(sql.size()) + " bytes, at most " +
                  std::to_string(kMaxSqlBytes) + " are read");
  }
  if (sql.find('\0') != std::string_view::npos) return Refuse("the statement holds a NUL byte");
  const std::string text(sql);
  Extracted statements;
  const idx_t count = duckdb_extract_statements(connection, text.c_str(), statements.out());
  if (count == 0) {
    const char* error = duckdb_extract_statements_error(statements.get());
    if (error != nullptr && *error != '\0') return UserError(sql, error);
    return Refuse("the statement is empty");
  }
  if (count > 1) return Refuse("one statement at a time: " + std::to_string(count) + " were given");

  // EXPLAIN [ANALYZE] has no parse tree to ask for; what it explains has one. Options in
  // parentheses are refused by that: the rest would have to be found by a parser of our own.
  std::string_view inner = sql;
  const bool explains = TakeWord(inner, "explain");
  if (explains) TakeWord(inner, "analyze");
  HB_TRY(CheckTree(connection, inner));

  Prepared prepared;
  if (duckdb_prepare_extracted_statement(connection, statements.get(), 0, prepared.out()) !=
      DuckDBSuccess) {
    const char* error = duckdb_prepare_error(prepared.get());
    return UserError(sql, error == nullptr ? "the statement cannot be prepared" : error);
  }
  const duckdb_statement_type type = duckdb_prepared_statement_type(prepared.get());
  if (type != DUCKDB_STATEMENT_TYPE_EXPLAIN && (explains || type != DUCKDB_STATEMENT_TYPE_SELECT)) {
    return Refuse("only statements that read are allowed");
  }
  return prepared;
}

}  // namespace hb::duck
