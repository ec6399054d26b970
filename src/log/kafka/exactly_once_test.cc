// Stages that copy one topic into another while brokers and stages come and go: every record once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "log/kafka/kafka_testing.h"

namespace hb::kafka {
namespace {

constexpr int kPartitions = 4;

/// One stage of a process of its own: everything it reads goes to `out`, and how many it has copied
/// of a partition to a state.
class CopyStage {
 public:
  CopyStage(KafkaOptions options, Clock& clock, std::string name)
      : options_(std::move(options)), clock_(clock), name_(std::move(name)) {
    thread_ = std::thread([this] { Run(); });
  }
  ~CopyStage() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::string error() const { return error_; }

 private:
  void Run() {
    auto log = OpenKafkaLog(options_, clock_);
    if (!log.ok()) return Fail(log.error());
    auto consumer =
        log.value()->Subscribe("copy", std::vector<std::string>{"in"}, Visibility::kDurable, 0, 1);
    if (!consumer.ok()) return Fail(consumer.error());
    while (!stop_) {
      std::vector<FetchedBatch> got;
      const Status polled = consumer.value()->Poll(std::chrono::milliseconds(100), 20'000, got);
      if (!polled.ok()) return Fail(polled.error());
      if (got.empty()) continue;
      Status done = Copy(*log.value(), got);
      while (!stop_ && !done.ok() && done.error().code == Code::kUnavailable) {
        done = Copy(*log.value(), got);
      }
      if (stop_ || done.ok() || done.error().code == Code::kAborted) continue;
      return Fail(done.error());
    }
  }
  Status Copy(Log& log, const std::vector<FetchedBatch>& got) {
    HB_ASSIGN(const auto transaction, log.Begin(name_));
    std::map<Partition, std::pair<Offset, std::size_t>> ends;
    for (const FetchedBatch& batch : got) {
      HB_TRY(transaction->Append("out", batch.partition, batch.records));
      auto& [end, rows] = ends[batch.partition];
      end = batch.end();
      rows += batch.records->size();
    }
    for (const auto& [partition, at] : ends) {
      const Result<std::string> before = log.GetState("copied", partition, "n");
      if (!before.ok() && before.error().code != Code::kNotFound) return before.error();
      const std::size_t count = before.ok() ? std::stoul(before.value()) : 0;
      transaction->PutState("copied", partition, "n", std::to_string(count + at.second));
      transaction->CommitOffset("copy", "in", partition, at.first);
    }
    HB_TRY(transaction->Commit());
    return Ok();
  }
  void Fail(const Error& error) { error_ = name_ + ": " + error.message; }

  const KafkaOptions options_;
  Clock& clock_;
  const std::string name_;
  std::atomic<bool> stop_ = false;
  std::string error_;
  std::thread thread_;
};

std::size_t Count(Log& log, const std::string& topic) {
  std::size_t count = 0;
  for (int p = 0; p < kPartitions; ++p) count += log_test::ReadAll(log, topic, p).size();
  return count;
}

/// Writes `count` records to each partition of `in`, in transactions of a hundred each. What became
/// of a commit that a restarting broker did not answer is looked up in a state.
void Fill(Log& log, int count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  int first = 0;
  while (first < count) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "at record " << first;
    auto transaction = log.Begin("fill");
    if (!transaction.ok() && transaction.error().code == Code::kUnavailable) continue;
    ASSERT_TRUE(log_test::IsOk(transaction));
    const Result<std::string> filled = log.GetState("filled", Partition{0}, "n");
    if (filled.ok() && std::stoi(filled.value()) > first) {
      first = std::stoi(filled.value());
      continue;
    }
    bool whole = true;
    for (int p = 0; whole && p < kPartitions; ++p) {
      auto batch = std::make_shared<RecordBatch>();
      for (int i = first; i < first + 100; ++i) {
        batch->Append(static_cast<std::uint64_t>(i), FromMillis(i), std::to_string(i));
      }
      whole = transaction.value()->Append("in", Partition{p}, batch).ok();
    }
    transaction.value()->PutState("filled", Partition{0}, "n", std::to_string(first + 100));
    if (whole && transaction.value()->Commit().ok()) first += 100;
  }
}

void Check(Log& log, int count) {
  for (int p = 0; p < kPartitions; ++p) {
    const std::vector<std::string> values = log_test::ReadAll(log, "out", p);
    std::vector<std::string> wanted;
    for (int i = 0; i < count; ++i) wanted.push_back(std::to_string(i));
    EXPECT_TRUE(values == wanted) << "partition " << p << ": " << values.size() << " records";
    EXPECT_EQ(log.GetState("copied", Partition{p}, "n").value(), std::to_string(count));
  }
}

struct Chaos {
  int count, joins, restarts;
};

void RunChaos(const Chaos& chaos) {
  Opened opened([](KafkaOptions& options) { options.state_partitions = kPartitions; });
  for (const char* topic : {"in", "out"}) {
    ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({topic, kPartitions, -1, -1})));
  }
  std::vector<std::unique_ptr<CopyStage>> stages;
  int named = 0;
  const auto join = [&] {
    stages.push_back(std::make_unique<CopyStage>(opened.options, opened.clock,
                                                 "copy-" + std::to_string(named++)));
  };
  join();
  std::thread filling([&] { Fill(*opened.log, chaos.count); });
  join();
  const std::string restart = "python3 " HB_SOURCE_DIR "/tests/servers/servers.py restart " +
                              std::string(std::getenv("HB_KAFKA"));
  for (int i = 0; i < std::max(chaos.joins, chaos.restarts); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    if (i < chaos.joins) {
      stages.erase(stages.begin());
      join();
    }
    if (i < chaos.restarts) {
      ASSERT_EQ(std::system(restart.c_str()), 0);
    }
  }
  filling.join();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  const auto all = static_cast<std::size_t>(chaos.count * kPartitions);
  while (Count(*opened.log, "out") < all && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  for (const auto& stage : stages) EXPECT_EQ(stage->error(), "");
  stages.clear();
  Check(*opened.log, chaos.count);
}

TEST(ExactlyOnce, WhileStagesJoinAndLeave) {
  HB_NEEDS_KAFKA();
  RunChaos({.count = 20'000, .joins = 6, .restarts = 0});
}

TEST(ExactlyOnce, WhileTheBrokerIsRestarted) {
  HB_NEEDS_KAFKA();
  RunChaos({.count = 20'000, .joins = 2, .restarts = 2});
}

}  // namespace
}  // namespace hb::kafka
