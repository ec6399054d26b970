// log/kafka/log_impl.h - the log's parts put together; private to this folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/kafka/admin.h"
#include "log/kafka/client.h"
#include "log/kafka/consumer.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/producer.h"
#include "log/kafka/reader.h"
#include "log/kafka/states.h"
#include "log/log.h"

namespace hb::kafka {

/// Who commits an offset. Without a consumer of that group here, `membership` names the group
/// alone.
struct Member {
  const KafkaConsumer* consumer = nullptr;
  GroupMetadataHandle membership;
};

class KafkaLog final : public Log {
 public:
  KafkaLog(KafkaOptions options, Clock& clock) : options_(std::move(options)), clock_(clock) {}
  /// Connects. Once, before all else.
  Status Open();

  Status EnsureTopic(const TopicSpec& spec) override;
  Result<std::vector<TopicInfo>> Topics() override;
  Result<std::vector<GroupOffset>> GroupOffsets() override;
  Result<std::vector<GroupOffset>> OffsetsOf(const std::string& group) override;
  Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                              std::span<const std::string> topics,
                                              Visibility visibility, std::int32_t slot,
                                              std::int32_t slots) override;
  Status ForgetGroup(const std::string& group) override;
  Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) override;
  Status WaitDurable(std::uint64_t) override { return Ok(); }  // acks=all
  Status Read(const std::string& topic, Partition partition, Offset offset, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override;
  Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                            std::span<const std::uint64_t> keys, Offset begin,
                                            Offset end) override;
  Result<std::string> GetState(std::string_view store, Partition partition,
                               std::string_view key) override;
  Status ScanState(std::string_view store, Partition partition,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override;
  Status Trim(EventTime) override { return Ok(); }
  Status Compact() override { return Ok(); }
  Status PurgeBlanked() override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return 0; }

  // For consumers and transactions.
  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] ValueFormat* values() const { return options_.values; }
  [[nodiscard]] ClientFactory& factory() { return factory_; }
  [[nodiscard]] States& states() { return *states_; }
  std::uint64_t NextMark() { return ++marks_; }
  /// A topic's name in the cluster, and heartbeat's.
  [[nodiscard]] std::string RealName(const std::string& topic) const;
  [[nodiscard]] std::string OurName(const std::string& real) const;
  [[nodiscard]] std::string GroupName(const std::string& group) const {
    return options_.application + "-" + group;
  }
  void Add(KafkaConsumer* consumer);
  void Remove(KafkaConsumer* consumer);
  /// Makes the consumer of `group` that has the partition go on from what is committed.
  void Rewind(const std::string& group, const std::string& topic, std::int32_t partition);
  /// Told that a transaction of ours wrote there.
  void Wrote(const std::string& real, std::int32_t partition);
  /// kAborted: the partition is not, or no longer, ours.
  Result<Member> MemberFor(const std::string& group, const std::string& topic,
                           std::int32_t partition);
  /// kNotFound if there is no such topic or partition.
  Status CheckPartition(const std::string& topic, std::int32_t partition);
  /// Appends a tombstone to `out` for each of `offsets`, with its record's key and time. Those that
  /// are gone are left out. kInvalidArgument: an offset behind the end.
  Status KeysAt(const std::string& topic, std::int32_t partition, std::span<const Offset> offsets,
                RecordBatch& out);
  /// The topic of a state, made or grown so that it has that partition.
  Result<std::string> StateTopic(const std::string& store, std::int32_t partition);

 private:
  /// Partitions of a topic; 0 if there is none. Remembered once it is there.
  Result<std::int32_t> PartitionsOf(const std::string& real);
  Result<TopicInfo> InfoOf(const std::string& topic, std::int32_t partitions);
  Status WaitForBroker();
  /// Heartbeat's names of the topics that this process has made sure of.
  std::set<std::string> KnownTopics();
  Status AppendOffsets(const std::string& group, std::span<const Committed> committed,
                       std::vector<GroupOffset>& out);
  /// `offset`, or the end of the partition if nothing but marks of transactions is between. They
  /// never become records, so what was found is remembered.
  Result<std::int64_t> AfterMarks(const std::string& real, std::int32_t partition,
                                  std::int64_t offset);
  /// What Read and its like see: at least what this process has committed.
  Result<Bounds> VisibleBounds(const std::string& real, std::int32_t partition);

  const KafkaOptions options_;
  Clock& clock_;
  ClientFactory factory_{options_};
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<States> states_;
  std::atomic<std::uint64_t> marks_ = 0;
  Mutex mutex_;
  std::set<std::string> known_ HB_GUARDED_BY(mutex_);  ///< heartbeat's names of topics
  std::map<std::string, std::int32_t> partitions_
      HB_GUARDED_BY(mutex_);  ///< by name in the cluster
  std::map<std::pair<std::string, std::int32_t>, std::chrono::steady_clock::time_point> wrote_
      HB_GUARDED_BY(mutex_);
  std::map<std::tuple<std::string, std::int32_t, std::int64_t>, std::int64_t> after_marks_
      HB_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Producer>, std::less<>> producers_ HB_GUARDED_BY(mutex_);
  Mutex consumers_mutex_;
  std::vector<KafkaConsumer*> consumers_ HB_GUARDED_BY(consumers_mutex_);
};

}  // namespace hb::kafka
