// serve/es_scroll.h - going on where a page of hits ended: search_after and scroll.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "serve/es_index.h"
#include "serve/rows.h"

namespace hb::es {

/// One criterion of a sort.
struct Sort {
  const Field* field = nullptr;  ///< null: order of the index
  bool descending = false;
};

/// What makes an order total: two hits are never equal in all of these.
std::vector<Sort> TieBreakers(const Index& index);

/// Adds " AND (...)": hits that come after `values` in the order of `sorts`, NULL last. Criteria
/// without a field have a value too, which is not looked at.
/// kInvalidArgument: not as many values as criteria, or one that does not fit its field.
Status AddAfter(const std::vector<Sort>& sorts, simdjson::dom::array values, EventTime now,
                Statement& out);

/// A scroll: the search, and the sort values of the last hit given. It ends with what was there
/// when it began, however fast more comes. Everything needed is in the text, which says nothing
/// that the asker did not send or was not given; nothing is held for it.
struct ScrollState {
  std::string index, body;
  std::map<std::string, std::string> query;  ///< of the address
  std::string after;                         ///< JSON list; "" before the first hit
  std::int64_t total = 0, now_ms = 0;
  std::int64_t until_ms = 0;  ///< of what came later nothing is given, by Index::since
  [[nodiscard]] std::string Text() const;
  /// kInvalidArgument: not one of ours.
  static Result<ScrollState> Parse(std::string_view text);
};

}  // namespace hb::es
