#include "remote/remote_sentiment.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "analysis/mixed.h"
#include "base/utf8.h"

namespace hb {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

/// What one Judge waits for.
struct RemoteSentiment::Round {
  Time until;
  std::size_t open = 0;  ///< tasks not done, guarded by Shared::mutex
  Status status = Ok();  ///< of the last task that failed, guarded too
};

struct RemoteSentiment::Task {
  Round* round = nullptr;
  std::vector<std::string_view> texts;
  std::string_view lang;
  std::vector<RemoteAnswer> answers;
  std::uint64_t units = 0;
  std::string_view why_not = "failed";
  Status status = Ok();
};

struct RemoteSentiment::Shared {
  std::mutex mutex;
  std::condition_variable work, done;
  std::deque<Task*> queue;
  bool stopping = false;
  RemoteCounters counters;
  int failures = 0;  ///< in a row
  milliseconds rest{0};
  Time rests_until{};
  SplitMix64 jitter{0};
  std::vector<std::thread> threads;
};

RemoteSentiment::RemoteSentiment(Options options, std::unique_ptr<const RemoteProtocol> protocol,
                                 std::unique_ptr<UnitBudget> budget, Clock& clock)
    : options_(std::move(options)),
      protocol_(std::move(protocol)),
      budget_(std::move(budget)),
      clock_(clock),
      shared_(std::make_unique<Shared>()) {
  shared_->jitter = SplitMix64(static_cast<std::uint64_t>(clock_.Now().time_since_epoch().count()));
  for (std::size_t i = 0; i < std::clamp<std::size_t>(options_.parallel, 1, 64); ++i)
    shared_->threads.emplace_back([this] { Work(); });
}

RemoteSentiment::~RemoteSentiment() {
  Stop();
  for (std::thread& thread : shared_->threads) thread.join();
}

void RemoteSentiment::Stop() const noexcept {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->work.notify_all();
  shared_->done.notify_all();
}

RemoteCounters RemoteSentiment::counters() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->counters;
}

Status RemoteSentiment::Judge(Scratch&, std::span<SentimentQuestion> posts) const {
  // Copies (reposts are many) are asked about once.
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> known;
  std::vector<std::size_t> asked(posts.size(), SIZE_MAX);  // post -> text
  std::vector<std::pair<Task*, std::size_t>> places;       // text -> task and place in it
  std::deque<Task> tasks;                                  // that do not move
  std::map<std::string_view, Task*> open;                  // of a language, not full
  Round round;
  round.until = clock_.Steady() + options_.patience;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    SentimentQuestion& post = posts[i];
    if (post.text.empty()) {
      post.why_not = "empty";
      continue;
    }
    if (!protocol_->Reads(post.lang)) {
      post.why_not = "language";
      continue;
    }
    const std::string_view lang = protocol_->one_language() ? post.lang : std::string_view();
    const std::string_view text = CutBytes(post.text, protocol_->max_text_bytes());
    const auto [at, fresh] = known.try_emplace({text, lang}, places.size());
    asked[i] = at->second;
    if (!fresh) continue;
    Task*& task = open[lang];
    if (task == nullptr || task->texts.size() >= protocol_->batch()) {
      task = &tasks.emplace_back();
      task->round = &round;
      task->lang = lang;
    }
    places.emplace_back(task, task->texts.size());
    task->texts.push_back(text);
    task->units += protocol_->Units(text);
  }
  {
    std::unique_lock lock(shared_->mutex);
    round.open = tasks.size();
    for (Task& task : tasks) shared_->queue.push_back(&task);
    shared_->work.notify_all();
    // Each task ends by itself, soon after the round's time is over or Stop.
    shared_->done.wait(lock, [&] { return round.open == 0; });
  }
  std::uint64_t answered = 0;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    if (asked[i] == SIZE_MAX) continue;
    const auto [task, place] = places[asked[i]];
    SentimentQuestion& post = posts[i];
    post.why_not = task->why_not;
    if (place >= task->answers.size() || !task->answers[place].answered) continue;
    const RemoteAnswer& answer = task->answers[place];
    post.answered = true;
    ++answered;
    post.mixed_too = answer.mixed >= 0;
    post.score = {.neg = answer.neg,
                  .neu = answer.neu,
                  .pos = answer.pos,
                  .mixed = std::max(answer.mixed, 0)};
    post.score.label = post.score.label4 = LargestOf(answer.neg, answer.neu, answer.pos);
    if (post.score.mixed > 0) {
      post.score.label4 = LargestOf(FourWay(answer.neg, answer.neu, answer.pos, post.score.mixed));
    }
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->counters.answered += answered;
  shared_->counters.unanswered += posts.size() - answered;
  if (shared_->stopping) return Error{Code::kCancelled, name() + ": stopped"};
  return round.status;
}

void RemoteSentiment::Work() const {
  Send send;
  if (options_.connect) {
    send = options_.connect();
  } else {
    auto connection = std::make_shared<HttpConnection>();
    send = [connection](const HttpCall& call) { return connection->Perform(call); };
  }
  std::unique_lock lock(shared_->mutex);
  while (true) {
    shared_->work.wait(lock, [&] { return shared_->stopping || !shared_->queue.empty(); });
    if (shared_->queue.empty()) return;
    Task& task = *shared_->queue.front();
    shared_->queue.pop_front();
    lock.unlock();
    Run(task, send);
    lock.lock();
    if (!task.status.ok()) task.round->status = task.status;
    if (--task.round->open == 0) shared_->done.notify_all();
  }
}

bool RemoteSentiment::Rests() const {
  const std::lock_guard lock(shared_->mutex);
  return clock_.Steady() < shared_->rests_until;
}

void RemoteSentiment::Note(bool worked, milliseconds wait) const {
  const std::lock_guard lock(shared_->mutex);
  Shared& shared = *shared_;
  if (worked) {
    shared.failures = 0;
    shared.rest = milliseconds(0);
    return;
  }
  ++shared.counters.failures;
  if (++shared.failures < kFailuresToRest && wait.count() == 0) return;
  const Time now = clock_.Steady();
  if (now < shared.rests_until) return;  // another thread of the same outage
  shared.rest = std::clamp(shared.rest * 2, options_.rest, options_.max_rest);
  shared.rests_until = now + std::max(shared.rest, std::min(wait, options_.max_rest));
}

milliseconds RemoteSentiment::Pause(int attempt) const {
  const milliseconds whole =
      std::min(options_.backoff * (1 << std::min(attempt, 16)), options_.max_backoff);
  const std::lock_guard lock(shared_->mutex);
  // Between half and all of it, so that those who failed together do not come back together.
  return milliseconds(whole.count() / 2 +
                      static_cast<std::int64_t>(shared_->jitter.Unit() *
                                                static_cast<double>(whole.count() / 2 + 1)));
}

bool RemoteSentiment::Sleep(milliseconds time, Time until) const {
  if (clock_.Steady() + time >= until) return false;
  std::unique_lock lock(shared_->mutex);
  shared_->work.wait_for(lock, time, [&] { return shared_->stopping; });
  return !shared_->stopping;
}

void RemoteSentiment::Run(Task& task, const Send& send) const {
  const auto give_up = [&](Status status, std::string_view why) {
    task.status = std::move(status);
    task.why_not = why;
  };
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->stopping) return give_up(Error{Code::kCancelled, name() + ": stopped"}, "failed");
  }
  if (clock_.Steady() >= task.round->until) {
    return give_up(Error{Code::kUnavailable, name() + ": does not keep up"}, "late");
  }
  if (Rests()) {
    return give_up(Error{Code::kUnavailable, name() + ": left alone for a while, as it failed"},
                   "failed");
  }
  if (task.units > 0) {
    if (const Status taken = budget_->Take(task.units); !taken.ok()) {
      return give_up(Error{taken.error().code, name() + ": " + taken.error().message}, "budget");
    }
  }
  Status status = Ok();
  milliseconds wait{0};
  for (int attempt = 0; attempt < options_.attempts; ++attempt) {
    bool again = false;
    status = Try(task, send, again, wait);
    if (status.ok()) {
      Note(true, {});
      const std::lock_guard lock(shared_->mutex);
      shared_->counters.units += task.units;
      return;
    }
    if (!again || attempt + 1 == options_.attempts) break;
    if (!Sleep(std::max(Pause(attempt), wait), task.round->until)) break;
    const std::lock_guard lock(shared_->mutex);
    ++shared_->counters.retries;
  }
  Note(false, wait);
  if (task.units > 0) budget_->Return(task.units);
  give_up(Error{status.error().code, name() + ": " + status.error().message}, "failed");
}

Status RemoteSentiment::Try(Task& task, const Send& send, bool& again, milliseconds& wait) const {
  HttpCall call = protocol_->Request(task.texts, task.lang);
  const auto left = std::chrono::duration_cast<milliseconds>(task.round->until - clock_.Steady());
  call.timeout = std::max(std::min(options_.timeout, left), milliseconds(1));
  {
    const std::lock_guard lock(shared_->mutex);
    ++shared_->counters.calls;
  }
  Result<HttpAnswer> answer = send(call);
  wait = milliseconds(0);
  if (!answer.ok()) {
    again = answer.error().code == Code::kUnavailable;
    // What libcurl said, without the URL: a query may hold a secret.
    std::string message = answer.error().message;
    if (message.starts_with(call.url)) message.erase(0, call.url.size());
    return Error{answer.error().code, "no answer" + message};
  }
  const HttpAnswer& said = answer.value();
  if (said.status == 200) {
    task.answers.assign(task.texts.size(), {});
    std::string item_error;
    if (Status read = protocol_->Read(said.body, task.answers, item_error); !read.ok()) {
      task.answers.clear();
      return read;
    }
    const bool all = std::all_of(task.answers.begin(), task.answers.end(),
                                 [](const RemoteAnswer& one) { return one.answered; });
    if (!all) task.why_not = "refused";
    if (!all) {
      task.status =
          Error{Code::kInvalidArgument, name() + ": some texts were refused: " + item_error};
    }
    return Ok();
  }
  again = protocol_->IsTransient(said);
  std::int64_t seconds = 0;
  const char* const end = said.retry_after.data() + said.retry_after.size();
  if (const auto read = std::from_chars(said.retry_after.data(), end, seconds);
      again && read.ec == std::errc() && read.ptr == end && seconds > 0) {
    wait = milliseconds(std::min<std::int64_t>(seconds, 3600) * 1000);
  }
  if (again) {
    const std::lock_guard lock(shared_->mutex);
    ++shared_->counters.throttled;
  }
  return Error{again ? Code::kUnavailable : Code::kInvalidArgument, protocol_->Describe(said)};
}

}  // namespace hb
