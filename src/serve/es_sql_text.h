// serve/es_sql_text.h - what Elasticsearch's SQL answers look like: names of columns, texts,
// cursors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace hb::es {

/// The items of the first SELECT list of `sql`, as they are written, without blanks around them.
/// Empty if the statement does not begin with SELECT. Knows quotes, comments and parentheses.
std::vector<std::string> SelectItems(std::string_view sql);

/// Elasticsearch's names of the columns: an expression without an alias is called as it is written
/// ("count(*)").
std::vector<std::string> ColumnNames(std::string_view sql, const std::vector<SqlColumn>& columns);

/// Elasticsearch's name for a type of ours, for a column of that name: "long", "double", "text",
/// "keyword", "datetime" ...
std::string_view SqlTypeName(std::string_view type, std::string_view column);

/// A cell as Elasticsearch's text formats write it: "null", "1.5", "2016-08-01T00:00:00.000Z".
std::string SqlCellText(const Cell& cell, std::string_view type);
/// "2016-08-01T00:00:00Z" with milliseconds, as Elasticsearch has them.
std::string WithMillis(std::string_view time);

/// format=txt: with `widths` empty they are found from this page and set; later pages are cut to
/// them.
std::string TxtPage(const std::vector<std::string>& names,
                    const std::vector<std::vector<std::string>>& rows, bool header,
                    std::vector<std::int64_t>& widths);

/// The bytes of a base64 text; nothing if it is none.
std::optional<std::string> FromBase64(std::string_view text);

/// Where a statement's next page begins. Everything needed is in the text; it says nothing that the
/// asker did not send.
struct SqlCursor {
  std::string query;
  std::string params;  ///< JSON list
  std::int64_t offset = 0, fetch_size = 1000;
  bool columnar = false;
  std::vector<std::int64_t> widths;
  [[nodiscard]] std::string Text() const;
  /// kInvalidArgument: not one of ours.
  static Result<SqlCursor> Parse(std::string_view text);
};

}  // namespace hb::es
