// POST _sql: Elasticsearch's SQL endpoint over the store's own SQL.
#include <simdjson.h>

#include <algorithm>
#include <chrono>

#include "serve/es_search.h"
#include "serve/es_sql_text.h"
#include "serve/params.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr std::int64_t kMaxFetch = 10'000;
constexpr std::chrono::milliseconds kTimeLimit{90'000};  // Elasticsearch's request_timeout default

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// What was asked, on the first page or on a later one.
struct Question {
  SqlCursor at;
  bool first = true;
};

Result<std::vector<Cell>> ParamsOf(const std::string& json) {
  std::vector<Cell> out;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json).get(list) != simdjson::SUCCESS) return Bad("[params] is a list of values");
  for (element value : list) {
    // Drivers send {"type":"keyword","value":"x"}.
    if (element inner; value.is_object() && value["value"].get(inner) == simdjson::SUCCESS)
      value = inner;
    std::string_view text;
    std::int64_t whole = 0;
    double real = 0;
    bool flag = false;
    if (value.get(text) == simdjson::SUCCESS) {
      out.emplace_back(std::string(text));
    } else if (value.get(whole) == simdjson::SUCCESS) {
      out.emplace_back(whole);
    } else if (value.get(real) == simdjson::SUCCESS) {
      out.emplace_back(real);
    } else if (value.get(flag) == simdjson::SUCCESS) {
      out.emplace_back(flag);
    } else if (value.is_null()) {
      out.emplace_back();
    } else {
      return Bad("[params] holds something that is no value");
    }
  }
  return out;
}

Result<Question> QuestionOf(const HttpRequest& request) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(request.body).get(root) != simdjson::SUCCESS || !root.is_object())
    return Bad(R"(send {"query":"SELECT ..."})");
  Question question;
  std::string_view text;
  if (root["cursor"].get(text) == simdjson::SUCCESS) {
    HB_ASSIGN(question.at, SqlCursor::Parse(text));
    question.first = false;
    return question;
  }
  if (root["query"].get(text) != simdjson::SUCCESS)
    return Bad("one of [query] or [cursor] is required");
  while (!text.empty() && (text.back() == ';' || text.back() == ' ' || text.back() == '\n' ||
                           text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  question.at.query = text;
  element part;
  if (root["fetch_size"].get(part) == simdjson::SUCCESS &&
      (part.get(question.at.fetch_size) != simdjson::SUCCESS || question.at.fetch_size < 1 ||
       question.at.fetch_size > kMaxFetch)) {
    return Bad("[fetch_size] must be from 1 to " + std::to_string(kMaxFetch));
  }
  question.at.params =
      root["params"].get(part) == simdjson::SUCCESS ? simdjson::minify(part) : "[]";
  if (root["columnar"].get(question.at.columnar) != simdjson::SUCCESS) question.at.columnar = false;
  if (root["filter"].get(part) == simdjson::SUCCESS && !part.is_null())
    return Bad("[filter] is not known here: write it as a WHERE clause");
  if (root["time_zone"].get(text) == simdjson::SUCCESS && text != "Z" && text != "UTC" &&
      text != "+00:00")
    return Bad("[time_zone] is UTC here");
  return question;
}

/// One page.
struct Page {
  std::vector<std::string> names, types;
  std::vector<Row> rows;
  std::string next;  ///< cursor; empty on the last page
};

/// SHOW TABLES in Elasticsearch's columns.
bool IsShowTables(std::string_view query) {
  std::string words;
  for (const char c : query) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
      words += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return words == "showtables";
}

Page TablesPage() {
  Page page{
      {"catalog", "name", "type", "kind"}, {"keyword", "keyword", "keyword", "keyword"}, {}, ""};
  for (const Index& index : Indexes()) {
    page.rows.push_back({std::string("heartbeat"), std::string(index.name),
                         std::string(index.name == index.table ? "TABLE" : "VIEW"),
                         std::string("INDEX")});
  }
  return page;
}

Result<Page> Ask(Question& question, const ApiContext& context) {
  const auto limit = std::max(kTimeLimit - context.waited, std::chrono::milliseconds(1));
  SqlCursor& at = question.at;
  if (IsShowTables(at.query)) return TablesPage();
  HB_ASSIGN(const std::vector<Cell> params, ParamsOf(at.params));
  const auto wanted = static_cast<std::size_t>(at.fetch_size) + 1;
  // The first page is the statement itself, so that errors point at its own columns. The line break
  // ends a comment.
  const std::string sql = question.first
                              ? at.query
                              : "SELECT * FROM (" + at.query + "\n) LIMIT " +
                                    std::to_string(wanted) + " OFFSET " + std::to_string(at.offset);
  HB_ASSIGN(SqlResult result,
            context.backend.store().Query(sql, params,
                                          {.rows = wanted, .time = limit, .texts = context.texts}));
  Page page;
  page.names = ColumnNames(at.query, result.columns);
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    page.types.emplace_back(SqlTypeName(result.columns[i].type, result.columns[i].name));
  }
  if (result.rows.size() >= wanted) {
    result.rows.resize(static_cast<std::size_t>(at.fetch_size));
    at.offset += at.fetch_size;
    page.next = "more";
  } else if (result.truncated) {
    // The answer is full before the page is: what is left comes with the next one.
    at.offset += static_cast<std::int64_t>(result.rows.size());
    page.next = "more";
  }
  page.rows = std::move(result.rows);
  return page;
}

void WriteSqlCell(const Cell& cell, std::string_view type, JsonWriter& json) {
  if (type == "datetime" && std::holds_alternative<std::string>(cell)) {
    json.Text(WithMillis(std::get<std::string>(cell)));
  } else {
    WriteCell(cell, "", json);
  }
}

std::string JsonPage(const Page& page, const Question& question) {
  JsonWriter json;
  json.Open();
  if (question.first) {
    json.Key("columns").OpenList();
    for (std::size_t i = 0; i < page.names.size(); ++i)
      json.Open().Member("name", page.names[i]).Member("type", page.types[i]).Close();
    json.CloseList();
  }
  if (question.at.columnar) {
    json.Key("values").OpenList();
    for (std::size_t i = 0; i < page.names.size(); ++i) {
      json.OpenList();
      for (const Row& row : page.rows) WriteSqlCell(row[i], page.types[i], json);
      json.CloseList();
    }
    json.CloseList();
  } else {
    json.Key("rows").OpenList();
    for (const Row& row : page.rows) {
      json.OpenList();
      for (std::size_t i = 0; i < row.size(); ++i) WriteSqlCell(row[i], page.types[i], json);
      json.CloseList();
    }
    json.CloseList();
  }
  if (!page.next.empty()) json.Member("cursor", page.next);
  json.Close();
  return json.Take();
}

/// RFC 4180: quoted where it holds the delimiter, a quote or a line break.
std::string CsvCell(const std::string& text, char delimiter) {
  if (text.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string TsvCell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t')
      out += "\\t";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string SeparatedPage(const Page& page, bool header, bool tabs, char delimiter) {
  std::string out;
  const auto line = [&](const auto& cells, const auto& text) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += delimiter;
      const std::string cell = text(i);
      out += tabs ? TsvCell(cell) : CsvCell(cell, delimiter);
    }
    out += tabs ? "\n" : "\r\n";
  };
  if (header) line(page.names, [&](std::size_t i) { return page.names[i]; });
  for (const Row& row : page.rows) {
    line(row, [&](std::size_t i) {
      return std::holds_alternative<std::monostate>(row[i]) ? std::string()
                                                            : SqlCellText(row[i], page.types[i]);
    });
  }
  return out;
}

std::string TextPage(const Page& page, Question& question) {
  std::vector<std::vector<std::string>> rows;
  for (const Row& row : page.rows) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < row.size(); ++i)
      cells.push_back(SqlCellText(row[i], page.types[i]));
    rows.push_back(std::move(cells));
  }
  return TxtPage(page.names, rows, question.first, question.at.widths);
}

/// By the parameter, else by the Accept header.
std::string FormatOf(const HttpRequest& request) {
  const std::string_view format = Param(request, "format");
  if (!format.empty()) return std::string(format);
  const auto accept = request.headers.find("accept");
  if (accept == request.headers.end()) return "json";
  for (const auto& [type, name] : {std::pair{"text/csv", "csv"},
                                   {"text/tab-separated-values", "tsv"},
                                   {"text/plain", "txt"}}) {
    if (accept->second.find(type) != std::string::npos) return name;
  }
  return "json";
}

}  // namespace

HttpResponse Sql(const HttpRequest& request, const ApiContext& context) {
  const std::string format = FormatOf(request);
  const std::string_view delimiter = Param(request, "delimiter");
  if (format != "json" && format != "txt" && format != "csv" && format != "tsv") {
    return ErrorAnswer(400, "illegal_argument_exception",
                       "Invalid format [" + format.substr(0, 40) + "]: use json, txt, csv or tsv");
  }
  if (delimiter.size() > 1 || delimiter == "\"" || delimiter == "\t" || delimiter == "\n" ||
      delimiter == "\r") {
    return ErrorAnswer(400, "illegal_argument_exception",
                       "the delimiter is one character, no quote, tab or line break");
  }
  auto question = QuestionOf(request);
  if (!question.ok()) return ErrorOf(question.error(), "parsing_exception");
  auto page = Ask(question.value(), context);
  if (!page.ok()) return ErrorOf(page.error(), "verification_exception");
  HttpResponse response;
  // The text is made first: it sets the widths that the cursor carries.
  const std::string text = format == "txt" ? TextPage(page.value(), question.value()) : "";
  if (!page.value().next.empty()) page.value().next = question.value().at.Text();
  if (format == "json") {
    response.body = JsonPage(page.value(), question.value());
    return response;
  }
  const bool header = question.value().first && Param(request, "header") != "absent";
  if (format == "txt") {
    response.content_type = "text/plain; charset=utf-8";
    response.body = text;
  } else if (format == "csv") {
    response.content_type =
        std::string("text/csv; charset=utf-8; header=") + (header ? "present" : "absent");
    response.body =
        SeparatedPage(page.value(), header, false, delimiter.empty() ? ',' : delimiter.front());
  } else {
    response.content_type = "text/tab-separated-values; charset=utf-8";
    response.body = SeparatedPage(page.value(), header, true, '\t');
  }
  if (!page.value().next.empty()) response.headers.emplace_back("Cursor", page.value().next);
  return response;
}

HttpResponse CloseSql(const HttpRequest& request) {
  simdjson::dom::parser parser;
  element root;
  std::string_view text;
  if (parser.parse(request.body).get(root) != simdjson::SUCCESS ||
      root["cursor"].get(text) != simdjson::SUCCESS) {
    return ErrorAnswer(400, "parsing_exception", R"(send {"cursor":"..."})");
  }
  const auto cursor = SqlCursor::Parse(text);
  if (!cursor.ok()) return ErrorOf(cursor.error(), "illegal_argument_exception");
  // Nothing is held for a cursor.
  HttpResponse response;
  response.body = R"({"succeeded":true})";
  return response;
}

}  // namespace hb::es
