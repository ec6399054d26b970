// Elasticsearch queries: compiled to SQL, whatever they are. What a query says never becomes part
// of the statement's text.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "serve/es_query.h"
#include "serve/es_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto check = [](const hb::Result<hb::Statement>& made) {
    if (!made.ok()) return;
    // Every "$n" has its parameter, and none is left over unseen.
    const std::string& sql = made.value().text();
    std::size_t highest = 0;
    for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$', at + 1)) {
      highest = std::max<std::size_t>(highest, std::strtoull(sql.c_str() + at + 1, nullptr, 10));
    }
    if (highest != made.value().parameters().size()) std::abort();
    // Only what this folder writes: no quote of a user can be in it, so quotes come in pairs and no
    // comment begins.
    if (sql.find("--") != std::string::npos || sql.find(';') != std::string::npos) std::abort();
  };
  for (const hb::es::Index& index : hb::es::Indexes()) {
    check(hb::es::QueryStringCondition(index, text, false, hb::FromMillis(1'700'000'000'000)));
    simdjson::dom::parser parser;
    simdjson::dom::element query;
    if (parser.parse(text).get(query) == simdjson::SUCCESS)
      check(hb::es::QueryCondition(index, query, hb::FromMillis(1'700'000'000'000)));
  }
  (void)hb::es::ParseDate(text, hb::FromMillis(0));
  return 0;
}
