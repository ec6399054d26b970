// serve/backend.h - what the server asks of the process it runs in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/chain.h"
#include "base/result.h"
#include "base/units.h"
#include "log/log.h"
#include "record/task.h"
#include "store/store.h"

namespace hb {

struct SourceStatus {
  std::string name, kind, state, detail;  ///< state: "running", "waiting", "done", "failed"
  std::uint64_t posts = 0, duplicates = 0, dead_letters = 0, redactions = 0;
  double rate = 0;  ///< posts a second over the last 10 s
  std::optional<EventTime> watermark, last_post;
  bool live = true;
  std::uint64_t rows = 0, bytes_done = 0, bytes_total = 0;  ///< progress of a finite source
};
struct StageStatus {
  std::string name;  ///< "ingest", "analyze", "window", "store"
  std::int64_t lag = 0;
  double rate = 0, busy = 0;  ///< records a second; share of one core, over the last 10 s
  std::uint64_t records = 0, batches = 0;
};
struct ModelStatus {
  std::string task, name, version;
};
struct MessageStatus {
  std::string level, text;  ///< level: "info", "warning", "error"
  EventTime since{};
};

/// The process at one moment.
struct SystemStatus {
  EventTime now{};     ///< the stream's now: wall clock when live, the watermark of a replay
  std::string mode;    ///< "live", "replay" or "done"
  bool ready = false;  ///< every stage runs and the store answers
  double uptime_s = 0;
  std::vector<SourceStatus> sources;
  std::vector<StageStatus> stages;
  std::vector<ModelStatus> models;
  std::vector<MessageStatus> messages;
  std::uint64_t posts_total = 0;
  double rate = 0;  ///< posts a second stored into the log, last 10 s
  std::uint64_t memory_bytes = 0, peak_memory_bytes = 0, log_bytes = 0, store_bytes = 0, free_bytes = 0;
};

/// The rest of the program, as the server sees it.
///
/// Threads  Any; nothing here blocks for longer than a log commit.
/// Errors   As said at each method; codes map to HTTP statuses in serve/problem.h.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual SystemStatus Snapshot() const = 0;
  [[nodiscard]] virtual std::vector<Task> Tasks() const = 0;  ///< the active ones
  /// kInvalidArgument: the tag or rule is wrong (rule/rule.h says where).
  virtual Result<Task> PutTask(const std::string& tag, const std::string& rule) = 0;
  virtual Result<Task> RemoveTask(const std::string& tag) = 0;  ///< kNotFound
  /// Feeds the raw bytes of dead letters to ingest once more; the answer is how many. `ids` are
  /// those of the store's table dead_letters; empty means all.
  virtual Result<std::uint64_t> ReplayDeadLetters(std::span<const std::string> ids) = 0;
  virtual Log& log() = 0;
  virtual SqlStore& store() = 0;
  virtual const AnalysisChain& chain() = 0;
};

}  // namespace hb
