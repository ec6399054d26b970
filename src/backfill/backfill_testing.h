// backfill/backfill_testing.h - a search that knows its posts. Only for *_test.cc files.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backfill/ledger.h"
#include "backfill/search.h"
#include "backfill/staging.h"
#include "base/mutex.h"

namespace hb::backfill {

/// 2026-01-01.
inline constexpr EventTime kStart = FromMillis(1'767'225'600'000);

/// Two hours of two rules in windows of 15 minutes: 16 windows.
inline Plan TwoHours(std::uint64_t limit = 100) {
  return {.rules = {{"tea", "tea"}, {"cups", "cup"}},
          .start = kStart,
          .end = kStart + std::chrono::hours(2),
          .window = std::chrono::minutes(15),
          .limit = limit};
}

/// Gives `posts_of(window)` posts a window, ten a page, as X does.
class KnownSearch : public Search {
 public:
  /// Posts of a window: none in the first, then more and more, 30 at most.
  static std::uint64_t PostsOf(const SearchQuery& query) {
    const auto window = (query.start - kStart) / std::chrono::minutes(15);
    return static_cast<std::uint64_t>(window * 7 % 31);
  }
  static std::string IdOf(const SearchQuery& query, std::uint64_t post) {
    return std::to_string(
        (ToMillis(query.start) - 1'288'834'974'657 + static_cast<std::int64_t>(post)) << 22 |
        static_cast<std::int64_t>(query.rule.front()));
  }

  Result<SearchPage> Fetch(const SearchQuery& query) override {
    {
      const MutexLock lock(mutex_);
      ++fetched_[query.rule + std::to_string(ToMillis(query.start)) + "/" + query.token];
    }
    if (before) HB_TRY(before(query));
    if (limited.load() > 0) return SearchPage{.retry_after = std::chrono::milliseconds(limited)};
    const std::uint64_t from = query.token.empty() ? 0 : std::stoull(query.token.substr(1));
    const std::uint64_t to =
        std::min(PostsOf(query), from + std::min<std::uint64_t>(10, query.most));
    SearchPage page{.body = {},
                    .next_token = to < PostsOf(query) ? fmt::format("t{}", to) : "",
                    .posts = to - from};
    std::string data;
    for (std::uint64_t post = from; post < to; ++post) {
      data += fmt::format(
          "{}{{\"id\":\"{}\",\n\"text\":\"{} number {}\",\"edit_history_tweet_ids\":[\"{}\"]}}",
          data.empty() ? "" : ",", IdOf(query, post), query.rule, post, IdOf(query, post));
    }
    page.body =
        fmt::format("{{\"data\":[{}],\r\n\"meta\":{{\"result_count\":{}}}}}", data, to - from);
    return page;
  }
  Result<SearchCount> Count(const SearchQuery& query) override {
    return SearchCount{.posts = PostsOf(query)};
  }
  /// How often each page was asked for.
  [[nodiscard]] std::map<std::string, int> fetched() const {
    const MutexLock lock(mutex_);
    return fetched_;
  }

  std::function<Status(const SearchQuery&)> before;  ///< an error in place of the page
  std::atomic<std::int64_t> limited{0};              ///< milliseconds of a rate limit

 private:
  mutable Mutex mutex_;
  std::map<std::string, int> fetched_ HB_GUARDED_BY(mutex_);
};

/// In memory, and full after so many objects were put.
class MemoryStaging : public Staging {
 public:
  Status Put(std::string_view name, std::string_view bytes) override {
    const MutexLock lock(mutex_);
    if (puts_left == 0) return Error{Code::kExhausted, "no space left"};
    --puts_left;
    objects_.insert_or_assign(std::string(name), std::string(bytes));
    return Ok();
  }
  Result<std::string> Get(std::string_view name) override {
    const MutexLock lock(mutex_);
    const auto found = objects_.find(name);
    if (found == objects_.end()) return Error{Code::kNotFound, std::string(name) + " is not there"};
    return found->second;
  }
  void Remove(std::string_view name) {
    const MutexLock lock(mutex_);
    objects_.erase(std::string(name));
  }
  Result<std::vector<std::string>> List(std::string_view prefix) override {
    const MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, bytes] : objects_) {
      if (name.starts_with(prefix)) names.push_back(name);
    }
    return names;
  }

  std::size_t puts_left = 1'000'000;

 private:
  Mutex mutex_;
  std::map<std::string, std::string, std::less<>> objects_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::backfill
