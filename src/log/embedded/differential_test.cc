// The embedded log against the log in memory: the same random steps, the same answers.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "env/temporary_folder.h"
#include "log/log_testing.h"
#include "log/memory/memory_log.h"

namespace hb {
namespace {

using log_test::IsOk;

/// What a log shows, as text that two logs can be compared by.
std::string Show(const Result<std::vector<FetchedBatch>>& batches) {
  if (!batches.ok()) return std::string(CodeName(batches.error().code));
  std::string out;
  for (const FetchedBatch& batch : batches.value()) {
    out += batch.topic + "/" + std::to_string(ToInt(batch.partition)) + "@" +
           std::to_string(ToInt(batch.base)) + "+" + std::to_string(batch.first_row) + " t" +
           std::to_string(ToMillis(batch.arrival)) + (batch.blanked ? " blanked" : "") + ":";
    for (std::size_t row = 0; row < batch.records->size(); ++row) {
      out += " " + std::to_string(batch.records->keys[row]) + "=" +
             std::string(batch.records->values[row]) + "," +
             std::to_string(ToMillis(batch.records->timestamps[row]));
    }
    out += "\n";
  }
  return out;
}

std::string Said(const Status& status) { return status.ok() ? "" : status.error().message; }

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_(seed) {
    options_.path = folder_.path() + "/log";
    options_.min_free_bytes = 0;
    options_.memtable_bytes = options_.wal_bytes = 64 << 10;
    options_.cache_bytes = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 3000 : 1 << 20;
    options_.compress = seed % 2 == 0;
    Open();
  }

  void Step() {
    switch (Random(12)) {
      case 0:
      case 1:
      case 2:
      case 3: Commit(); break;
      case 4: clock_.Advance(std::chrono::milliseconds(Random(700))); break;
      case 5: Both([&](Log& log) { return Said(log.Trim(clock_.Now())); }); break;
      case 6:
        if (Random(3) == 0) Both([&](Log& log) { return Said(log.Compact()); });
        if (Random(8) == 0) Both([&](Log& log) { return Said(log.PurgeBlanked()); });
        break;
      case 7:
        if (Random(12) == 0) Open();
        break;
      case 8: Read(); break;
      case 9: Find(); break;
      case 10: Consume(); break;
      case 11: Overview(); break;
    }
  }
  void Everything() {
    Overview();
    for (const char* topic : {"kept", "aged"}) {
      for (std::int32_t p = 0; p < 2; ++p) {
        Both([&](Log& log) { return ShowRead(log, topic, p, 0); });
      }
    }
  }
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  std::uint64_t Random(std::uint64_t below) { return random_() % below; }

  /// `ask` must say the same of both.
  template <typename Ask>
  void Both(Ask ask) {
    const std::string expected = ask(*memory_);
    ASSERT_EQ(ask(*embedded_), expected);
    compared_ += expected.size();
  }

  void Open() {
    embedded_.reset();
    auto opened = OpenEmbeddedLog(options_, env_);
    ASSERT_TRUE(IsOk(opened));
    embedded_ = std::move(opened).value();
    for (Log* log : {memory_.get(), embedded_.get()}) {
      ASSERT_TRUE(IsOk(log->EnsureTopic({"kept", 2, -1, -1})));
      ASSERT_TRUE(IsOk(log->EnsureTopic({"aged", 2, 3000, -1, /*compacted=*/true})));
    }
  }

  std::string Topic() { return Random(2) == 0 ? "kept" : "aged"; }
  std::int64_t End(const std::string& topic, std::int32_t partition) {
    return ToInt(log_test::Info(*memory_, topic, partition).end);
  }

  void Commit() {
    // Decided once, done twice.
    std::vector<std::function<void(Transaction&)>> steps;
    for (std::uint64_t n = Random(4); n > 0; --n) {
      const std::string topic = Topic();
      const Partition partition{static_cast<std::int32_t>(Random(2))};
      std::vector<std::string> values;
      for (std::uint64_t rows = 1 + Random(6); rows > 0; --rows) {
        values.push_back(Random(6) == 0 ? "" : log_test::Noise(Random(900), random_()));
      }
      const auto batch = log_test::MakeBatch(Random(40), values);
      steps.emplace_back(
          [=](Transaction& t) { EXPECT_TRUE(IsOk(t.Append(topic, partition, batch))); });
    }
    if (Random(2) == 0) {
      const std::string topic = Topic();
      const auto partition = static_cast<std::int32_t>(Random(2));
      const auto next =
          static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(End(topic, partition)) + 1));
      steps.emplace_back(
          [=](Transaction& t) { t.CommitOffset("g", topic, Partition{partition}, Offset{next}); });
    }
    for (std::uint64_t n = Random(3); n > 0; --n) {
      const std::string key = std::to_string(Random(9)),
                        value = Random(4) == 0 ? "" : std::to_string(random_());
      const Partition partition{static_cast<std::int32_t>(Random(2))};
      steps.emplace_back([=](Transaction& t) { t.PutState("s", partition, key, value); });
    }
    if (Random(3) == 0) {
      const std::string topic = Topic();
      const auto partition = static_cast<std::int32_t>(Random(2));
      std::vector<Offset> offsets;
      const std::int64_t end = End(topic, partition);
      for (std::uint64_t n = Random(4); n > 0 && end > 0; --n) {
        offsets.push_back(
            Offset{static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(end)))});
      }
      steps.emplace_back([=](Transaction& t) {
        EXPECT_TRUE(IsOk(t.Blank(topic, Partition{partition}, offsets)));
      });
    }
    const bool abort = Random(8) == 0;
    for (Log* log : {memory_.get(), embedded_.get()}) {
      auto transaction = log->Begin("w");
      ASSERT_TRUE(IsOk(transaction));
      for (const auto& step : steps) step(*transaction.value());
      if (abort) continue;
      ASSERT_TRUE(IsOk(transaction.value()->Commit()));
    }
  }

  static std::string ShowRead(Log& log, const std::string& topic, std::int32_t partition,
                              std::int64_t from) {
    std::string out;
    while (true) {
      std::vector<FetchedBatch> batches;
      const Status read = log.Read(topic, Partition{partition}, Offset{from}, 4000, batches);
      if (!read.ok()) return out + std::string(CodeName(read.error().code)) + read.error().message;
      if (batches.empty()) return out;
      from = ToInt(batches.back().end());
      out += Show(std::move(batches));
    }
  }
  void Read() {
    const std::string topic = Topic();
    const auto partition = static_cast<std::int32_t>(Random(2));
    const auto from =
        static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(End(topic, partition)) + 3));
    Both([&](Log& log) { return ShowRead(log, topic, partition, from); });
  }
  void Find() {
    const std::string topic = Topic();
    const auto partition = static_cast<std::int32_t>(Random(2));
    const std::vector<std::uint64_t> keys = {Random(45), Random(45), Random(45)};
    const auto end = static_cast<std::uint64_t>(End(topic, partition)) + 2;
    const auto from = static_cast<std::int64_t>(Random(end)),
               to = static_cast<std::int64_t>(Random(end));
    Both([&](Log& log) {
      std::string out;
      const auto found = log.FindKeys(topic, Partition{partition}, keys, Offset{from}, Offset{to});
      if (!found.ok()) return found.error().message;
      for (const FoundRecord& r : found.value()) {
        out += std::to_string(ToInt(r.offset)) + ":" + std::to_string(r.key) + "=" + r.value + "\n";
      }
      return out;
    });
  }
  void Consume() {
    const auto slot = static_cast<std::int32_t>(Random(2));
    const std::string group = Random(3) == 0 ? "g" : "h";
    Both([&](Log& log) {
      const std::vector<std::string> topics = {"kept", "aged"};
      auto consumer = log.Subscribe(group, topics, Visibility::kAppended, slot, 2);
      if (!consumer.ok()) return consumer.error().message;
      std::string out = std::to_string(consumer.value()->Lag()) + "\n";
      // Bounds are met at other places (packed bytes, the cache's edge), so the order is by
      // partition.
      std::map<std::pair<std::string, std::int32_t>, std::string> seen;
      while (true) {
        std::vector<FetchedBatch> batches;
        const Status polled = consumer.value()->Poll(std::chrono::milliseconds(0), 3000, batches);
        if (!polled.ok()) return polled.error().message;
        if (batches.empty()) break;
        for (FetchedBatch& batch : batches) {
          seen[{batch.topic, ToInt(batch.partition)}] += Show(std::vector<FetchedBatch>{batch});
        }
      }
      for (const auto& [where, text] : seen) out += text;
      return out + std::to_string(consumer.value()->Lag());
    });
  }
  void Overview() {
    Both([&](Log& log) {
      std::string out;
      for (const TopicInfo& topic : log.Topics().value()) {
        for (const PartitionInfo& p : topic.partitions) {
          out += topic.spec.name + std::to_string(ToInt(p.partition)) + " [" +
                 std::to_string(ToInt(p.begin)) + ", " + std::to_string(ToInt(p.end)) + ")\n";
        }
      }
      for (const GroupOffset& o : log.GroupOffsets().value()) {
        out += o.group + " " + o.topic + std::to_string(ToInt(o.partition)) + " " +
               std::to_string(ToInt(o.committed)) + "\n";
      }
      for (std::int32_t p = 0; p < 2; ++p) {
        (void)log
            .ScanState("s", Partition{p},
                       [&](std::string_view key, std::string_view value) {
                         out += std::string(key) + "=" + std::string(value) + "\n";
                         return true;
                       })
            .ok();
      }
      const auto one = log.GetState("s", Partition{0}, "3");
      return out + (one.ok() ? one.value() : std::string(CodeName(one.error().code)));
    });
  }

  std::mt19937_64 random_;
  TemporaryFolder folder_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, folder_.path()};
  EmbeddedLogOptions options_;
  std::unique_ptr<Log> memory_ = MakeMemoryLog(clock_);
  std::unique_ptr<Log> embedded_;
  std::size_t compared_ = 0;
};

TEST(EmbeddedLogDifferential, SameStepsGiveWhatTheLogInMemoryGives) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair pair(seed);
    for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) pair.Step();
    pair.Everything();
    ASSERT_FALSE(testing::Test::HasFailure());
    EXPECT_GT(pair.compared(), 100'000U);
  }
}

}  // namespace
}  // namespace hb
