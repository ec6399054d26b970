// log/embedded/log_impl.h - the embedded log's own state; private to this folder.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/embedded/batch_format.h"
#include "log/embedded/embedded_log.h"
#include "log/embedded/engine.h"

namespace hb::embedded {

/// One partition. Made by EnsureTopic, lives as long as the log. From `begin` to `trimmed_unpurged`
/// it is guarded by the log's mutex_, what is of a compacted topic by maintenance_mutex_ (the
/// analysis cannot express it here).
struct Part {
  std::string topic;
  std::int32_t number = 0;
  const PartitionStore* store = nullptr;

  std::int64_t begin = 0, end = 0;                 ///< records kept
  std::int64_t durable_end = 0;                    ///< end as of the last sync
  std::int64_t syncing_end = 0;                    ///< end as of the sync that is running
  std::uint64_t stored_begin = 0, stored_end = 0;  ///< bytes ever stored before begin and end
  EventTime last_arrival{};
  std::deque<FetchedBatch> newest;  ///< cache: the last batches before `end`, without a hole
  std::set<std::int64_t> blanked;   ///< deleted records whose bytes are still in a file
  std::uint64_t purges = 0;         ///< counts the times that `blanked` was emptied
  bool trimmed_unpurged = true;     ///< files may hold batches before `begin`

  // Of a compacted topic.
  std::int64_t compacted_to = 0;  ///< records before it were looked at
  std::int64_t compacted_before =
      0;  ///< of those, in some run before: what they replace is deleted
  /// Of the records looked at the last offset of each key, of at most max_compacted_keys.
  std::unordered_map<std::uint64_t, std::int64_t> newest_of;
};

/// How far a group has come in a partition.
struct Progress {
  std::int64_t next = 0;       ///< read first after a restart
  std::int64_t processed = 0;  ///< worked in before it
};

struct Topic {
  TopicSpec spec;
  std::vector<std::unique_ptr<Part>> parts;
};

class EmbeddedConsumer;
class EmbeddedTransaction;

/// Threads  commit_mutex_ orders commits and is held while RocksDB writes; mutex_ guards what
///          readers see and is held for short; the engine's Gate is held while RocksDB is used.
///          They are taken in the order maintenance_mutex_ (Trim, Compact, PurgeBlanked),
///          commit_mutex_, Gate, mutex_.
class EmbeddedLog final : public Log {
 public:
  EmbeddedLog(const EmbeddedLogOptions& options, Clock& clock, std::unique_ptr<Engine> engine);
  ~EmbeddedLog() override;
  /// Reads what is stored; called once, before anything else.
  Status Load();

  Status EnsureTopic(const TopicSpec& spec) override;
  Result<std::vector<TopicInfo>> Topics() override;
  Result<std::vector<GroupOffset>> GroupOffsets() override;
  Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                              std::span<const std::string> topics,
                                              Visibility visibility, std::int32_t slot,
                                              std::int32_t slots) override;
  Status ForgetGroup(const std::string& group) override;
  Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) override;
  Status WaitDurable(std::uint64_t mark) override;
  Status Read(const std::string& topic, Partition partition, Offset offset, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override;
  Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                            std::span<const std::uint64_t> keys, Offset begin,
                                            Offset end) override;
  Result<std::string> GetState(std::string_view store, Partition partition,
                               std::string_view key) override;
  Status ScanState(std::string_view store, Partition partition,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Status Trim(EventTime now) override;
  Status Compact() override;
  Status PurgeBlanked() override;
  [[nodiscard]] std::int64_t DiskBytes() const override;

 private:
  friend class EmbeddedConsumer;
  friend class EmbeddedTransaction;
  using PartKey = std::pair<std::string, std::int32_t>;

  // embedded_log.cc
  Status LoadMeta();
  Status LoadPart(Part& part);
  /// What a partition's files say of its end; nothing where they are empty.
  Result<std::optional<BatchHead>> LastHead(const Part& part);
  Result<std::uint64_t> StoredCommits();
  Result<Part*> Find(const std::string& topic, Partition partition) const HB_REQUIRES(mutex_);
  Status WriteMeta(rocksdb::WriteBatch& batch, bool sync) HB_REQUIRES(commit_mutex_);
  void SyncLoop();
  Status FlushEngine();

  // transaction.cc
  Result<std::uint64_t> Commit(EmbeddedTransaction& transaction);
  Status CheckRoom(std::size_t bytes, bool consumes) HB_REQUIRES(commit_mutex_);
  Status RecoverEngine() HB_REQUIRES(commit_mutex_);
  Status CheckReopened() HB_REQUIRES(commit_mutex_);
  Status Build(EmbeddedTransaction& transaction, rocksdb::WriteBatch& batch)
      HB_REQUIRES(commit_mutex_);
  void Publish(EmbeddedTransaction& transaction, EventTime arrival) HB_REQUIRES(mutex_);
  void ApplyBlanks(Part& part, std::vector<std::int64_t> offsets) HB_REQUIRES(mutex_);
  void WakeConsumers() HB_REQUIRES(mutex_);
  void KeepNewest(Part& part, FetchedBatch batch) HB_REQUIRES(mutex_);

  // reader.cc
  /// Appends batches with end <= limit from `from` on; at least one if there is one. Adds the bytes
  /// to `got` and stops where that reaches `max_bytes`.
  Status Fetch(Part& part, std::int64_t from, std::int64_t limit, std::size_t max_bytes,
               std::vector<FetchedBatch>& out, std::size_t& got);
  Status FetchStored(Part& part, std::int64_t from, std::int64_t limit, std::size_t max_bytes,
                     std::vector<FetchedBatch>& out, std::size_t& got);
  Result<bool> FetchOne(Part& part, rocksdb::Iterator& it, std::uint64_t purges, std::int64_t from,
                        std::int64_t limit, FetchedBatch& out);
  /// Head of the batch that holds `offset`, or of the next one; nothing at the end.
  Result<std::optional<BatchHead>> HeadAt(const Part& part, rocksdb::Iterator& it,
                                          std::int64_t offset);
  Status FindStored(Part& part, const std::unordered_set<std::uint64_t>& wanted, std::int64_t at,
                    std::int64_t limit, std::vector<FoundRecord>& out);
  Status FindInBatch(Part& part, rocksdb::Iterator& it, const BatchHead& head,
                     const std::vector<std::uint32_t>& rows, std::vector<FoundRecord>& out);
  std::unique_ptr<rocksdb::Iterator> NewIterator(const Part& part) const;

  // retention.cc
  class Trimmer;
  Status TrimTopic(Topic& topic, EventTime now);
  Status MoveBegin(Part& part, const BatchHead* first_kept, std::int64_t cut);
  /// Appends the offsets of records that a later one before `limit` takes the place of, from
  /// part.compacted_to on; false if there were so many that it stopped before `limit`.
  Result<bool> FindReplaced(Part& part, std::int64_t limit, std::vector<std::int64_t>& out);
  Status CompactPart(Part& part);
  /// Writes down that these records are deleted, and that all is done before part.compacted_to.
  Status BlankReplaced(Part& part, const std::vector<std::int64_t>& offsets);
  /// Keeps newest_of bounded: the half with the smaller offsets goes.
  void ForgetOldKeys(Part& part) const;
  std::int64_t TrimLimit(const Part& part) const HB_REQUIRES(mutex_);
  /// Bases of the batches that hold a record which the filter empties, ascending.
  Result<std::vector<std::int64_t>> PurgedBatches(const Part& part);
  Status Rewrite(const std::vector<Part*>& parts);
  Status RewriteUntilGone(const std::vector<Part*>& parts,
                          const std::map<Part*, std::vector<std::int64_t>>& wanted);
  Result<std::vector<std::int64_t>> StillThere(Part& part,
                                               const std::vector<std::int64_t>& offsets);
  /// Deletes for good what values of states were before.
  Status RewriteStates() HB_REQUIRES(maintenance_mutex_);

  const EmbeddedLogOptions options_;
  Clock& clock_;
  std::unique_ptr<Engine> engine_;

  Mutex maintenance_mutex_;
  std::optional<std::chrono::steady_clock::time_point> states_rewritten_
      HB_GUARDED_BY(maintenance_mutex_);
  Mutex commit_mutex_;
  bool write_failed_ HB_GUARDED_BY(commit_mutex_) = false;  ///< RocksDB may be refusing writes
  std::optional<Error> lost_ HB_GUARDED_BY(commit_mutex_);  ///< commits that readers saw are gone
  std::uint64_t stored_commits_ HB_GUARDED_BY(commit_mutex_) = 0;  ///< ever, in this folder
  std::uint64_t folder_bytes_ HB_GUARDED_BY(commit_mutex_) = 0;
  std::uint64_t free_bytes_ HB_GUARDED_BY(commit_mutex_) = 0;
  std::uint64_t unmeasured_bytes_ HB_GUARDED_BY(commit_mutex_) = ~std::uint64_t{0};
  std::chrono::steady_clock::time_point measured_at_ HB_GUARDED_BY(commit_mutex_){};

  mutable Mutex mutex_;
  std::condition_variable_any synced_;     ///< something became durable, or will not
  std::condition_variable_any sync_wake_;  ///< for SyncLoop
  std::map<std::string, Topic, std::less<>> topics_ HB_GUARDED_BY(mutex_);
  std::map<std::string, std::map<PartKey, Progress>> groups_ HB_GUARDED_BY(mutex_);
  std::map<std::string, int> members_ HB_GUARDED_BY(mutex_);  ///< living consumers of a group
  std::map<std::string, std::uint64_t, std::less<>> epochs_ HB_GUARDED_BY(mutex_);
  std::vector<EmbeddedConsumer*> waiting_ HB_GUARDED_BY(mutex_);  ///< in a Poll, for records
  std::deque<Part*> newest_order_ HB_GUARDED_BY(mutex_);  ///< whose batch leaves the cache next
  std::size_t newest_bytes_ HB_GUARDED_BY(mutex_) = 0;
  std::uint64_t committed_ HB_GUARDED_BY(mutex_) = 0;  ///< mark of the last commit
  std::uint64_t durable_ HB_GUARDED_BY(mutex_) = 0;    ///< mark up to which commits are synced
  std::uint64_t wanted_ HB_GUARDED_BY(mutex_) = 0;     ///< mark that somebody waits for
  std::uint64_t failed_syncs_ HB_GUARDED_BY(mutex_) = 0;
  std::optional<Error> sync_error_ HB_GUARDED_BY(mutex_);
  bool states_replaced_ HB_GUARDED_BY(mutex_) = true;  ///< since RewriteStates, or not known
  bool closing_ HB_GUARDED_BY(mutex_) = false;
  std::thread sync_thread_;
};

class EmbeddedTransaction final : public Transaction {
 public:
  EmbeddedTransaction(EmbeddedLog& log, std::string producer, std::uint64_t epoch)
      : log_(log), producer_(std::move(producer)), epoch_(epoch) {}

  Status Append(const std::string& topic, Partition partition,
                std::shared_ptr<const RecordBatch> batch) override;
  void CommitOffsets(const std::string& group, const std::string& topic, Partition partition,
                     Offset next, Offset processed) override;
  void PutState(std::string_view store, Partition partition, std::string_view key,
                std::string_view value) override;
  Status Blank(const std::string& topic, Partition partition,
               std::span<const Offset> offsets) override;
  Result<std::uint64_t> Commit() override { return log_.Commit(*this); }

 private:
  friend class EmbeddedLog;
  struct Output {
    Part* part;
    EncodedBatch batch;
    std::int64_t base = 0;  ///< given by the commit
  };
  struct Consumed {
    std::string group, topic;
    std::int32_t number;
    Progress progress;
  };

  EmbeddedLog& log_;
  const std::string producer_;
  const std::uint64_t epoch_;
  std::vector<Output> outputs_;
  std::vector<Consumed> consumed_;
  std::map<Part*, std::vector<std::int64_t>> blanks_;
  std::vector<std::pair<std::string, std::string>> states_;  ///< full key; an empty value deletes
  bool done_ = false;
};

/// "topic ingest, partition 3, offset 17: ..." before an error's message.
Error At(const Part& part, std::int64_t offset, Error error);
/// What a batch counts for in bounds of bytes.
std::size_t BatchBytes(const RecordBatch& batch);

}  // namespace hb::embedded
