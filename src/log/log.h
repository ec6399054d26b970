// log/log.h - the durable log every stage reads from and writes to.
//
// The words are Kafka's, and so are the promises: a topic has partitions, a partition is a sequence
// of records with ascending offsets, a consumer group has one committed offset a partition, and a
// transaction makes outputs, state and consumed offsets visible together or not at all. The
// embedded log and the Kafka log implement the same classes; tests/conformance runs the same cases
// on each.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/columns.h"

namespace hb {

/// Decoded form of a batch, kept beside its bytes while they are in memory, so that a stage of the
/// same process need not decode what another has just written. Derived classes are private to the
/// stages that agree on them (pipeline/payload.h). Immutable.
class Payload {
 public:
  Payload() = default;
  Payload(const Payload&) = delete;
  Payload& operator=(const Payload&) = delete;
  virtual ~Payload() = default;
  [[nodiscard]] virtual std::size_t memory() const = 0;  ///< Bytes held, for the cache's bound.
};

/// Records for one partition, as columns.
struct RecordBatch {
  std::vector<std::uint64_t> keys;
  std::vector<EventTime> timestamps;  ///< event time of each record
  StringColumn values;                ///< Avro; an empty value is a tombstone
  std::shared_ptr<const Payload> native;
  void Append(std::uint64_t key, EventTime time, std::string_view value) {
    keys.push_back(key);
    timestamps.push_back(time);
    values.Append(value);
  }
  [[nodiscard]] std::size_t size() const { return keys.size(); }
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::int64_t retention_ms = -1;     ///< by arrival; -1: for ever
  std::int64_t retention_bytes = -1;  ///< for the whole topic; -1: no bound
  bool compacted = false;             ///< see Log::Compact
  /// Transaction::Blank is used on it. A log that can only blank by key needs to know beforehand.
  bool blankable = false;
};

struct PartitionInfo {
  Partition partition{};
  Offset begin{}, end{};   ///< records kept: [begin, end)
  std::int64_t bytes = 0;  ///< estimate of bytes stored
};
struct TopicInfo {
  TopicSpec spec;
  std::vector<PartitionInfo> partitions;
};
struct GroupOffset {
  std::string group, topic;
  Partition partition{};
  Offset committed{};  ///< next offset to be read after a restart
  /// Records before it were worked in; never before `committed`. The lag of a group is what lies
  /// behind it, as a consumer of Kafka reports its lag by its position.
  Offset processed{};
};

/// A record that is no record of ours: its key or its value cannot be read. It stays where it is;
/// whoever reads it keeps it as a dead letter and goes on.
struct BadRecord {
  static constexpr std::size_t kKept = std::size_t{64} << 10;  ///< most of `bytes`
  std::size_t row = 0;                                         ///< of the batch's records
  std::string cause;                                           ///< for people
  std::string bytes;     ///< the value as it lies in the log, cut after kKept
  std::size_t size = 0;  ///< bytes of the whole value
};

/// One appended batch, or the part of it that was asked for. `records` is shared and immutable.
/// Records [first_row, records->size()) have offsets base + row. Blanked records have an empty
/// value.
struct FetchedBatch {
  std::string topic;
  Partition partition{};
  Offset base{};              ///< offset of row 0 of `records`
  std::size_t first_row = 0;  ///< rows before it had been consumed already
  EventTime arrival{};        ///< when the batch was appended, by the log's clock
  bool blanked = false;       ///< some value was blanked after it was written: `native` is null
  std::shared_ptr<const RecordBatch> records;
  /// Rows of `records`, ascending, that others wrote and that cannot be read: their value is empty
  /// there. A log that only heartbeat writes has none.
  std::vector<BadRecord> bad{};
  [[nodiscard]] Offset end() const {
    return Advance(base, static_cast<std::int64_t>(records->size()));
  }
};

/// What a consumer may see. A stage whose outputs go back to the same log may run ahead of the
/// disk, because one write-ahead log keeps the order; one that writes elsewhere (a store) must not.
enum class Visibility { kAppended, kDurable };

/// Reads partitions of topics for a group.
///
/// Threads  One thread at a time; Stop from any.
/// Errors   kCancelled after Stop; kUnavailable: repeat; kCorrupt: a checksum failed.
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// Appends up to about `max_bytes` of values (at least one batch if any is there), in offset
  /// order within each partition, waiting up to `wait` for the first. Nothing appended is an ok
  /// answer.
  virtual Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
                      std::vector<FetchedBatch>& out) = 0;
  /// Next offset that Poll gives for that partition. Requires: it is assigned.
  virtual Status Seek(const std::string& topic, Partition partition, Offset offset) = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, Partition>> Assignment() const = 0;
  /// Another number after each change of the assignment. Only Poll changes it: what a Poll gives is
  /// of partitions that are assigned at its return, new ones from their committed offset on, and
  /// whoever finds another number than before drops what it holds of partitions that are gone. A
  /// log that divides partitions by slots has one assignment for ever.
  [[nodiscard]] virtual std::uint64_t Generation() const { return 0; }
  /// Records not yet read by Poll, summed over the assignment.
  [[nodiscard]] virtual std::int64_t Lag() const = 0;
  virtual void Stop() noexcept = 0;
};

/// Outputs, state and consumed offsets that become visible together.
///
/// Lifecycle  From Log::Begin; Commit or destroy (which aborts).
/// Threads    One thread at a time.
class Transaction {
 public:
  virtual ~Transaction() = default;
  /// Appends `batch` to a partition. Offsets are given at Commit. The batch is kept until then.
  virtual Status Append(const std::string& topic, Partition partition,
                        std::shared_ptr<const RecordBatch> batch) = 0;
  /// Sets the group's next offset of a partition.
  void CommitOffset(const std::string& group, const std::string& topic, Partition partition,
                    Offset next) {
    CommitOffsets(group, topic, partition, next, next);
  }
  /// The same where outputs may lack what was worked in: a restart reads from `next` on, and
  /// records before `processed` are no lag (on Kafka it goes into the offset's metadata).
  /// Requires: next <= processed.
  virtual void CommitOffsets(const std::string& group, const std::string& topic,
                             Partition partition, Offset next, Offset processed) = 0;
  /// Writes a value of the state `store` (a changelog on Kafka); an empty value deletes.
  virtual void PutState(std::string_view store, Partition partition, std::string_view key,
                        std::string_view value) = 0;
  /// Replaces the values at `offsets` by empty ones; offsets stay. Keys stay.
  virtual Status Blank(const std::string& topic, Partition partition,
                       std::span<const Offset> offsets) = 0;
  /// All or nothing. Returns a mark for Log::WaitDurable. kExhausted: the disk or the budget is
  /// full and nothing was written; the transaction may be committed again later, as after
  /// kUnavailable. kAborted: this transaction is over, because a consumer whose offsets are in it
  /// lost a partition or the log gave it up; nearly always nothing of it was written. Drop what was
  /// worked out, Poll, and go on from the committed offsets and states, which say what holds.
  /// kCancelled: a later Begin-er has the producer's name; this one must end.
  virtual Result<std::uint64_t> Commit() = 0;
};

/// A record found by its key.
struct FoundRecord {
  Offset offset{};
  std::uint64_t key = 0;
  std::string value;
};

/// A durable log.
///
/// Threads     Every method may run on several threads at once.
/// Durability  A committed transaction survives a crash of the process at once, and a power cut
///             after at most the sync interval; WaitDurable waits for that. What is lost in a power
///             cut is always a suffix of the commits.
/// Errors      kExhausted: disk or budget full. kCorrupt: a block failed its checksum.
class Log {
 public:
  virtual ~Log() = default;
  /// Makes the topic, or checks that it is there with the same partition count (kInvalidArgument).
  /// Retention is updated.
  virtual Status EnsureTopic(const TopicSpec& spec) = 0;
  virtual Result<std::vector<TopicInfo>> Topics() = 0;
  virtual Result<std::vector<GroupOffset>> GroupOffsets() = 0;
  /// Of one group; none is an ok answer. For who goes on from there: a list of all may leave out a
  /// group while the server that has it starts.
  virtual Result<std::vector<GroupOffset>> OffsetsOf(const std::string& group) {
    auto offsets = GroupOffsets();
    if (offsets.ok())
      std::erase_if(offsets.value(), [&](const GroupOffset& at) { return at.group != group; });
    return offsets;
  }

  /// Joins `group` on all partitions of `topics` (the embedded log divides them among the consumers
  /// of a group that share a `slot` count: this one takes the partitions p with p % slots == slot).
  /// Starts at the committed offset, else at the first record kept. The group is registered:
  /// retention does not pass it.
  virtual Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                                      std::span<const std::string> topics,
                                                      Visibility visibility, std::int32_t slot,
                                                      std::int32_t slots) = 0;
  /// Removes the group and its offsets, so that retention no longer waits for it. kNotFound if
  /// there is none, kInvalidArgument while a consumer of it lives.
  virtual Status ForgetGroup(const std::string& group) = 0;
  /// `producer` names the writer for fencing (transactional.id): a later Begin-er of the same name
  /// wins.
  virtual Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) = 0;
  /// Returns once the commit of `mark` would survive a power cut.
  virtual Status WaitDurable(std::uint64_t mark) = 0;

  /// Reads from `offset` on without a group: at most about `max_bytes`, at least one batch.
  /// kNotFound if the topic or partition does not exist; nothing appended at the end.
  virtual Status Read(const std::string& topic, Partition partition, Offset offset,
                      std::size_t max_bytes, std::vector<FetchedBatch>& out) = 0;
  /// Records whose key is in `keys` and whose value is not empty, with offset in [begin, end).
  /// Cost: O(records kept in that range); coalesce calls.
  virtual Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                                    std::span<const std::uint64_t> keys,
                                                    Offset begin, Offset end) = 0;
  /// Value of a state; kNotFound if there is none.
  virtual Result<std::string> GetState(std::string_view store, Partition partition,
                                       std::string_view key) = 0;
  /// Calls `visit(key, value)` for each entry in key order until it returns false. It may call the
  /// log.
  virtual Status ScanState(
      std::string_view store, Partition partition,
      const std::function<bool(std::string_view, std::string_view)>& visit) = 0;
  /// Applies retention by age and bytes now; never passes a registered group's committed offset.
  virtual Status Trim(EventTime now) = 0;
  /// Blanks the records of compacted topics of whose key there is a later one, both read by all
  /// registered groups. A log that does so by itself (Kafka's cleanup.policy=compact) needs no
  /// call.
  virtual Status Compact() = 0;
  /// Rewrites files so that blanked values are gone from the disk and, within half a day of steady
  /// calls, what values of states were before.
  virtual Status PurgeBlanked() = 0;
  [[nodiscard]] virtual std::int64_t DiskBytes() const = 0;
};

}  // namespace hb
