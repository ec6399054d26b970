// The embedded log on a disk that fails: nothing acknowledged is lost, and what is lost is the end.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "log/embedded/faulty_file_system.h"
#include "env/temporary_folder.h"
#include "log/log_testing.h"

namespace hb {
namespace {

using embedded::FaultyFileSystem;
using log_test::IsOk;

/// A log on a faulty disk, and a writer whose commit number i can be told from what the log holds.
class FaultyLog {
 public:
  explicit FaultyLog(std::uint64_t seed)
      : disk_(std::make_shared<FaultyFileSystem>(seed)), random_(seed) {
    options_.path = folder_.path() + "/log";
    options_.file_system = disk_;
    options_.sync_every =
        std::chrono::hours(1);  // only WaitDurable syncs, so a seed tells the story
    options_.min_free_bytes = 0;
    options_.cache_bytes = 0;
    options_.memtable_bytes = options_.wal_bytes = 96 << 10;
  }
  FaultyFileSystem& disk() { return *disk_; }
  Log& log() { return *log_; }
  EmbeddedLogOptions& options() { return options_; }
  ManualClock& clock() { return clock_; }
  void Close() { log_.reset(); }
  Status Open() {
    HB_ASSIGN(log_, OpenEmbeddedLog(options_, env_));
    for (const char* topic : {"in", "out"}) HB_TRY(log_->EnsureTopic({topic, 2, -1, -1}));
    return Ok();
  }

  /// What commit `i` wrote, by the seed and the number alone.
  struct Step {
    std::vector<std::pair<std::pair<std::string, std::int32_t>, std::vector<std::string>>> outputs;
  };
  static Step StepOf(std::uint64_t i) {
    std::mt19937_64 random(i);
    Step step;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      std::vector<std::string> values;
      for (std::uint64_t rows = 1 + random() % 8; rows > 0; --rows) {
        values.push_back(std::to_string(i) + ":" + log_test::Noise(random() % 600, random()));
      }
      const char* topic = random() % 2 == 0 ? "in" : "out";
      step.outputs.emplace_back(
          std::pair<std::string, std::int32_t>(topic, static_cast<std::int32_t>(random() % 2)),
          std::move(values));
    }
    return step;
  }
  std::unique_ptr<Transaction> Prepare(std::uint64_t i) {
    auto transaction = log_->Begin("writer");
    EXPECT_TRUE(IsOk(transaction));
    for (const auto& [where, values] : StepOf(i).outputs) {
      EXPECT_TRUE(IsOk(transaction.value()->Append(where.first, Partition{where.second},
                                                   log_test::MakeBatch(i, values))));
    }
    transaction.value()->CommitOffset("g", "in", Partition{0},
                                      Offset{static_cast<std::int64_t>(i)});
    transaction.value()->PutState("s", Partition{0}, "last", std::to_string(i));
    transaction.value()->PutState("s", Partition{0}, "n" + std::to_string(i % 7),
                                  std::to_string(i));
    return std::move(transaction).value();
  }

  /// The number of the last commit in the log, having checked that the log holds those before and
  /// it, and nothing else.
  std::uint64_t CheckPrefix() {
    const auto last = log_->GetState("s", Partition{0}, "last");
    const std::uint64_t count = last.ok() ? std::stoull(last.value()) : 0;
    std::map<std::pair<std::string, std::int32_t>, std::vector<std::string>> expected;
    std::map<std::string, std::string> states;
    for (std::uint64_t i = 1; i <= count; ++i) {
      for (const auto& [where, values] : StepOf(i).outputs) {
        auto& all = expected[where];
        all.insert(all.end(), values.begin(), values.end());
      }
      states["last"] = states["n" + std::to_string(i % 7)] = std::to_string(i);
    }
    for (const char* topic : {"in", "out"}) {
      for (std::int32_t p = 0; p < 2; ++p) {
        EXPECT_EQ(log_test::ReadAll(*log_, topic, p), (expected[{topic, p}])) << topic << p;
      }
    }
    std::map<std::string, std::string> stored;
    EXPECT_TRUE(
        IsOk(log_->ScanState("s", Partition{0}, [&](std::string_view key, std::string_view value) {
          stored[std::string(key)] = std::string(value);
          return true;
        })));
    EXPECT_EQ(stored, states);
    std::int64_t committed = 0;
    for (const GroupOffset& offset : log_->GroupOffsets().value())
      committed = ToInt(offset.committed);
    EXPECT_EQ(committed, static_cast<std::int64_t>(count));
    return count;
  }
  std::uint64_t Random(std::uint64_t below) { return random_() % below; }

 private:
  TemporaryFolder folder_;
  std::shared_ptr<FaultyFileSystem> disk_;
  std::mt19937_64 random_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, folder_.path()};
  EmbeddedLogOptions options_;
  std::unique_ptr<Log> log_;
};

/// 1 .. count, or one seed, or more of them: HB_FAULT_SEED=17, HB_FAULT_SEEDS=1000.
std::vector<std::uint64_t> Seeds(std::uint64_t count) {
  if (const char* one = std::getenv("HB_FAULT_SEED")) return {std::stoull(one)};
  if (const char* many = std::getenv("HB_FAULT_SEEDS")) count = std::stoull(many);
  std::vector<std::uint64_t> seeds(count);
  for (std::uint64_t i = 0; i < count; ++i) seeds[i] = i + 1;
  return seeds;
}

TEST(EmbeddedLogFault, PowerCutsTakeOnlyTheEndAndNothingAcknowledged) {
  std::uint64_t lost_commits = 0, lost_bytes = 0, kept = 0, cuts_while_opening = 0;
  for (const std::uint64_t seed : Seeds(5)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FaultyLog faulty(seed);
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 6; ++round) {
      SCOPED_TRACE("round " + std::to_string(round));
      // Some cuts strike while the log is being opened.
      faulty.disk().CutAfter(1 + faulty.Random(faulty.Random(4) == 0 ? 60 : 900));
      std::uint64_t attempted = acknowledged;
      if (faulty.Open().ok()) {
        const std::uint64_t held = faulty.CheckPrefix();
        ASSERT_GE(held, acknowledged);
        attempted = held;
        while (true) {
          auto transaction = faulty.Prepare(attempted + 1);
          const auto mark = transaction->Commit();
          ++attempted;
          if (!mark.ok()) break;
          if (faulty.Random(8) == 0 && faulty.log().WaitDurable(mark.value()).ok())
            acknowledged = attempted;
          if (faulty.Random(60) == 0 && !faulty.log().PurgeBlanked().ok()) break;
        }
      } else {
        ++cuts_while_opening;
      }
      faulty.Close();
      ASSERT_TRUE(faulty.disk().off()) << "the cut must have struck";
      lost_bytes += faulty.disk().Lose();
      ASSERT_TRUE(IsOk(faulty.Open()));
      const std::uint64_t held = faulty.CheckPrefix();
      ASSERT_GE(held, acknowledged);
      ASSERT_LE(held, std::max(attempted, acknowledged));
      lost_commits += std::max(attempted, held) - held;
      kept += held - acknowledged;
      acknowledged = held;
      faulty.Close();
      if (testing::Test::HasFailure()) return;
    }
  }
  // The test would prove nothing if the disk had lost nothing.
  if (Seeds(5).size() < 5) return;  // one seed asked for by hand may lose nothing
  EXPECT_GT(lost_commits, 25U);
  EXPECT_GT(lost_bytes, 10'000U);
  EXPECT_GT(kept, 0U);
  EXPECT_GT(cuts_while_opening, 0U);
}

TEST(EmbeddedLogFault, LogGoesOnAfterACallThatFailedOrWasTorn) {
  std::uint64_t failed_commits = 0, struck = 0;
  for (const std::uint64_t seed : Seeds(8)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FaultyLog faulty(seed);
    ASSERT_TRUE(IsOk(faulty.Open()));
    std::uint64_t done = 0;
    for (int fault = 0; fault < 4; ++fault) {
      SCOPED_TRACE("fault " + std::to_string(fault));
      switch (faulty.Random(3)) {
        case 0: faulty.disk().FailAfter(1 + faulty.Random(60)); break;
        case 1: faulty.disk().TearAfter(1 + faulty.Random(40)); break;
        case 2: faulty.disk().FailSyncAfter(1 + faulty.Random(4)); break;
      }
      for (int i = 0; i < 120; ++i) {
        auto transaction = faulty.Prepare(done + 1);
        Result<std::uint64_t> mark = transaction->Commit();
        // The writer repeats what failed, as the pipeline does.
        for (int tries = 0; !mark.ok() && tries < 20; ++tries) {
          EXPECT_EQ(mark.error().code, Code::kUnavailable) << mark.error().message;
          ++failed_commits;
          mark = transaction->Commit();
        }
        ASSERT_TRUE(IsOk(mark));
        ++done;
        if (faulty.Random(10) == 0) {
          Status durable = faulty.log().WaitDurable(mark.value());
          for (int tries = 0; !durable.ok() && tries < 20; ++tries) {
            EXPECT_EQ(durable.error().code, Code::kUnavailable);
            durable = faulty.log().WaitDurable(mark.value());
          }
          ASSERT_TRUE(IsOk(durable));
        }
      }
      EXPECT_EQ(faulty.CheckPrefix(), done);
      faulty.disk().Disarm();
    }
    struck += faulty.disk().struck();
    faulty.Close();
    ASSERT_TRUE(IsOk(faulty.Open()));
    EXPECT_EQ(faulty.CheckPrefix(), done)
        << "a commit that failed and was repeated must be there once";
    if (testing::Test::HasFailure()) return;
  }
  if (Seeds(8).size() < 5) return;
  EXPECT_GT(failed_commits, 5U);
  EXPECT_GT(struck, 10U);
}

TEST(EmbeddedLogFault, FullDiskStopsCommitsAndTheyGoOnWhenThereIsRoom) {
  for (const std::uint64_t seed : Seeds(4)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FaultyLog faulty(seed);
    // Without a floor the disk itself says no; with one we stop before it does.
    faulty.options().min_free_bytes = seed % 2 == 0 ? 0 : 200'000;
    ASSERT_TRUE(IsOk(faulty.Open()));
    faulty.disk().SetDiskBytes(400'000 + faulty.Random(200'000));
    std::uint64_t done = 0;
    for (int times = 0; times < 2; ++times) {
      // What RocksDB clears away meanwhile may make room for some more.
      std::unique_ptr<Transaction> transaction;
      Result<std::uint64_t> mark = std::uint64_t{0};
      for (int refused = 0; refused < 4;) {
        if (mark.ok()) transaction = faulty.Prepare(done + 1);
        mark = transaction->Commit();
        if (mark.ok()) {
          ++done;
          refused = 0;
        } else if (++refused == 1) {
          EXPECT_EQ(mark.error().code, Code::kExhausted) << mark.error().message;
        }
        ASSERT_LT(done, 100'000U);
      }
      EXPECT_EQ(faulty.CheckPrefix(), done) << "reading goes on";
      faulty.disk().SetDiskBytes(2'500'000 + static_cast<std::uint64_t>(times) * 6'000'000);
      // RocksDB may be recovering by itself at this moment, and says so.
      mark = transaction->Commit();
      for (int tries = 0; !mark.ok() && tries < 100; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        mark = transaction->Commit();
      }
      ASSERT_TRUE(IsOk(mark));
      ++done;
      EXPECT_EQ(faulty.CheckPrefix(), done);
    }
    faulty.disk().SetDiskBytes(0);
    faulty.Close();
    ASSERT_TRUE(IsOk(faulty.Open()));
    EXPECT_EQ(faulty.CheckPrefix(), done);
    if (testing::Test::HasFailure()) return;
  }
}

/// A disk on which no write-ahead file can be made while `on`.
class NoNewLogs final : public rocksdb::FileSystemWrapper {
 public:
  NoNewLogs() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "NoNewLogs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override {
    if (on && name.ends_with(".log")) {
      ++struck;
      return rocksdb::IOStatus::IOError("injected fault");
    }
    return target()->NewWritableFile(name, options, file, dbg);
  }
  std::atomic<bool> on{false};
  std::atomic<int> struck{0};
};

TEST(EmbeddedLogFault, LogGoesOnWhenTwoPartitionsAreFullAndNoWriteAheadFileCanBeMade) {
  const TemporaryFolder folder;
  ManualClock clock{FromMillis(1'700'000'000'000)};
  Env env{clock, folder.path()};
  const auto disk = std::make_shared<NoNewLogs>();
  EmbeddedLogOptions options;
  options.path = folder.path() + "/log";
  options.file_system = disk;
  options.min_free_bytes = 0;
  options.memtable_bytes = 3 * (64 << 10);  // a third of it for each partition
  auto log = OpenEmbeddedLog(options, env);
  ASSERT_TRUE(IsOk(log));
  ASSERT_TRUE(IsOk(log.value()->EnsureTopic({"in", 2, -1, -1})));
  std::vector<std::string> expected;
  for (int times = 0; times < 2; ++times) {
    disk->on = true;
    disk->struck = 0;
    std::unique_ptr<Transaction> transaction;
    Result<std::uint64_t> mark = std::uint64_t{0};
    while (mark.ok()) {
      ASSERT_LT(expected.size(), 10'000U);
      transaction = std::move(log.value()->Begin("writer")).value();
      expected.push_back(std::to_string(expected.size()) + log_test::Noise(500, expected.size()));
      for (const int p : {0, 1}) {
        const auto batch = log_test::MakeBatch(expected.size(), {expected.back()});
        ASSERT_TRUE(IsOk(transaction->Append("in", Partition{p}, batch)));
      }
      mark = transaction->Commit();
    }
    EXPECT_EQ(mark.error().code, Code::kUnavailable) << mark.error().message;
    EXPECT_GT(disk->struck, 0);
    EXPECT_FALSE(transaction->Commit().ok());
    disk->on = false;
    ASSERT_TRUE(IsOk(transaction->Commit()));
  }
  for (int opened = 0; opened < 2; ++opened) {
    for (const int p : {0, 1}) EXPECT_EQ(log_test::ReadAll(*log.value(), "in", p), expected) << p;
    log.value().reset();
    log = OpenEmbeddedLog(options, env);
    ASSERT_TRUE(IsOk(log));
  }
}

}  // namespace
}  // namespace hb
