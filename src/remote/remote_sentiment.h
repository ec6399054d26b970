// remote/remote_sentiment.h - sentiment by somebody else's service.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "analysis/sentiment_model.h"
#include "base/mutex.h"
#include "base/split_mix.h"
#include "env/env.h"
#include "net/http_client.h"
#include "remote/protocol.h"
#include "remote/unit_budget.h"

namespace hb {

/// What a service was asked and said since the start.
struct RemoteCounters {
  std::uint64_t calls = 0;       ///< HTTP requests, repeated ones too
  std::uint64_t retries = 0;     ///< of those, repeated
  std::uint64_t throttled = 0;   ///< answers that say to come later
  std::uint64_t failures = 0;    ///< batches given up
  std::uint64_t answered = 0;    ///< posts
  std::uint64_t unanswered = 0;  ///< posts left to our own models
  std::uint64_t units = 0;       ///< paid for
};

/// Asks in batches, several at once, each again after a while if it may help. A service that keeps
/// failing is left alone for a while, longer each time, so that posts do not wait for it.
///
/// Lifecycle  Made with its threads; destroyed after its Scratches. Stop ends a Judge at once.
/// Threads    Const methods from any thread. At most Options::parallel requests at a time, whoever
///            asks.
/// Memory     What Judge was given, once more.
/// Errors     Judge: why something was left unanswered: kUnavailable, kExhausted (the budget),
///            kInvalidArgument (the service refuses), kCancelled after Stop. Never says a secret.
class RemoteSentiment : public SentimentModel {
 public:
  using Send = std::function<Result<HttpAnswer>(const HttpCall&)>;
  struct Options {
    std::size_t parallel = 4;                    ///< requests at a time, 1 to 64
    std::chrono::milliseconds timeout{5'000};    ///< of a request
    std::chrono::milliseconds patience{20'000};  ///< of a Judge, however many posts it has
    int attempts = 4;                            ///< of a batch, the first included
    std::chrono::milliseconds backoff{200};      ///< before the second attempt, then twice as long
    std::chrono::milliseconds max_backoff{5'000};
    std::chrono::milliseconds rest{1'000};  ///< after kFailuresToRest, then twice as long
    std::chrono::milliseconds max_rest{60'000};
    double unit_price = 0;  ///< in dollars, for people
    /// Makes what sends the requests of one thread; empty: HttpConnection.
    std::function<Send()> connect{};
  };
  static constexpr int kFailuresToRest = 3;

  /// `clock` outlives it.
  RemoteSentiment(Options options, std::unique_ptr<const RemoteProtocol> protocol,
                  std::unique_ptr<UnitBudget> budget, Clock& clock);
  ~RemoteSentiment() override;

  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<Scratch>();
  }
  Status Judge(Scratch& scratch, std::span<SentimentQuestion> posts) const override;
  [[nodiscard]] const std::string& name() const override { return protocol_->name(); }
  [[nodiscard]] bool answers_all() const override { return false; }
  void Stop() const noexcept override;

  [[nodiscard]] RemoteCounters counters() const;
  [[nodiscard]] const UnitBudget& budget() const { return *budget_; }
  [[nodiscard]] double unit_price() const { return options_.unit_price; }

 private:
  struct Round;  ///< one Judge
  struct Task;   ///< one request of it
  /// Shared by const methods: threads, their queue, and how the service is.
  struct Shared;

  void Work() const;
  void Run(Task& task, const Send& send) const;
  /// One attempt. `wait`: how long the service asks to be left alone, 0 if it does not say.
  Status Try(Task& task, const Send& send, bool& again, std::chrono::milliseconds& wait) const;
  [[nodiscard]] std::chrono::milliseconds Pause(int attempt) const;
  /// False once stopped or late.
  bool Sleep(std::chrono::milliseconds time, std::chrono::steady_clock::time_point until) const;
  [[nodiscard]] bool Rests() const;
  void Note(bool worked, std::chrono::milliseconds wait) const;

  const Options options_;
  const std::unique_ptr<const RemoteProtocol> protocol_;
  const std::unique_ptr<UnitBudget> budget_;
  Clock& clock_;
  const std::unique_ptr<Shared> shared_;
};

}  // namespace hb
