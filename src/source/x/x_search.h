// source/x/x_search.h - posts of the past, page by page.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "source/x/x_client.h"

namespace hb {

/// Asks X for posts of the past, or for how many there are.
/// https://docs.x.com/x-api/posts/search/introduction
///
/// Threads  Interrupt: any, any time; it makes the request under way, or the next one, end at once.
///          The others: one.
/// Errors   kExhausted: a rate limit; the same request after retry_after(). kUnavailable: a passing
///          fault; again after retry_after() or a wait of one's own. kInvalidArgument: this request
///          can never succeed; last_ending() tells a usage cap, last_status() a missing
///          permission from a mistake in the query. kCancelled: interrupted.
///          kCorrupt: the answer is no page.
class XSearch {
 public:
  struct Ask {
    std::string query;       ///< a rule; self-serve accounts: at most 512 characters
    EventTime start{};       ///< rounded down to the second; 0: as far back as X allows
    EventTime end{};         ///< rounded up to the second, at least 10 s ago; 0: until now
    std::string since_id{};  ///< posts after this one; not together with `start`
    int page_size = 100;     ///< 10 to 100, of the whole archive to 500
    std::string next_token{};
    bool whole_archive = false;  ///< else of the last 7 days
  };
  struct Page {
    std::string body;        ///< as it came: for JsonPosts
    std::string next_token;  ///< "" behind the last page
    std::string newest_id;
    std::int64_t posts = 0;
  };

  XSearch(XAccess access, Clock& clock) : client_(std::move(access), clock) {}

  /// One page, newest posts first.
  Result<Page> Search(const Ask& ask);
  /// How many posts there are from `ask.start` to `ask.end`, by adding up pages of counts.
  /// `granularity`: "minute", "hour" or "day". Its rows are appended to `rows`, if it is not null.
  Result<std::int64_t> Count(const Ask& ask, std::string_view granularity = "minute",
                             std::vector<XCount>* rows = nullptr);

  /// After an error: how long the server asks us to wait; 0 if it does not say.
  [[nodiscard]] std::chrono::milliseconds retry_after() const { return ending_.retry_after; }
  /// After an error: what it was; nothing of an earlier one.
  [[nodiscard]] const Ending& last_ending() const { return ending_; }
  [[nodiscard]] int last_status() const { return status_; }  ///< of HTTP; 0: no answer
  void Interrupt() noexcept { client_.Interrupt(); }

 private:
  Error Failed(const XClient::Answer& answer);

  XClient client_;
  XAnswers answers_;
  XVocabulary vocabulary_ = XVocabulary::kTweet;
  Ending ending_;
  int status_ = 0;
};

/// True if the server refuses the name of the parameter that asks for fields, as it does when it
/// has changed from tweets to posts.
bool RefusesVocabulary(const HttpStreamEnd& end, const XProblem& problem, XVocabulary vocabulary);

}  // namespace hb
