// pipeline/faulty_log.h - for tests: a log whose reads and commits fail, or take their time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/log.h"

namespace hb {

/// Passes everything on to `log`, but one in `one_in` commits, and one in `one_in` polls that found
/// something, answer kUnavailable: a commit before anything is written, a poll after what it found
/// was appended, as Consumer says. One in 0 is never.
///
/// LoseAnswers makes commits fail so that their caller cannot know what became of them.
/// KillCommitsOf makes of each commit of a producer the end of its process, OnRead tells a test of
/// what is read, so that it can let time pass.
///
/// Threads    As Log.
/// Ownership  `log` outlives it.
class FaultyLog : public Log {
 public:
  FaultyLog(Log& log, unsigned one_in) : log_(log), one_in_(one_in) {}

  Status EnsureTopic(const TopicSpec& spec) override { return log_.EnsureTopic(spec); }
  Result<std::vector<TopicInfo>> Topics() override { return log_.Topics(); }
  Result<std::vector<GroupOffset>> GroupOffsets() override { return log_.GroupOffsets(); }
  Result<std::unique_ptr<Consumer>> Subscribe(const std::string& group,
                                              std::span<const std::string> topics,
                                              Visibility visibility, std::int32_t slot,
                                              std::int32_t slots) override {
    HB_ASSIGN(auto consumer, log_.Subscribe(group, topics, visibility, slot, slots));
    return std::unique_ptr<Consumer>(std::make_unique<FaultyConsumer>(*this, std::move(consumer)));
  }
  Status ForgetGroup(const std::string& group) override { return log_.ForgetGroup(group); }
  Result<std::unique_ptr<Transaction>> Begin(std::string_view producer) override {
    HB_ASSIGN(auto transaction, log_.Begin(producer));
    const MutexLock lock(mutex_);
    return std::unique_ptr<Transaction>(
        std::make_unique<FaultyTransaction>(*this, std::move(transaction), producer == doomed_));
  }
  Status WaitDurable(std::uint64_t mark) override { return log_.WaitDurable(mark); }
  Status Read(const std::string& topic, Partition partition, Offset offset, std::size_t max_bytes,
              std::vector<FetchedBatch>& out) override {
    if (on_read_) on_read_(topic);
    return log_.Read(topic, partition, offset, max_bytes, out);
  }
  Result<std::vector<FoundRecord>> FindKeys(const std::string& topic, Partition partition,
                                            std::span<const std::uint64_t> keys, Offset begin,
                                            Offset end) override {
    if (on_read_) on_read_(topic);
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
  Status Compact() override { return log_.Compact(); }
  Status PurgeBlanked() override { return log_.PurgeBlanked(); }
  [[nodiscard]] std::int64_t DiskBytes() const override { return log_.DiskBytes(); }

  [[nodiscard]] int failed() const { return failed_; }
  /// From now on one in `one_in` commits answers kAborted, by turns before and after it was
  /// written.
  void LoseAnswers(unsigned one_in) {
    const MutexLock lock(mutex_);
    loses_one_in_ = one_in;
  }
  [[nodiscard]] int lost() const { return lost_; }
  /// The next so many Seeks of consumers answer kUnavailable.
  void FailSeeks(int count) { seeks_to_fail_ = count; }
  /// From now on `producer` is as if its process were killed in every commit, by turns before and
  /// after it was written: the commit answers kCancelled, which ends a stage.
  void KillCommitsOf(std::string producer) {
    const MutexLock lock(mutex_);
    doomed_ = std::move(producer);
  }
  [[nodiscard]] int killed() const { return killed_; }
  /// Called with the topic before each Read and FindKeys. Set it before others use the log.
  void OnRead(std::function<void(const std::string&)> hook) { on_read_ = std::move(hook); }

 private:
  class FaultyConsumer : public Consumer {
   public:
    FaultyConsumer(FaultyLog& owner, std::unique_ptr<Consumer> consumer)
        : owner_(owner), consumer_(std::move(consumer)) {}
    Status Poll(std::chrono::milliseconds wait, std::size_t max_bytes,
                std::vector<FetchedBatch>& out) override {
      const std::size_t had = out.size();
      HB_TRY(consumer_->Poll(wait, max_bytes, out));
      return out.size() > had ? owner_.MayFail() : Ok();
    }
    Status Seek(const std::string& topic, Partition partition, Offset offset) override {
      if (owner_.seeks_to_fail_ > 0 && owner_.seeks_to_fail_-- > 0)
        return Error{Code::kUnavailable, "the log is away"};
      return consumer_->Seek(topic, partition, offset);
    }
    [[nodiscard]] std::vector<std::pair<std::string, Partition>> Assignment() const override {
      return consumer_->Assignment();
    }
    [[nodiscard]] std::uint64_t Generation() const override { return consumer_->Generation(); }
    [[nodiscard]] std::int64_t Lag() const override { return consumer_->Lag(); }
    void Stop() noexcept override { consumer_->Stop(); }

   private:
    FaultyLog& owner_;
    const std::unique_ptr<Consumer> consumer_;
  };

  class FaultyTransaction : public Transaction {
   public:
    FaultyTransaction(FaultyLog& owner, std::unique_ptr<Transaction> transaction, bool doomed)
        : owner_(owner), transaction_(std::move(transaction)), doomed_(doomed) {}
    Status Append(const std::string& topic, Partition partition,
                  std::shared_ptr<const RecordBatch> batch) override {
      return transaction_->Append(topic, partition, std::move(batch));
    }
    void CommitOffsets(const std::string& group, const std::string& topic, Partition partition,
                       Offset next, Offset processed) override {
      transaction_->CommitOffsets(group, topic, partition, next, processed);
    }
    void PutState(std::string_view store, Partition partition, std::string_view key,
                  std::string_view value) override {
      transaction_->PutState(store, partition, key, value);
    }
    Status Blank(const std::string& topic, Partition partition,
                 std::span<const Offset> offsets) override {
      return transaction_->Blank(topic, partition, offsets);
    }
    Result<std::uint64_t> Commit() override {
      HB_TRY(owner_.MayFail());
      if (owner_.LosesAnswer()) {
        if (owner_.lost_++ % 2 == 1) HB_TRY(transaction_->Commit());
        return Error{Code::kAborted, "nobody knows whether it was written"};
      }
      if (!doomed_) return transaction_->Commit();
      if (owner_.killed_++ % 2 == 1) HB_TRY(transaction_->Commit());
      return Error{Code::kCancelled, "the process was killed"};
    }

   private:
    FaultyLog& owner_;
    const std::unique_ptr<Transaction> transaction_;
    const bool doomed_;
  };

  Status MayFail() {
    const MutexLock lock(mutex_);
    if (one_in_ == 0 || dice_() % one_in_ != 0) return Ok();
    ++failed_;
    return Error{Code::kUnavailable, "the log is away"};
  }

  bool LosesAnswer() {
    const MutexLock lock(mutex_);
    return loses_one_in_ > 0 && dice_() % loses_one_in_ == 0;
  }

  Log& log_;
  const unsigned one_in_;
  std::function<void(const std::string&)> on_read_;
  std::atomic<int> failed_{0}, killed_{0}, lost_{0}, seeks_to_fail_{0};
  Mutex mutex_;
  unsigned loses_one_in_ HB_GUARDED_BY(mutex_) = 0;
  std::string doomed_ HB_GUARDED_BY(mutex_);
  std::mt19937 dice_ HB_GUARDED_BY(mutex_){7};
};

}  // namespace hb
