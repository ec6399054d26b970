#include "app/x_backfill_search.h"

#include <algorithm>
#include <utility>

namespace hb {

namespace {

/// A rate limit that says nothing of its end.
constexpr std::chrono::milliseconds kUnknownLimit{60'000};

/// What an error means for a backfill: a wait, or the error itself.
template <typename Answer>
Result<Answer> AnswerOf(const XSearch& search, const Error& error) {
  if (error.code != Code::kExhausted) return error;
  Answer answer;
  answer.retry_after = search.retry_after().count() > 0 ? search.retry_after() : kUnknownLimit;
  return answer;
}

}  // namespace

std::unique_ptr<XSearch> XBackfillSearch::Borrow() {
  const MutexLock lock(mutex_);
  std::unique_ptr<XSearch> search;
  if (idle_.empty()) {
    search = std::make_unique<XSearch>(access_, clock_);
  } else {
    search = std::move(idle_.back());
    idle_.pop_back();
  }
  if (interrupted_) search->Interrupt();
  busy_.push_back(search.get());
  return search;
}

void XBackfillSearch::GiveBack(std::unique_ptr<XSearch> search) {
  const MutexLock lock(mutex_);
  std::erase(busy_, search.get());
  idle_.push_back(std::move(search));
}

void XBackfillSearch::Interrupt() noexcept {
  const MutexLock lock(mutex_);
  interrupted_ = true;
  for (XSearch* search : busy_) search->Interrupt();
}

XSearch::Ask XBackfillSearch::AskOf(const backfill::SearchQuery& query) const {
  // The bounds of X's parameter max_results.
  const std::uint64_t most = whole_archive_ ? 500 : 100;
  return {.query = query.rule,
          .start = query.start,
          .end = query.end,
          .page_size = static_cast<int>(std::clamp<std::uint64_t>(query.most, 10, most)),
          .next_token = query.token,
          .whole_archive = whole_archive_};
}

Result<backfill::SearchPage> XBackfillSearch::Fetch(const backfill::SearchQuery& query) {
  auto search = Borrow();
  auto found = search->Search(AskOf(query));
  auto page = found.ok() ? Result<backfill::SearchPage>(backfill::SearchPage{
                               .body = std::move(found.value().body),
                               .next_token = std::move(found.value().next_token),
                               .posts = static_cast<std::uint64_t>(found.value().posts)})
                         : AnswerOf<backfill::SearchPage>(*search, found.error());
  GiveBack(std::move(search));
  return page;
}

Result<backfill::SearchCount> XBackfillSearch::Count(const backfill::SearchQuery& query) {
  auto search = Borrow();
  const auto counted = search->Count(AskOf(query));
  auto count = counted.ok() ? Result<backfill::SearchCount>(backfill::SearchCount{
                                  .posts = static_cast<std::uint64_t>(counted.value())})
                            : AnswerOf<backfill::SearchCount>(*search, counted.error());
  GiveBack(std::move(search));
  return count;
}

}  // namespace hb
