#include "backfill/fetcher.h"

#include <algorithm>
#include <utility>

namespace hb::backfill {

namespace {
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::minutes kLongestWait{5};
}  // namespace

Fetcher::Fetcher(Options options, Ledger& ledger, Staging& staging, Search& search, Clock& clock)
    : options_(options),
      ledger_(ledger),
      staging_(staging),
      search_(search),
      clock_(clock),
      working_(options.parallel) {}

void Fetcher::Start() {
  for (std::size_t i = 0; i < options_.parallel; ++i) {
    threads_.emplace_back([this] {
      Work();
      --working_;
    });
  }
}

void Fetcher::Stop() noexcept {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Status Fetcher::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

FetchProgress Fetcher::GetProgress() const {
  FetchProgress progress;
  progress.totals = ledger_.GetTotals();
  progress.requests = requests_;
  const MutexLock lock(mutex_);
  progress.limited = std::max(
      std::chrono::milliseconds(0),
      std::chrono::duration_cast<std::chrono::milliseconds>(limited_until_ - clock_.Steady()));
  return progress;
}

void Fetcher::Work() {
  while (!stopping_) {
    const std::optional<std::size_t> index = ledger_.Take();
    if (!index) return;
    const Status fetched = FetchWindow(*index);
    if (fetched.ok()) continue;
    if (fetched.error().code == Code::kCancelled) return;
    // What cannot be staged need not be fetched: nobody goes on.
    const MutexLock lock(mutex_);
    if (status_.ok()) status_ = fetched;
    stopping_ = true;
    return;
  }
}

bool Fetcher::Sleep(std::chrono::milliseconds wait) {
  const auto until = clock_.Steady() + wait;
  while (!stopping_ && clock_.Steady() < until) std::this_thread::sleep_for(kLook);
  return !stopping_;
}

bool Fetcher::WaitForLimit() {
  while (!stopping_) {
    {
      const MutexLock lock(mutex_);
      if (clock_.Steady() >= limited_until_) return true;
    }
    std::this_thread::sleep_for(kLook);
  }
  return false;
}

void Fetcher::Limit(std::chrono::milliseconds wait) {
  const MutexLock lock(mutex_);
  limited_until_ = std::max(limited_until_, clock_.Steady() + wait);
}

Status Fetcher::Failed(std::size_t index, const Error& error, Window& window) {
  window.error = error.message;
  ++window.tries;
  if (error.code != Code::kUnavailable || window.tries >= options_.tries) {
    window.state = WindowState::kFailed;
    return ledger_.Save(index, window);
  }
  const std::chrono::milliseconds wait = std::min<std::chrono::milliseconds>(
      options_.first_wait * (1 << (window.tries - 1)), kLongestWait);
  return Sleep(wait) ? Ok() : Status(Error{Code::kCancelled, "stopping"});
}

Status Fetcher::FetchWindow(std::size_t index) {
  Window window = ledger_.Get(index);
  const Plan& plan = ledger_.plan();
  while (window.state == WindowState::kRunning) {
    if (!WaitForLimit()) return Error{Code::kCancelled, "stopping"};
    if (options_.count && !window.expected) {
      ++requests_;
      const auto count = search_.Count({.rule = plan.rules[window.rule].rule,
                                        .start = window.start,
                                        .end = window.end,
                                        .most = 0,
                                        .token = {}});
      if (!count.ok()) {
        HB_TRY(Failed(index, count.error(), window));
        continue;
      }
      if (count.value().retry_after.count() > 0) {
        Limit(count.value().retry_after);
        continue;
      }
      window.expected = count.value().posts;
    }
    HB_TRY(FetchPage(index, window));
  }
  return Ok();
}

Status Fetcher::FetchPage(std::size_t index, Window& window) {
  const Plan& plan = ledger_.plan();
  ++requests_;
  auto fetched = search_.Fetch({.rule = plan.rules[window.rule].rule,
                                .start = window.start,
                                .end = window.end,
                                .most = plan.limit - window.fetched,
                                .token = window.token});
  if (!fetched.ok()) return Failed(index, fetched.error(), window);
  SearchPage& page = fetched.value();
  if (page.retry_after.count() > 0) {
    Limit(page.retry_after);
    return Ok();
  }
  if (page.posts > 0) {
    // One line a page: a line break in JSON can only be a blank between its parts.
    std::replace(page.body.begin(), page.body.end(), '\n', ' ');
    std::replace(page.body.begin(), page.body.end(), '\r', ' ');
    HB_TRY(staging_.Put(ledger_.PageName(index, window.pages), page.body + "\n"));
    ++window.pages;
    window.fetched += page.posts;
  }
  window.token = std::move(page.next_token);
  window.tries = 0;
  window.error.clear();
  if (window.token.empty() || window.fetched >= plan.limit) window.state = WindowState::kDone;
  return ledger_.Save(index, window);
}

}  // namespace hb::backfill
