// serve/post_query.h - finding posts in the store, newest first.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/http.h"
#include "serve/params.h"
#include "serve/router.h"
#include "serve/rows.h"

namespace hb {

/// What is looked for in texts: "a b", "\"a b\" -c".
struct SearchTerm {
  std::string text;
  bool without = false;
};
/// Splits at blanks; quotes hold a phrase together, a '-' in front takes it out. kInvalidArgument:
/// too many terms, or an open quote.
Result<std::vector<SearchTerm>> ParseSearch(std::string_view text);

/// Place in the order (time, key), newest first: what comes after it is older. "1700000000000.-42".
struct PostCursor {
  std::int64_t time_ms = 0;
  std::int64_t key = 0;
  [[nodiscard]] std::string Text() const;
  static Result<PostCursor> Parse(std::string_view text);
};

/// kNotFound: no rule, post or window ever had the task. A tag that is "" or "*" is none.
Status CheckTask(std::string_view tag, const ApiContext& context);

/// The filters of a request, as conditions on `posts`; each begins with " AND ".
///
/// Errors  kInvalidArgument: a value that no post can have; the message says which there are.
///         kNotFound: as CheckTask.
Result<Statement> PostConditions(const HttpRequest& request, const ApiContext& context);

/// `tag` as the store has it: without '#', case folded as hashtags of posts are.
std::string FoldHashtag(std::string_view tag, const ApiContext& context);

/// What a search gave.
struct FoundPosts {
  std::vector<Row> rows;           ///< kPostColumns
  std::optional<PostCursor> next;  ///< where to go on; nothing: everything was seen
  EventTime scanned_to{};          ///< everything newer was looked at
  bool complete = true;            ///< false: the deadline cut it
};

/// Goes through the posts in [range.from, range.to) from the newest back, in slices of time, until
/// `limit` are found or `deadline` has passed, so that a search that was cut can go on from `next`.
Result<FoundPosts> FindPosts(SqlStore& store, const Statement& conditions, const TimeRange& range,
                             const std::optional<PostCursor>& cursor, std::size_t limit,
                             std::chrono::milliseconds deadline);

/// The bounds of `posts`; nothing if there are none.
Result<std::optional<TimeRange>> PostSpan(SqlStore& store);

}  // namespace hb
