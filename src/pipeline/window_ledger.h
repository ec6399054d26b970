// pipeline/window_ledger.h - what the window stage keeps in the log's state, and how.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "record/aggregate.h"
#include "window/trend_detector.h"
#include "window/window_engine.h"

namespace hb {

/// Aggregates of one commit, with the arena in which their lists lie.
struct WindowBatch {
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory;
  std::vector<Aggregate> aggregates;
};

/// Windows: each as it was last committed, whole, under its key, with the offset of `analysis`
/// before which it holds all records; which are not final; and up to where records were counted at
/// all.
///
/// A sparse replay closes thousands of tiny windows in one commit. Those go into blocks of
/// neighbours, one value a block, because a value costs the log more than such a window does. A
/// window may then stand in its block and, revised later, under its key: the higher revision
/// counts.
///
/// Threads  One (the window stage's).
/// Errors   What the log gives; kCorrupt: a state cannot be read.
class WindowLedger {
 public:
  /// Keys a map keeps in a record on `windows`; the state keeps all. A map that was cut says that
  /// it is approximate, and keeps the most frequent, so that the top lists of a few partitions
  /// still merge well.
  static constexpr std::size_t kMaxRecordKeys = 2000;
  /// Windows of a size whose starts have the same quotient by this are of one block.
  static constexpr std::int64_t kBlockWindows = 64;

  explicit WindowLedger(Log& log) : log_(log) {}
  /// True if `partition` has no window yet.
  Result<bool> IsFresh(Partition partition);
  /// kNotFound: there is none.
  Result<StoredWindow> Load(Partition partition, const AggregateKey& key);
  Status LoadOpen(Partition partition, std::vector<AggregateKey>& open);
  /// Puts `changed`, in the order of keys, into the state, and gives the records for `windows`.
  /// They hold the records of `analysis` before `included`.
  Result<std::shared_ptr<const RecordBatch>> Write(Transaction& transaction, Partition partition,
                                                   WindowBatch changed, Offset included);
  /// Next record of `analysis` to be counted. A restart counts those before it again, in the
  /// windows that miss them. `processed`: what the log says, to which earlier programs did not tell
  /// it.
  Result<Offset> Counted(Partition partition, Offset processed);
  /// Which records of `analysis` count in windows of which size, in the order in which sizes came;
  /// empty if that was never written.
  Result<std::vector<SizeSpan>> Spans(Partition partition);
  static void WriteSpans(Transaction& transaction, Partition partition,
                         const std::vector<SizeSpan>& spans);

 private:
  Status WriteStates(Transaction& transaction, Partition partition,
                     const std::vector<Aggregate>& aggregates, const RecordBatch& batch,
                     Offset included);
  Status WriteBlock(Transaction& transaction, Partition partition,
                    const std::vector<Aggregate>& aggregates, const RecordBatch& batch,
                    std::span<const std::uint32_t> windows, Offset included);
  Result<StoredWindow> LoadFromBlock(Partition partition, const AggregateKey& key);

  Log& log_;
  // Reused.
  std::string key_, value_;
  std::vector<std::uint32_t> closed_;
  std::map<std::uint32_t, std::string> whole_;  ///< state of those whose record was cut
};

/// Trends: the detector's state as it was at some commit, and the journals of the commits since.
///
/// Threads  One (the window stage's).
class TrendLedger {
 public:
  explicit TrendLedger(Log& log) : log_(log) {}
  /// Brings a new detector to where the last commit left it.
  Status Load(TrendDetector& detector);
  /// Writes what the detector did since the last commit; now and then all of it.
  void Write(Transaction& transaction, const TrendDetector& detector);
  /// After the commit of what Write wrote.
  void Committed(TrendDetector& detector);

 private:
  void WriteWhole(Transaction& transaction, const TrendDetector& detector);

  Log& log_;
  std::uint64_t first_ = 0, next_ = 0;  ///< journals that are kept
  std::size_t journal_bytes_ = 0, saved_bytes_ = 0;
  std::uint32_t chunks_ = 0;  ///< of the saved state
};

}  // namespace hb
