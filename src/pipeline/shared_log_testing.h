// pipeline/shared_log_testing.h - a log in memory that behaves as Kafka does to several processes.
// Only for *_test.cc files.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "log/log.h"

namespace hb {

/// Divides the partitions of a group's topics among its consumers, anew whenever one comes or goes:
/// who has a partition too many gives it up in its next Poll, and who gets it begins at the
/// committed offset. A transaction whose offsets are of a partition that the thread's consumer does
/// not have any more is aborted; one in `aborts_one_in` besides answers kAborted,
/// or that another has the producer's name, by turns before and after it was written. Blank appends
/// tombstones and leaves the old values, as a broker does until it compacts.
///
/// Threads    As Log; a stage polls and commits on one thread.
/// Ownership  `log` outlives it.
class SharedLog : public Log {
 public:
  explicit SharedLog(Log& log, unsigned aborts_one_in = 0)
      : log_(log), aborts_one_in_(aborts_one_in) {}

  Status EnsureTopic(const TopicSpec& spec) override { return log_.EnsureTopic(spec); }
  Result<std::vector<TopicInfo>> Topics() override { return log_.Topics(); }
  Result<std::vector<GroupOffset>> GroupOffsets() override { return log_.GroupOffsets(); }
  Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                              std::span<const std::string> topics, Visibility,
                                              std::int32_t, std::int32_t) override {
    HB_ASSIGN(const auto infos, log_.Topics());
    const std::lock_guard lock(mutex_);
    Group& of = groups_[group];
    for (const TopicInfo& info : infos) {
      if (std::find(topics.begin(), topics.end(), info.spec.name) == topics.end()) continue;
      for (const PartitionInfo& part : info.partitions)
        of.owners.try_emplace(Place(info.spec.name, part.partition), nullptr);
    }
    auto member = std::make_unique<Member>(*this, group);
    of.members.push_back(member.get());
    return std::unique_ptr<Consumer>(std::move(member));
  }
  Status ForgetGroup(const std::string& group) override { return log_.ForgetGroup(group); }
  Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) override {
    HB_ASSIGN(auto transaction, log_.Begin(producer));
    return std::unique_ptr<Transaction>(
        std::make_unique<SharedTransaction>(*this, std::move(transaction)));
  }
  Status WaitDurable(std::uint64_t mark) override { return log_.WaitDurable(mark); }
  Status Read(const std::string& topic, Partition partition, Offset offset, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override {
    return log_.Read(topic, partition, offset, max_bytes, out);
  }
  Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                            std::span<const std::uint64_t> keys, Offset begin,
                                            Offset end) override {
    return log_.FindKeys(topic, partition, keys, begin, end);
  }
  Result<std::string> GetState(std::string_view store, Partition partition,
                               std::string_view key) override {
    return log_.GetState(store, partition, key);
  }
  Status ScanState(std::string_view store, Partition partition,
                   const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return log_.ScanState(store, partition, visit);
  }
  Status Trim(EventTime now) override { return log_.Trim(now); }
  Status Compact() override { return Ok(); }
  Status PurgeBlanked() override { return Ok(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return log_.DiskBytes(); }
  void StopAborting() { aborts_one_in_ = 0; }
  [[nodiscard]] int moved() const { return moved_; }      ///< partitions given up to another
  [[nodiscard]] int aborted() const { return aborted_; }  ///< transactions

 private:
  using Place = std::pair<std::string, Partition>;
  class Member;
  struct Group {
    std::vector<Member*> members;
    std::map<Place, Member*> owners;
  };

  class Member : public Consumer {
   public:
    Member(SharedLog& owner, std::string group) : owner_(owner), group_(std::move(group)) {}
    ~Member() override {
      const std::lock_guard lock(owner_.mutex_);
      Group& of = owner_.groups_[group_];
      std::erase(of.members, this);
      for (auto& [place, member] : of.owners) {
        if (member == this) member = nullptr;
      }
    }
    Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
                std::vector<FetchedBatch>& out) override {
      polled_ = this;
      HB_TRY(Rebalance());
      const auto until = std::chrono::steady_clock::now() + wait;
      while (!stopped_) {
        for (auto& [place, position] : positions_) {
          const std::size_t had = out.size();
          HB_TRY(owner_.log_.Read(place.first, place.second, position, max_bytes, out));
          if (out.size() > had) position = out.back().end();
        }
        if (!out.empty() || std::chrono::steady_clock::now() >= until) return Ok();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
      return Error{Code::kCancelled, "stopped"};
    }
    Status Seek(const std::string& topic, Partition partition, Offset offset) override {
      const auto at = positions_.find({topic, partition});
      if (at == positions_.end()) return Error{Code::kInvalidArgument, "is not assigned"};
      at->second = offset;
      return Ok();
    }
    [[nodiscard]] std::vector<std::pair<std::string, Partition>> Assignment() const override {
      std::vector<std::pair<std::string, Partition>> places;
      for (const auto& [place, position] : positions_) places.push_back(place);
      return places;
    }
    [[nodiscard]] std::uint64_t Generation() const override { return generation_; }
    [[nodiscard]] std::int64_t Lag() const override { return 0; }
    void Stop() noexcept override { stopped_ = true; }
    [[nodiscard]] bool Has(const std::string& group, const Place& place) const {
      return group == group_ && positions_.contains(place);
    }

   private:
    Status Rebalance() {
      HB_ASSIGN(const auto committed, owner_.log_.GroupOffsets());
      const std::lock_guard lock(owner_.mutex_);
      Group& of = owner_.groups_[group_];
      bool changed = false;
      std::size_t number = 0;
      for (auto& [place, member] : of.owners) {
        Member* const target = of.members[number++ % of.members.size()];
        if (member == this && target != this) {
          member = nullptr;
          positions_.erase(place);
          ++owner_.moved_;
          changed = true;
        } else if (member == nullptr && target == this) {
          member = this;
          Offset next{0};
          for (const GroupOffset& at : committed) {
            if (at.group == group_ && at.topic == place.first && at.partition == place.second)
              next = at.committed;
          }
          positions_[place] = next;
          changed = true;
        }
      }
      generation_ += changed ? 1 : 0;
      return Ok();
    }

    SharedLog& owner_;
    const std::string group_;
    std::map<Place, Offset> positions_;
    std::uint64_t generation_ = 0;
    std::atomic<bool> stopped_{false};
  };

  class SharedTransaction : public Transaction {
   public:
    SharedTransaction(SharedLog& owner, std::unique_ptr<Transaction> transaction)
        : owner_(owner), transaction_(std::move(transaction)) {}
    Status Append(const std::string& topic, Partition partition,
                  std::shared_ptr<const RecordBatch> batch) override {
      // Others get bytes, not what rides beside them.
      auto bytes = std::make_shared<RecordBatch>(*batch);
      bytes->native = nullptr;
      return transaction_->Append(topic, partition, std::move(bytes));
    }
    void CommitOffsets(const std::string& group, const std::string& topic, Partition partition,
                       Offset next, Offset processed) override {
      offsets_.push_back({group, {topic, partition}});
      transaction_->CommitOffsets(group, topic, partition, next, processed);
    }
    void PutState(std::string_view store, Partition partition, std::string_view key,
                  std::string_view value) override {
      transaction_->PutState(store, partition, key, value);
    }
    Status Blank(const std::string& topic, Partition partition,
                 std::span<const Offset> offsets) override {
      auto tombstones = std::make_shared<RecordBatch>();
      for (const Offset offset : offsets) {
        std::vector<FetchedBatch> found;
        HB_TRY(owner_.log_.Read(topic, partition, offset, 1, found));
        const auto row = static_cast<std::size_t>(ToInt(offset) - ToInt(found.at(0).base));
        tombstones->Append(found[0].records->keys.at(row), EventTime{}, "");
      }
      return transaction_->Append(topic, partition, std::move(tombstones));
    }
    Result<std::uint64_t> Commit() override {
      bool aborted = false;
      {
        const std::lock_guard lock(owner_.mutex_);
        const auto lost = [](const auto& at) {
          return polled_ == nullptr || !polled_->Has(at.first, at.second);
        };
        const bool moved = std::any_of(offsets_.begin(), offsets_.end(), lost);
        aborted =
            moved || (owner_.aborts_one_in_ > 0 && owner_.dice_() % owner_.aborts_one_in_ == 0);
        if (aborted) ++owner_.aborted_;
        if (aborted && (moved || owner_.aborted_ % 2 == 0))
          return Error{Code::kAborted, "a partition was lost"};
      }
      Result<std::uint64_t> committed = transaction_->Commit();
      if (!aborted || !committed.ok()) return committed;
      // As brokers do now and then around their restarts.
      return Error{owner_.aborted_ % 4 == 1 ? Code::kCancelled : Code::kAborted,
                   "nobody knows whether it was written"};
    }

   private:
    SharedLog& owner_;
    const std::unique_ptr<Transaction> transaction_;
    std::vector<std::pair<std::string, Place>> offsets_;
  };

  static inline thread_local Member* polled_ = nullptr;  ///< the thread's consumer
  Log& log_;
  std::atomic<unsigned> aborts_one_in_;
  std::mutex mutex_;
  std::map<std::string, Group> groups_;
  std::mt19937 dice_{11};
  std::atomic<int> moved_{0}, aborted_{0};
};

}  // namespace hb
