#include "log/embedded/embedded_log.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "env/temporary_folder.h"
#include "log/embedded/opened_log_testing.h"
#include "log/log_conformance.h"

namespace hb {
namespace {

using embedded::BlankOffsets;
using embedded::Opened;

class EmbeddedFixture final : public LogFixture {
 public:
  explicit EmbeddedFixture(EmbeddedLogOptions options) : options_(std::move(options)) {
    options_.path = folder_.path() + "/log";
    Open();
  }
  Log& log() override { return *log_; }
  EventTime Now() override { return clock_.Now(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  bool Reopen() override {
    log_.reset();
    Open();
    return true;
  }

 private:
  void Open() {
    auto opened = OpenEmbeddedLog(options_, env_);
    ASSERT_TRUE(log_test::IsOk(opened));
    log_ = std::move(opened).value();
  }

  TemporaryFolder folder_;
  EmbeddedLogOptions options_;
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, folder_.path()};
  std::unique_ptr<Log> log_;
};

LogUnderTest Variant(const std::string& name,
                     const std::function<void(EmbeddedLogOptions&)>& change) {
  return {name, [change] {
            EmbeddedLogOptions options;
            options.min_free_bytes = 0;
            change(options);
            return std::make_unique<EmbeddedFixture>(options);
          }};
}

INSTANTIATE_TEST_SUITE_P(Embedded, LogConformance,
                         testing::Values(Variant("plain", [](EmbeddedLogOptions&) {}),
                                         Variant("no_cache",
                                                 [](EmbeddedLogOptions& o) { o.cache_bytes = 0; }),
                                         Variant("packed_no_cache",
                                                 [](EmbeddedLogOptions& o) {
                                                   o.compress = true;
                                                   o.cache_bytes = 0;
                                                 }),
                                         Variant("tiny_memtables",
                                                 [](EmbeddedLogOptions& o) {
                                                   o.memtable_bytes = o.wal_bytes = 64 << 10;
                                                   o.cache_bytes = 1000;
                                                 }),
                                         Variant("sync_always",
                                                 [](EmbeddedLogOptions& o) {
                                                   o.sync_every = std::chrono::milliseconds(0);
                                                 })),
                         LogTestName);

TEST(EmbeddedLog, SecondOpenerIsToldWhoHasTheFolder) {
  Opened opened;
  const auto second = OpenEmbeddedLog(opened.options, opened.env);
  ASSERT_EQ(log_test::CodeOf(second), Code::kUnavailable);
  EXPECT_NE(second.error().message.find("is in use by another heartbeat (pid " +
                                        std::to_string(getpid())),
            std::string::npos)
      << second.error().message;
}

TEST(EmbeddedLog, SecondProcessIsToldWhoHasTheFolder) {
  Opened opened;
  const pid_t child = fork();
  if (child == 0) {
    const auto second = OpenEmbeddedLog(opened.options, opened.env);
    const std::string wanted = "(pid " + std::to_string(getppid()) + ")";
    _exit(!second.ok() && second.error().message.find(wanted) != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(EmbeddedLog, FolderOfAnotherFormatOrNoFolderIsRefused) {
  TemporaryFolder folder;
  ManualClock clock(FromMillis(0));
  Env env{clock, folder.path()};
  EmbeddedLogOptions options;
  options.path = folder.path() + "/no/such/parent";
  EXPECT_EQ(log_test::CodeOf(OpenEmbeddedLog(options, env)), Code::kInvalidArgument);
  options.path = "";
  EXPECT_EQ(log_test::CodeOf(OpenEmbeddedLog(options, env)), Code::kInvalidArgument);
  options.path = folder.path();
  std::ofstream(folder.path() + "/CURRENT") << "MANIFEST-of-nothing\n";
  EXPECT_FALSE(OpenEmbeddedLog(options, env).ok());
}

TEST(EmbeddedLog, BudgetStopsIntakeFirstAndLetsReadersMakeRoom) {
  Opened opened([](EmbeddedLogOptions& o) { o.budget_bytes = 4 << 20; });
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 2, 1000, -1})));
  auto consumer =
      opened.log->Subscribe("g", std::vector<std::string>{"a"}, Visibility::kAppended, 0, 1);
  std::unique_ptr<Transaction> intake;
  std::int64_t written = 0;
  const auto begin = [&] {
    intake = std::move(opened.log->Begin("intake")).value();
    ASSERT_TRUE(log_test::IsOk(intake->Append(
        "a", Partition{0},
        log_test::MakeBatch(1, {log_test::Noise(50'000, static_cast<std::uint64_t>(written))}))));
  };
  begin();
  // What is on its way from the write-ahead log into a file is there twice for a moment: full is
  // what stays full.
  Result<std::uint64_t> mark = std::uint64_t{0};
  for (int full = 0; full < 10;) {
    mark = intake->Commit();
    if (mark.ok()) {
      full = 0;
      ASSERT_LT(++written, 1000);
      begin();
    } else {
      ++full;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  EXPECT_EQ(mark.error().code, Code::kExhausted);
  EXPECT_NE(mark.error().message.find("of the 4 MiB it may have"), std::string::npos)
      << mark.error().message;
  EXPECT_GT(written, 40);
  EXPECT_LT(opened.log->DiskBytes(), (4 << 20) / 4 * 5);
  opened.clock.Advance(std::chrono::milliseconds(5000));
  ASSERT_TRUE(log_test::IsOk(opened.log->Trim(opened.clock.Now())));
  EXPECT_EQ(log_test::CodeOf(intake->Commit()), Code::kExhausted) << "the group has not read it";
  // A stage that consumes may still write what it makes of it.
  auto stage = std::move(opened.log->Begin("stage")).value();
  ASSERT_TRUE(log_test::IsOk(
      stage->Append("a", Partition{1}, log_test::MakeBatch(1, {log_test::Noise(50'000)}))));
  stage->CommitOffset("g", "a", Partition{0}, Offset{written});
  ASSERT_TRUE(log_test::IsOk(stage->Commit()));
  ASSERT_TRUE(log_test::IsOk(opened.log->Trim(opened.clock.Now())));
  EXPECT_TRUE(log_test::IsOk(intake->Commit()));
}

TEST(EmbeddedLog, DiskFloorStopsIntake) {
  Opened opened([](EmbeddedLogOptions& o) { o.min_free_bytes = std::int64_t{1} << 60; });
  auto intake = std::move(opened.log->Begin("intake")).value();
  ASSERT_TRUE(log_test::IsOk(intake->Append("a", Partition{0}, log_test::MakeBatch(1, {"x"}))));
  EXPECT_EQ(log_test::CodeOf(intake->Commit()), Code::kExhausted);
  auto reader = std::move(opened.log->Begin("reader")).value();
  reader->CommitOffset("g", "a", Partition{0}, Offset{0});
  EXPECT_TRUE(log_test::IsOk(reader->Commit())) << "offsets alone need no room";
}

TEST(EmbeddedLog, DurableConsumerIsNotShownWhatIsNotSynced) {
  Opened opened([](EmbeddedLogOptions& o) { o.sync_every = std::chrono::hours(1); });
  auto durable =
      opened.log->Subscribe("d", std::vector<std::string>{"a"}, Visibility::kDurable, 0, 1);
  auto appended =
      opened.log->Subscribe("p", std::vector<std::string>{"a"}, Visibility::kAppended, 0, 1);
  const std::uint64_t mark = log_test::Append(*opened.log, "a", 0, 1, {"x"});
  EXPECT_EQ(log_test::PollAll(*appended.value()), (std::vector<std::string>{"x"}));
  EXPECT_EQ(durable.value()->Lag(), 0);
  EXPECT_TRUE(log_test::PollAll(*durable.value()).empty());
  ASSERT_TRUE(log_test::IsOk(opened.log->WaitDurable(mark)));
  EXPECT_EQ(log_test::PollAll(*durable.value()), (std::vector<std::string>{"x"}));
  EXPECT_EQ(log_test::CodeOf(opened.log->WaitDurable(mark + 1)), Code::kInvalidArgument);
}

TEST(EmbeddedLog, SyncComesByItselfWithinItsInterval) {
  Opened opened([](EmbeddedLogOptions& o) { o.sync_every = std::chrono::milliseconds(5); });
  auto durable =
      opened.log->Subscribe("d", std::vector<std::string>{"a"}, Visibility::kDurable, 0, 1);
  log_test::Append(*opened.log, "a", 0, 1, {"x"});
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(durable.value()->Poll(std::chrono::seconds(60), 1 << 20, got)));
  EXPECT_EQ(log_test::Values(got), (std::vector<std::string>{"x"}));
}

class SizedPayload final : public Payload {
 public:
  explicit SizedPayload(std::size_t bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t memory() const override { return bytes_; }

 private:
  const std::size_t bytes_;
};

TEST(EmbeddedLog, NewestBatchesKeepTheirPayloadUntilTheCacheIsFull) {
  Opened opened([](EmbeddedLogOptions& o) { o.cache_bytes = 1'000'000; });
  for (int i = 0; i < 4; ++i) {
    auto batch = log_test::MakeBatch(1, {"x", "y"});
    batch->native = std::make_shared<SizedPayload>(300'000);
    auto transaction = std::move(opened.log->Begin("test")).value();
    ASSERT_TRUE(log_test::IsOk(transaction->Append("a", Partition{i % 2}, batch)));
    ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
  }
  const auto native = [&](std::int32_t partition) {
    std::vector<FetchedBatch> got;
    EXPECT_TRUE(
        log_test::IsOk(opened.log->Read("a", Partition{partition}, Offset{0}, 1 << 20, got)));
    std::vector<bool> out;
    for (const FetchedBatch& batch : got) out.push_back(batch.records->native != nullptr);
    return out;
  };
  EXPECT_EQ(native(0), (std::vector<bool>{false}))
      << "read from the files up to where the cache begins";
  EXPECT_EQ(native(1), (std::vector<bool>{true, true}));
  BlankOffsets(*opened.log, 1, {Offset{3}});
  EXPECT_EQ(native(1), (std::vector<bool>{true, false}));
}

TEST(EmbeddedLog, ADeleteCopiesOnlyTheBatchThatItEmpties) {
  Opened opened([](EmbeddedLogOptions&) {});
  for (int i = 0; i < 4; ++i) log_test::Append(*opened.log, "a", 0, 1, {"x", "y", "z"});
  const auto batches = [&] {
    std::vector<FetchedBatch> got;
    EXPECT_TRUE(log_test::IsOk(opened.log->Read("a", Partition{0}, Offset{0}, 1 << 20, got)));
    std::vector<std::shared_ptr<const RecordBatch>> out;
    for (const FetchedBatch& batch : got) out.push_back(batch.records);
    return out;
  };
  const auto before = batches();
  ASSERT_EQ(before, batches()) << "they are in memory";
  BlankOffsets(*opened.log, 0, {Offset{10}, Offset{3}, Offset{5}});
  const auto after = batches();
  EXPECT_EQ(after[0], before[0]);
  EXPECT_NE(after[1], before[1]);
  EXPECT_EQ(after[2], before[2]);
  EXPECT_NE(after[3], before[3]);
  EXPECT_EQ(log_test::ReadAll(*opened.log, "a", 0),
            (std::vector<std::string>{"x", "y", "z", "", "y", "", "x", "y", "z", "x", "", "z"}));
  EXPECT_EQ(before[1]->values[0], "x") << "who holds the old batch may finish with it";
  // Again, and one more: what is empty already is no reason to copy.
  BlankOffsets(*opened.log, 0, {Offset{3}, Offset{10}, Offset{0}});
  const auto again = batches();
  EXPECT_NE(again[0], after[0]);
  for (const std::size_t i : {1, 2, 3}) EXPECT_EQ(again[i], after[i]);
}

TEST(EmbeddedLog, DamagedBatchIsNamed) {
  Opened opened([](EmbeddedLogOptions& o) { o.cache_bytes = 0; });
  log_test::Append(*opened.log, "a", 1, 1, {log_test::Noise(5000)});
  log_test::Append(*opened.log, "a", 1, 1, {"DAMAGE-ME-PLEASE" + log_test::Noise(5000)});
  log_test::Append(*opened.log, "a", 1, 1, {log_test::Noise(5000)});
  opened.Open();  // writes a file
  opened.log.reset();
  int damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(opened.options.path)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    const std::size_t at = bytes.find("DAMAGE-ME");
    if (at == std::string::npos) continue;
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file.put('X');
    ++damaged;
  }
  ASSERT_GT(damaged, 0);
  opened.Open();
  std::vector<FetchedBatch> got;
  const Status read = opened.log->Read("a", Partition{1}, Offset{0}, 1 << 20, got);
  ASSERT_EQ(log_test::CodeOf(read), Code::kCorrupt);
  EXPECT_NE(read.error().message.find("topic a, partition 1, offset 1"), std::string::npos)
      << read.error().message;
  ASSERT_EQ(got.size(), 1U) << "what is intact is given";
}

EmbeddedLogOptions SmallFiles(const std::string& folder) {
  EmbeddedLogOptions options;
  options.path = folder + "/log";
  options.memtable_bytes = options.wal_bytes = 1 << 20;
  return options;
}

/// Commits one record after another, noting each in `folder`/done, until another thread kills the
/// process.
void WriteUntilKilled(const std::string& folder, std::uint64_t kill_at) {
  ManualClock clock(FromMillis(0));
  Env env{clock, folder};
  auto log = OpenEmbeddedLog(SmallFiles(folder), env);
  if (!log.ok() || !log.value()->EnsureTopic({"a", 1, -1, -1}).ok()) return;
  std::ofstream done(folder + "/done", std::ios::binary);
  std::atomic<std::uint64_t> count{0};
  std::thread killer([&] {
    while (count < kill_at) std::this_thread::yield();
    kill(getpid(), SIGKILL);
  });
  for (std::uint64_t i = 0;; ++i) {
    auto transaction = log.value()->Begin("w");
    if (!transaction.value()
             ->Append("a", Partition{0},
                      log_test::MakeBatch(i, {std::to_string(i) + log_test::Noise(3000, i)}))
             .ok() ||
        !transaction.value()->Commit().ok()) {
      break;
    }
    done.put('.').flush();
    ++count;
  }
  killer.join();
}

TEST(EmbeddedLogDeathTest, KilledProcessLosesNothingThatWasCommitted) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // The child runs this test from its beginning, in the folders that its parent made.
  const char* inherited = std::getenv("HB_LOG_KILL_FOLDER");
  const TemporaryFolder made;
  const std::string root = inherited != nullptr ? inherited : made.path();
  ASSERT_EQ(setenv("HB_LOG_KILL_FOLDER", root.c_str(), 1), 0);
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    const std::string folder = root + "/" + std::to_string(round);
    std::filesystem::create_directories(folder);
    const auto kill_at = 100 + 300 * static_cast<std::uint64_t>(round);
    EXPECT_EXIT(WriteUntilKilled(folder, kill_at), testing::KilledBySignal(SIGKILL), "");
    const std::uint64_t committed = std::filesystem::file_size(folder + "/done");
    ASSERT_GE(committed, kill_at);
    ManualClock clock(FromMillis(0));
    Env env{clock, folder};
    auto log = OpenEmbeddedLog(SmallFiles(folder), env);
    ASSERT_TRUE(log_test::IsOk(log));
    const auto values = log_test::ReadAll(*log.value(), "a", 0);
    ASSERT_GE(values.size(), committed);
    ASSERT_LE(values.size(), committed + 1);
    for (std::uint64_t n = 0; n < values.size(); ++n) {
      ASSERT_EQ(values[n], std::to_string(n) + log_test::Noise(3000, n));
    }
  }
  unsetenv("HB_LOG_KILL_FOLDER");
}

TEST(EmbeddedLog, EntryOpensALogInTheDataFolder) {
  TemporaryFolder folder;
  ManualClock clock(FromMillis(0));
  Env env{clock, folder.path()};
  const auto settings = Settings::Parse(log_embedded::kEntry.fields, {{"sync_every_ms", "5ms"}});
  ASSERT_TRUE(log_test::IsOk(settings));
  ASSERT_TRUE(log_test::IsOk(log_embedded::kEntry.make(settings.value(), env)));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/log/CURRENT"));
  const auto negative = Settings::Parse(log_embedded::kEntry.fields,
                                        {{"min_free_bytes", "1GiB"}, {"path", "/no/such/x"}});
  ASSERT_TRUE(log_test::IsOk(negative));
  EXPECT_EQ(log_test::CodeOf(log_embedded::kEntry.make(negative.value(), env)),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace hb
