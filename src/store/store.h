// store/store.h - where results live and are asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/aggregate.h"
#include "record/analysis_batch.h"
#include "record/dead_letter.h"
#include "record/gap.h"
#include "record/redaction.h"
#include "record/task.h"
#include "record/trend.h"

namespace hb {

/// The next offset to be read from a partition, stored with the rows that came before it.
struct StoreOffset {
  std::string topic;
  Partition partition{};
  Offset next{};
};

/// Everything of one commit. Rows and offsets become visible together. Spans are only read during
/// the call.
struct StoreWrite {
  std::span<const std::shared_ptr<const AnalysisBatch>> analyses{};
  std::span<const Aggregate> aggregates{};  ///< partials; replaces those with the same key and a
                                            ///< lower revision
  /// More of them, in the batches in which they came.
  std::span<const std::shared_ptr<const std::vector<Aggregate>>> aggregate_batches{};
  std::span<const Redaction> redactions{};
  std::span<const DeadLetter> dead{};
  std::span<const Task> tasks{};
  std::span<const Trend> trends{};
  std::span<const Gap> gaps{};  ///< replaces those of the same source and begin; windows follow
  std::span<const StoreOffset> offsets{};
};

/// Where results go.
///
/// Lifecycle    Built by the catalogue, Open once, then used, then destroyed.
/// Threads      Write, Prune: one thread at a time. Everything else: any thread.
/// Delivery     Effectively once: rows and offsets commit together.
/// Durability   A Write that returned ok survives a power cut.
/// Errors       kUnavailable: repeat the same Write. kExhausted: disk full, nothing was written,
///              repeat later. kCorrupt: stop.
class Store {
 public:
  virtual ~Store() = default;
  virtual Status Open() = 0;
  virtual Result<std::vector<StoreOffset>> Offsets() = 0;
  virtual Status Write(const StoreWrite& write) = 0;
  /// Drops posts, windows, trends, gaps and dead letters that arrived before `arrived_before`, and
  /// rewrites what must be gone from the disk (redacted posts).
  virtual Status Prune(EventTime arrived_before) = 0;
  [[nodiscard]] virtual std::int64_t DiskBytes() const = 0;
};

/// One cell of an answer. Times are text in ISO 8601 UTC, lists and structs are JSON text.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct SqlColumn {
  std::string name;
  std::string type;  ///< SQL type name, lower case: "bigint", "double", "varchar", "timestamp",
                     ///< "boolean", "json"
};
struct SqlResult {
  std::vector<SqlColumn> columns;
  std::vector<std::vector<Cell>> rows;
  bool truncated = false;  ///< the row limit was reached
  double seconds = 0;
};
/// Asked for each text of a post of X that an answer is about to give away.
///
/// Threads  Any.
class TextGate {
 public:
  virtual ~TextGate() = default;
  /// `post` is Hash64 of the post's text; what is made of the text counts as the text.
  virtual bool Allows(std::uint64_t post) = 0;
};
struct SqlLimits {
  std::size_t rows = 10'000;
  std::chrono::milliseconds time{10'000};
  /// Where it says no, NULL stands in place of the text. Null: every text is given. What counts as
  /// a text is a value that equals the text of a post of X, or its words; one that a statement has
  /// changed is not recognised.
  TextGate* texts = nullptr;
};

/// A store that can be asked in SQL. Tables and views: docs/formats/store.md.
///
/// Threads  Any number of queries at once, beside Write.
class SqlStore : public Store {
 public:
  /// One read-only statement with positional parameters ($1, $2, ...). It reaches no file and no
  /// network. kInvalidArgument: not valid, not read-only or not allowed; the message is for the
  /// user. kTimedOut: the time limit passed. kExhausted: it needs more memory than it may have.
  /// kCancelled: StopStatements was called.
  virtual Result<SqlResult> Query(std::string_view sql, std::span<const Cell> parameters,
                                  const SqlLimits& limits) = 0;
  /// Writes the answer, up to `limits.rows` rows of it, to `path` as "csv", "json" (one object a
  /// line) or "parquet". For our own code only: `path` never comes from a user of the HTTP API.
  /// Also kExhausted: the disk is too full to go on.
  virtual Status Export(std::string_view sql, std::span<const Cell> parameters,
                        std::string_view format, const std::string& path,
                        const SqlLimits& limits) = 0;
  /// Ends all statements of Query and Export within moments, and refuses later ones: nobody is left
  /// to be answered. Everything else goes on.
  virtual void StopStatements() = 0;
};

}  // namespace hb
