// app/letter_replay.h - dead letters out of the store, into the pipeline once more.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "env/env.h"
#include "pipeline/pipeline.h"
#include "serve/backend.h"
#include "source/replay/letter_source.h"
#include "store/store.h"

namespace hb {

/// Gives dead letters to the pipeline, one replay at a time.
///
/// Threads  Any; a second replay is refused while one runs.
/// Memory   The letters of one replay, at most about kMaxBytes of them: the rest waits for the
/// next.
class LetterReplayer {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
  /// Adds a source to the pipeline.
  using AddSource = std::function<Status(std::unique_ptr<Source>)>;

  LetterReplayer(SqlStore& store, Env& env, AddSource add)
      : store_(store), env_(env), add_(std::move(add)) {}

  /// Finds the letters and queues those that can be tried. As Backend::ReplayDeadLetters, without
  /// the wait: `used` and `failed` are filled by Outcome.
  Result<LetterReplayed> Begin(const LetterReplay& replay);
  /// Waits until the outcome of the last Begin is known and can be seen in the store, at most
  /// `time`.
  void Outcome(std::chrono::milliseconds time, LetterReplayed& replayed);

 private:
  Result<std::vector<DeadLetter>> Waiting(const LetterReplay& replay);
  Status Missing(const LetterReplay& replay, const std::vector<DeadLetter>& found,
                 LetterReplayed& replayed);
  /// The last letter of the running replay has been written to the store with its outcome.
  [[nodiscard]] bool Ended() const;

  SqlStore& store_;
  Env& env_;
  const AddSource add_;
  std::mutex mutex_;
  // Of the last replay; null outcome: there was none.
  std::shared_ptr<LetterOutcome> outcome_;
  std::uint64_t queued_ = 0;
  std::string last_id_;
  std::uint32_t last_attempts_ = 0;
};

}  // namespace hb
