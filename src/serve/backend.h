// serve/backend.h - what the server asks of the process it runs in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/chain.h"
#include "base/result.h"
#include "base/units.h"
#include "log/log.h"
#include "record/source_meter.h"
#include "record/task.h"
#include "serve/text_cap.h"
#include "store/store.h"

namespace hb {

struct SourceStatus {
  std::string name, kind, state, detail;  ///< state: "running", "waiting", "done", "failed"
  std::string title;                      ///< what people call it; "": the kind will do
  std::uint64_t posts = 0, duplicates = 0, dead_letters = 0, redactions = 0;
  double rate = 0;  ///< posts a second over the last 10 s
  std::optional<EventTime> watermark, last_post;
  bool live = true;
  std::uint64_t rows = 0, bytes_done = 0, bytes_total = 0;  ///< progress of a finite source
  std::optional<SourceMeter> meter;                         ///< where posts are paid for
};
struct StageStatus {
  std::string name;  ///< "ingest", "analyze", "window", "store"
  std::int64_t lag = 0;
  double rate = 0, busy = 0;  ///< records a second; share of one core, over the last 10 s
  std::uint64_t records = 0, batches = 0;
  std::uint64_t commits = 0, failed_commits = 0, rebalances = 0;
};
struct ModelStatus {
  std::string task, name, version;
};
/// What somebody else's sentiment service was asked since the start, and what it has cost.
struct RemoteStatus {
  std::string name;  ///< "comprehend/2017-11-27"
  std::uint64_t calls = 0, retries = 0, throttled = 0,
                failures = 0;                        ///< requests; batches given up
  std::uint64_t answered = 0, unanswered = 0;        ///< posts
  std::uint64_t units = 0;                           ///< since the start
  std::uint64_t month_units = 0, monthly_units = 0;  ///< this month, and its bound (0: none)
  double month_cost = 0;                             ///< dollars
};
struct MessageStatus {
  std::string level, text;  ///< level: "info", "warning", "error"
  EventTime since{};
};

/// Dead letters to be tried again.
struct LetterReplay {
  std::vector<std::string> ids;            ///< empty: all that wait
  std::optional<std::string> map, format;  ///< as --map and --format, in place of the letter's own
  std::optional<std::string> raw;          ///< these bytes in place of its own; for one id only
};
/// What came of it.
struct LetterReplayed {
  std::uint64_t queued = 0;            ///< given to ingest
  std::uint64_t used = 0, failed = 0;  ///< of those: posts now; still dead. The rest is on its way
  std::vector<std::pair<std::string, EventTime>> already;  ///< were used before, and when
  std::vector<std::string> unknown, cut;  ///< no such id; not all of its bytes were kept
};

/// What somebody wants removed everywhere.
struct ForgetRequest {
  std::vector<std::string> posts, authors;  ///< native ids
  std::string network;                      ///< "" is any
};

/// What a backfill beside this process has staged for it.
struct StagedWork {
  std::string place;                   ///< of the staging, one that the data folder knows
  std::uint64_t done = 0, failed = 0;  ///< windows that ended by now
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
  std::optional<RemoteStatus> remote;
  std::vector<MessageStatus> messages;
  std::uint64_t posts_total = 0;
  double rate = 0;  ///< posts a second stored into the log, last 10 s
  std::uint64_t memory_bytes = 0, peak_memory_bytes = 0, log_bytes = 0, store_bytes = 0,
                free_bytes = 0;
};

/// The rest of the program, as the server sees it.
///
/// Threads  Any; nothing here blocks for longer than a log commit, except where it says so.
/// Errors   As said at each method; codes map to HTTP statuses in serve/problem.h.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual SystemStatus Snapshot() const = 0;
  [[nodiscard]] virtual std::vector<Task> Tasks() const = 0;  ///< the active ones
  /// Adds a task, or gives an existing one the rule. kInvalidArgument: the tag or rule is wrong
  /// (rule/rule.h says where).
  virtual Result<Task> PutTask(const std::string& tag, const std::string& rule) = 0;
  /// Adds a task; nothing if there is one with the tag. Of several calls at once one adds it.
  virtual Result<std::optional<Task>> AddTask(const std::string& tag, const std::string& rule) = 0;
  virtual Result<Task> RemoveTask(const std::string& tag) = 0;  ///< kNotFound
  /// Feeds dead letters to ingest once more, each with the context it was kept with, and waits up
  /// to ten seconds for the outcome. kUnavailable: the replay before has not ended.
  /// kInvalidArgument: `map` or `format`.
  virtual Result<LetterReplayed> ReplayDeadLetters(const LetterReplay& replay) = 0;
  /// Redacts posts, and all posts of authors until now, as if their network had said so; returns
  /// once ingest has taken it. The answer is how many stored posts that names.
  virtual Result<std::uint64_t> Forget(const ForgetRequest& request) = 0;
  /// Takes in the windows of a staging that are done and were not taken before, with their gaps,
  /// and waits a second or two. True once as many as `work` says are in the store; false: ask
  /// again. kNotFound: no such staging. kUnavailable: it cannot be read now.
  virtual Result<bool> TakeStaged(const StagedWork& work) = 0;
  /// What `author`, an id as its network says it or as an answer gave it, is called in the store.
  [[nodiscard]] virtual std::string StoredAuthor(std::string_view author) const {
    return std::string(author);
  }
  /// How many texts of X may leave today. Null: any number.
  virtual TextCap* text_cap() { return nullptr; }
  virtual Log& log() = 0;
  virtual SqlStore& store() = 0;
  virtual const AnalysisChain& chain() = 0;
};

}  // namespace hb
