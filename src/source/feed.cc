#include "source/feed.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hb {

namespace {
constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kItemOverhead = sizeof(FeedItem) + 32;

std::size_t CostOf(const FeedItem& item) { return item.bytes.size() + kItemOverhead; }

std::string WordsOf(const Ending& ending) {
  const char* name = EndKindName(ending.kind);
  return ending.detail.empty() ? name : fmt::format("{}: {}", name, ending.detail);
}
}  // namespace

Feed::Feed(Options options, std::unique_ptr<FeedConnection> connection, Clock& clock)
    : options_(options),
      connection_(std::move(connection)),
      clock_(clock),
      reconnect_(options.seed) {
  if (options_.heard_until != EventTime{}) {
    state_.heard = options_.heard_until;
    state_.deaf_since = options_.heard_until;
    state_.deaf_cause = "heartbeat was not running";
  }
}

Feed::~Feed() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void Feed::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "feed");
    Loop();
  });
}

void Feed::Stop() noexcept {
  stopping_ = true;
  connection_->Interrupt();
  // Waits look at stopping_ every kLook, so a notice that comes between a look and its wait is not
  // lost for longer than that.
  for (std::condition_variable_any* each : {&taken_, &came_, &turn_}) each->notify_all();
}

void Feed::Wake() {
  const MutexLock lock(mutex_);
  woken_ = true;
  turn_.notify_all();
}

void Feed::Reopen() {
  const MutexLock lock(mutex_);
  woken_ = true;
  turn_.notify_all();
  // A connection that comes later asks for the new anyway.
  if (state_.phase != FeedState::Phase::kConnecting &&
      state_.phase != FeedState::Phase::kListening) {
    return;
  }
  reopen_ = true;
  connection_->Interrupt();
}

FeedState Feed::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

bool Feed::Take(std::size_t limit, std::chrono::milliseconds wait, std::vector<FeedItem>& out) {
  MutexLock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + wait;
  while (queue_.empty() && !stopping_) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    came_.wait_for(lock, std::min<std::chrono::nanoseconds>(left, kLook));
  }
  const std::size_t count = std::min(limit, queue_.size());
  for (std::size_t i = 0; i < count; ++i) {
    state_.queued_bytes -= CostOf(queue_.front());
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (count > 0) taken_.notify_all();
  return !queue_.empty();
}

void Feed::Push(FeedItem item) {
  state_.queued_bytes += CostOf(item);
  queue_.push_back(std::move(item));
  came_.notify_one();
}

void Feed::CloseHole(EventTime now) {
  if (!state_.deaf_since) return;
  // The wall clock may have been set back meanwhile.
  Push({.kind = FeedItem::Kind::kHole,
        .at = std::max(now, *state_.deaf_since),
        .from = *state_.deaf_since,
        .bytes = std::move(state_.deaf_cause)});
  state_.deaf_since.reset();
  state_.deaf_cause.clear();
}

void Feed::NoteHeard() {
  const EventTime now = clock_.Now();
  reconnect_.Heard(clock_.Steady());
  CloseHole(now);
  state_.heard = now;
  state_.phase = FeedState::Phase::kListening;
  state_.alarm = false;
  state_.detail.clear();
}

void Feed::Alive() {
  const MutexLock lock(mutex_);
  NoteHeard();
}

bool Feed::Message(std::string_view bytes) {
  MutexLock lock(mutex_);
  NoteHeard();
  ++state_.messages;
  state_.bytes += bytes.size();
  FeedItem item{.at = state_.heard, .bytes = std::string(bytes)};
  if (!queue_.empty() && state_.queued_bytes + CostOf(item) > options_.queue_bytes) {
    ++state_.blocked;
    while (!stopping_ && !queue_.empty() &&
           state_.queued_bytes + CostOf(item) > options_.queue_bytes) {
      taken_.wait_for(lock, kLook);
    }
    // A slow reader is no silence.
    reconnect_.Heard(clock_.Steady());
  }
  if (stopping_) return false;
  Push(std::move(item));
  return true;
}

void Feed::NoteEnd(const Ending& ending, const Reconnect::Next& next, EventTime begun) {
  state_.alarm = next.alarm;
  state_.holding = ending.kind == EndKind::kNothingAsked;
  state_.capped = ending.kind == EndKind::kUsageCapped;
  state_.detail = WordsOf(ending);
  const bool heard = state_.phase == FeedState::Phase::kListening;
  if (ending.kind == EndKind::kNothingAsked) {
    // Who asks for nothing misses nothing.
    CloseHole(clock_.Now());
    state_.heard = clock_.Now();
  } else if (!state_.deaf_since) {
    state_.deaf_since = heard ? state_.heard : begun;
    state_.deaf_cause = state_.detail;
  }
  if (next.action == Reconnect::Action::kStop) {
    state_.phase = FeedState::Phase::kStopped;
    state_.stopped = ending;
    return;
  }
  state_.phase = FeedState::Phase::kWaiting;
  if (next.wait >= std::chrono::seconds(1)) {
    state_.detail += fmt::format("; next try in {} s", next.wait.count() / 1000);
  }
}

bool Feed::WaitForTurn(const Reconnect::Next& next) {
  MutexLock lock(mutex_);
  const bool hold = next.action == Reconnect::Action::kHold;
  const bool ends = !hold || next.wait > next.wait.zero();
  const auto due = clock_.Steady() + next.wait;
  while (!stopping_ && !(hold && woken_) && !(ends && clock_.Steady() >= due)) {
    turn_.wait_for(lock, kLook);
  }
  return !stopping_;
}

void Feed::Loop() {
  bool prepare = false;
  while (!stopping_) {
    {
      const MutexLock lock(mutex_);
      ++state_.connections;
      state_.phase = FeedState::Phase::kConnecting;
      state_.holding = state_.capped = false;
      woken_ = false;  // from here on the connection looks at what is asked for
    }
    const EventTime begun = clock_.Now();
    std::optional<Ending> ending;
    if (prepare) ending = connection_->Prepare();
    if (!ending && !stopping_) ending = connection_->Run(*this);
    if (stopping_ || !ending) break;
    Reconnect::Next next;
    {
      const MutexLock lock(mutex_);
      if (std::exchange(reopen_, false)) {
        *ending = {.detail = "asked for anew"};
      } else {
        next = reconnect_.Ended(*ending);
      }
      NoteEnd(*ending, next, begun);
      if (next.action == Reconnect::Action::kStop) break;
    }
    prepare = next.action == Reconnect::Action::kSync;
    if (!WaitForTurn(next)) break;
  }
  came_.notify_all();
}

}  // namespace hb
