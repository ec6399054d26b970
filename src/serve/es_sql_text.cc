#include "serve/es_sql_text.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "serve/base64.h"
#include "serve/json_writer.h"

namespace hb::es {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// End of the quoted text or comment that begins at `at`; `at` itself if none does.
std::size_t SkipQuoted(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  if (c == '\'' || c == '"') {
    const std::size_t end = sql.find(c, at + 1);
    return end == std::string_view::npos ? sql.size() : end + 1;
  }
  if (sql.substr(at, 2) == "--") return std::min(sql.find('\n', at), sql.size());
  if (sql.substr(at, 2) == "/*") {
    const std::size_t end = sql.find("*/", at + 2);
    return end == std::string_view::npos ? sql.size() : end + 2;
  }
  return at;
}

/// The last word of an item, without its quotes: its alias or its column's name.
std::string LastWord(std::string_view item) {
  if (item.empty()) return "";
  if (item.back() == '"') {
    const std::size_t begin = item.rfind('"', item.size() - 2);
    return begin == std::string_view::npos || item.size() < 2
               ? ""
               : std::string(item.substr(begin + 1, item.size() - begin - 2));
  }
  std::size_t begin = item.size();
  while (begin > 0 && IsWord(item[begin - 1])) --begin;
  return std::string(item.substr(begin));
}

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The first `count` code points.
std::string_view Cut(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size()) {
    if ((text[at] & 0xC0) != 0x80 && count-- == 0) break;
    ++at;
  }
  return text.substr(0, at);
}

int DigitOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> FromBase64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const int digit = DigitOf(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::vector<std::string> SelectItems(std::string_view sql) {
  std::size_t at = 0;
  const auto skip_blank = [&] {
    while (at < sql.size()) {
      if (IsBlank(sql[at])) {
        ++at;
      } else if (sql[at] == '-' || sql[at] == '/') {
        const std::size_t end = SkipQuoted(sql, at);
        if (end == at) break;
        at = end;
      } else {
        break;
      }
    }
  };
  const auto take_word = [&](std::string_view word) {
    skip_blank();
    if (!SameWord(sql.substr(at, word.size()), word) ||
        (at + word.size() < sql.size() && IsWord(sql[at + word.size()])))
      return false;
    at += word.size();
    return true;
  };
  if (!take_word("select")) return {};
  if (!take_word("distinct")) take_word("all");
  std::vector<std::string> items;
  std::size_t begin = at;
  int depth = 0;
  const auto end_item = [&](std::size_t end) {
    items.emplace_back(Trim(sql.substr(begin, end - begin)));
  };
  while (at < sql.size()) {
    const std::size_t quoted = SkipQuoted(sql, at);
    if (quoted != at) {
      at = quoted;
      continue;
    }
    const char c = sql[at];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      end_item(at);
      begin = at + 1;
    }
    const bool word_begins = IsWord(c) && (at == 0 || !IsWord(sql[at - 1]));
    const bool ends =
        depth == 0 && (c == ';' || (word_begins && SameWord(sql.substr(at, 4), "from") &&
                                    (at + 4 == sql.size() || !IsWord(sql[at + 4]))));
    if (ends) break;
    ++at;
  }
  end_item(at);
  return items;
}

std::vector<std::string> ColumnNames(std::string_view sql, const std::vector<SqlColumn>& columns) {
  std::vector<std::string> names;
  for (const SqlColumn& column : columns) names.push_back(column.name);
  const std::vector<std::string> items = SelectItems(sql);
  // With a star the items cannot be told apart.
  if (items.size() != columns.size()) return names;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].empty() && items[i].back() != '*' && !SameWord(LastWord(items[i]), names[i]))
      names[i] = items[i];
  }
  return names;
}

std::string_view SqlTypeName(std::string_view type, std::string_view column) {
  if (type == "tinyint") return "byte";
  if (type == "smallint" || type == "utinyint") return "short";
  if (type == "integer" || type == "usmallint") return "integer";
  if (type == "bigint" || type == "uinteger" || type == "hugeint" || type == "ubigint" ||
      type == "uhugeint")
    return "long";
  if (type == "double" || type.rfind("decimal", 0) == 0) return "double";
  if (type == "float") return "float";
  if (type == "boolean") return "boolean";
  if (type.rfind("timestamp", 0) == 0) return "datetime";
  if (type == "date" || type == "time") return type;
  if (type == "\"null\"" || type == "null") return "null";
  for (const std::string_view text : {"word", "content", "sentiment_analysis"}) {
    if (column == text) return "text";
  }
  return "keyword";
}

std::string WithMillis(std::string_view time) {
  // "2016-08-01T00:00:00Z", "...00.123Z" or "...00.123456Z"
  if (time.size() < 20 || time.back() != 'Z') return std::string(time);
  std::string_view fraction =
      time[19] == '.' ? time.substr(20, time.size() - 21) : std::string_view();
  std::string digits(fraction.substr(0, 3));
  digits.resize(3, '0');
  return std::string(time.substr(0, 19)) + "." + digits + "Z";
}

std::string SqlCellText(const Cell& cell, std::string_view type) {
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&cell)) {
    if (!std::isfinite(*real))
      return std::isnan(*real) ? "NaN" : *real < 0 ? "-Infinity" : "Infinity";
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, *real).ptr;
    std::string out(text, end);
    // As Java writes a double.
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
  }
  if (const auto* text = std::get_if<std::string>(&cell))
    return type == "datetime" ? WithMillis(*text) : *text;
  return "null";
}

// After Elasticsearch's BasicFormatter (x-pack/plugin/sql/sql-action): no column is narrower than
// 15; the heading is centred; a value that does not fit the width of the first page is cut and ends
// with '~'.
std::string TxtPage(const std::vector<std::string>& names,
                    const std::vector<std::vector<std::string>>& rows, bool header,
                    std::vector<std::int64_t>& widths) {
  constexpr std::int64_t kMinWidth = 15;
  if (widths.size() != names.size()) {
    widths.clear();
    for (const std::string& name : names)
      widths.push_back(std::max<std::int64_t>(kMinWidth, static_cast<std::int64_t>(Width(name))));
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], static_cast<std::int64_t>(Width(row[i])));
    }
  }
  std::string out;
  const auto blanks = [](std::int64_t count) {
    return std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
  };
  if (header) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += '|';
      const std::int64_t space = widths[i] - static_cast<std::int64_t>(Width(names[i]));
      out += blanks(space / 2) + names[i] + blanks(space - space / 2);
    }
    out += '\n';
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += '+';
      out += std::string(static_cast<std::size_t>(widths[i]), '-');
    }
    out += '\n';
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += '|';
      // Line breaks would break the table.
      std::string value = row[i];
      std::replace(value.begin(), value.end(), '\n', ' ');
      const std::int64_t space = widths[i] - static_cast<std::int64_t>(Width(value));
      if (space < 0) {
        out += std::string(Cut(value, static_cast<std::size_t>(widths[i]) - 1)) + "~";
      } else {
        out += value + blanks(space);
      }
    }
    out += '\n';
  }
  return out;
}

std::string SqlCursor::Text() const {
  JsonWriter json;
  json.Open()
      .Member("q", query)
      .Member("p", params)
      .Key("o")
      .Int(offset)
      .Key("n")
      .Int(fetch_size)
      .Key("c")
      .Bool(columnar);
  json.Key("w").OpenList();
  for (const std::int64_t width : widths) json.Int(width);
  json.CloseList().Close();
  return Base64(json.Take());
}

Result<SqlCursor> SqlCursor::Parse(std::string_view text) {
  const Error bad{
      Code::kInvalidArgument,
      "the cursor is not one that was given here; take it unchanged from the page before"};
  const auto json = FromBase64(text);
  if (!json) return bad;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(*json).get(root) != simdjson::SUCCESS) return bad;
  SqlCursor cursor;
  std::string_view query, params;
  simdjson::dom::array widths;
  if (root["q"].get(query) != simdjson::SUCCESS || root["p"].get(params) != simdjson::SUCCESS ||
      root["o"].get(cursor.offset) != simdjson::SUCCESS ||
      root["n"].get(cursor.fetch_size) != simdjson::SUCCESS ||
      root["c"].get(cursor.columnar) != simdjson::SUCCESS ||
      root["w"].get(widths) != simdjson::SUCCESS) {
    return bad;
  }
  cursor.query = query;
  cursor.params = params;
  for (const simdjson::dom::element width : widths) {
    std::int64_t value = 0;
    // A width that nobody was given would make long lines of blanks.
    if (width.get(value) != simdjson::SUCCESS || value < 15 || value > 100'000 ||
        cursor.widths.size() >= 1000)
      return bad;
    cursor.widths.push_back(value);
  }
  if (cursor.offset < 0 || cursor.offset > 10'000'000 || cursor.fetch_size < 1 ||
      cursor.fetch_size > 10'000)
    return bad;
  return cursor;
}

}  // namespace hb::es
