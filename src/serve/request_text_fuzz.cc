// The small languages of requests: targets, times, cursors of both kinds, search terms, SQL
// statements whose columns are named.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "serve/es_sql_text.h"
#include "serve/params.h"
#include "serve/post_query.h"
#include "serve/request_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto time = hb::ParseTime(text); time.ok()) {
    // What was understood is written so that it is understood again.
    const auto again = hb::ParseTime(hb::IsoTime(time.value()));
    if (!again.ok() || again.value() != time.value()) std::abort();
  }
  if (const auto cursor = hb::PostCursor::Parse(text); cursor.ok()) {
    const auto again = hb::PostCursor::Parse(cursor.value().Text());
    if (!again.ok() || again.value().time_ms != cursor.value().time_ms ||
        again.value().key != cursor.value().key)
      std::abort();
  }
  if (const auto cursor = hb::es::SqlCursor::Parse(text); cursor.ok()) {
    const auto again = hb::es::SqlCursor::Parse(cursor.value().Text());
    if (!again.ok() || again.value().query != cursor.value().query ||
        again.value().offset != cursor.value().offset)
      std::abort();
  }
  hb::HttpRequest request;
  hb::ParseTarget(text, request);
  if (request.path.size() > size) std::abort();  // Decoding never makes more of it.
  (void)hb::ParseSearch(text);
  const auto items = hb::es::SelectItems(text);
  std::vector<hb::SqlColumn> columns(items.size(), hb::SqlColumn{"count_star()", "bigint"});
  if (hb::es::ColumnNames(text, columns).size() != columns.size()) std::abort();
  std::vector<std::int64_t> widths;
  (void)hb::es::TxtPage({text}, {{text}, {"x"}}, true, widths);
  (void)hb::es::WithMillis(text);
  return 0;
}
