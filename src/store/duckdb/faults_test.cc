// kill -9, a full disk, two owners: what the store promises then.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <thread>

#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

constexpr std::size_t kPostsAWrite = 700;

class FaultsTest : public ::testing::Test {
 protected:
  FaultsTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           ("hb_store_faults_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    options_.checkpoint_bytes = 1 << 20;  // many checkpoints: kills fall into them too
  }
  ~FaultsTest() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<SqlStore> Open() {
    auto store = MakeDuckdbStore(options_, *env_).value();
    const Status status = store->Open();
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return store;
  }
  /// Write number `n`: its posts, one new window and a new revision of an old one, and the offset.
  static Status WriteNumber(Store& store, std::int64_t n) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {
        SamplePosts(static_cast<std::size_t>(n) * kPostsAWrite, kPostsAWrite)};
    const Aggregate aggregates[] = {SampleAggregate("t", n, 0, 1, 3),
                                    SampleAggregate("all", 0, 0, static_cast<std::uint32_t>(n + 1),
                                                    static_cast<std::uint64_t>(n + 1))};
    const StoreOffset offsets[] = {
        {.topic = "analysis", .partition = Partition{0}, .next = Offset{n + 1}}};
    return store.Write({.analyses = batches, .aggregates = aggregates, .offsets = offsets});
  }
  static std::int64_t Next(Store& store) {
    const auto offsets = store.Offsets().value();
    return offsets.empty() ? 0 : ToInt(offsets[0].next);
  }
  static std::int64_t Int(SqlStore& store, const char* sql) {
    const Result<SqlResult> result = store.Query(sql, {}, {});
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    if (!result.ok()) return -1;
    const auto* value = std::get_if<std::int64_t>(&result.value().rows[0][0]);
    return value == nullptr ? 0 : *value;
  }
  /// Rows and offsets belong together.
  static void CheckWhole(SqlStore& store) {
    const std::int64_t next = Next(store);
    EXPECT_EQ(Int(store, "SELECT count(*) FROM posts"),
              next * static_cast<std::int64_t>(kPostsAWrite));
    EXPECT_EQ(Int(store, "SELECT count(DISTINCT id) FROM posts"),
              next * static_cast<std::int64_t>(kPostsAWrite));
    EXPECT_EQ(Int(store, "SELECT count(*) FROM windows WHERE task = 't'"), next);
    EXPECT_EQ(Int(store, "SELECT max(posts) FROM windows WHERE task = 'all'"), next);
    EXPECT_EQ(Int(store, "SELECT count(*) FROM windows WHERE task = 'all'"), next == 0 ? 0 : 1);
  }

  SystemClock clock_;
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  DuckdbOptions options_;
};

TEST_F(FaultsTest, CommitThatACrashLeftHalfWrittenLeavesNothing) {
  namespace fs = std::filesystem;
  constexpr std::size_t kPosts = 20'000;  // enough for whole row groups, which go past the log
  options_.checkpoint_bytes = std::int64_t{1} << 30;
  const fs::path kept = dir_.string() + "_kept";
  fs::remove_all(kept);
  {
    const auto store = Open();
    const std::shared_ptr<const AnalysisBatch> batches[] = {SamplePosts(0, kPosts)};
    const StoreOffset offsets[] = {
        {.topic = "analysis", .partition = Partition{0}, .next = Offset{1}}};
    ASSERT_TRUE(store->Write({.analyses = batches, .offsets = offsets}).ok());
    fs::copy(dir_, kept);  // as a kill now would leave it
  }
  const std::uint64_t whole = fs::file_size(kept / "store.duckdb.wal");
  int undone = 0;
  for (const std::uint64_t lost : {0, 1, 15, 22, 40, 100, 1000, 5000, 12'000}) {
    if (lost >= whole) continue;
    SCOPED_TRACE("bytes lost: " + std::to_string(lost));
    fs::remove_all(dir_);
    fs::copy(kept, dir_);
    fs::resize_file(dir_ / "store.duckdb.wal", whole - lost);
    const auto store = Open();
    const std::int64_t posts = Int(*store, "SELECT count(*) FROM posts");
    EXPECT_EQ(posts, lost == 0 ? static_cast<std::int64_t>(kPosts) : 0);
    EXPECT_EQ(Next(*store), lost == 0 ? 1 : 0);
    undone += posts == 0;
  }
  EXPECT_GE(undone, 4);
  fs::remove_all(kept);
}

TEST_F(FaultsTest, AKilledWriterLosesNothingAndDoublesNothing) {
  std::mt19937 random(7);
  std::int64_t acknowledged = 0;
  int rounds_mid_run = 0;
  for (int round = 0; round < 6; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      auto store = MakeDuckdbStore(options_, *env_).value();
      if (!store->Open().ok()) ::_exit(1);
      for (std::int64_t n = Next(*store); n < 100'000; ++n) {
        if (!WriteNumber(*store, n).ok()) ::_exit(2);
        const std::int64_t done = n + 1;
        if (::write(pipe_ends[1], &done, sizeof done) != sizeof done) ::_exit(3);
      }
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    // Wait for the first write of this round, then a random time more.
    std::int64_t done = 0;
    ASSERT_EQ(::read(pipe_ends[0], &done, sizeof done), static_cast<ssize_t>(sizeof done));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) ++rounds_mid_run;
    acknowledged = done;
    while (::read(pipe_ends[0], &done, sizeof done) == static_cast<ssize_t>(sizeof done))
      acknowledged = done;
    ::close(pipe_ends[0]);
    const auto store = Open();
    EXPECT_GE(Next(*store), acknowledged);
    EXPECT_LE(Next(*store), acknowledged + 1);  // the one under way may have been finished
    CheckWhole(*store);
  }
  EXPECT_EQ(rounds_mid_run, 6);
  EXPECT_GT(acknowledged, 6);
}

TEST_F(FaultsTest, AFullDiskRefusesWritesAndGoesOnWhenThereIsRoom) {
  // A limit on the size of files stands for the full disk; in a child, for it holds for the whole
  // process.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = MakeDuckdbStore(options_, *env_).value();
    if (!store->Open().ok()) ::_exit(1);
    std::int64_t n = 0;
    for (; n < 3; ++n) {
      if (!WriteNumber(*store, n).ok()) ::_exit(2);
    }
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 3u << 20;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Status status = Ok();
    for (; n < 10'000; ++n) {
      status = WriteNumber(*store, n);
      if (!status.ok()) break;
    }
    if (status.ok()) ::_exit(3);
    if (status.error().code != Code::kExhausted) {
      std::fprintf(stderr, "%s\n", status.error().message.c_str());
      ::_exit(4);
    }
    // Still full: still refused, nothing breaks. What is stored can be read.
    for (int i = 0; i < 3; ++i) {
      status = WriteNumber(*store, n);
      if (status.ok()) break;
      if (status.error().code != Code::kExhausted && status.error().code != Code::kUnavailable)
        ::_exit(5);
    }
    if (!status.ok()) {
      limit.rlim_cur = before;
      ::setrlimit(RLIMIT_FSIZE, &limit);
      if (!WriteNumber(*store, n).ok()) ::_exit(7);
    }
    for (const std::int64_t end = n + 5; ++n < end;) {
      if (!WriteNumber(*store, n).ok()) ::_exit(8);
    }
    store.reset();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  const auto store = Open();
  EXPECT_GT(Next(*store), 8);
  CheckWhole(*store);
}

TEST_F(FaultsTest, TooLittleRoomIsNoticedBeforeWriting) {
  options_.min_free_bytes = 1ll << 60;
  const auto store = Open();
  const Status status = WriteNumber(*store, 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kExhausted);
  CheckWhole(*store);
}

TEST_F(FaultsTest, ASecondOwnerIsRefused) {
  const auto store = Open();
  ASSERT_TRUE(WriteNumber(*store, 0).ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A process of its own, with nothing of ours: DuckDB's lock belongs to processes.
    options_.lock_wait = std::chrono::milliseconds(50);
    auto second = MakeDuckdbStore(options_, *env_).value();
    const Status status = second->Open();
    ::_exit(!status.ok() && status.error().code == Code::kUnavailable ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CheckWhole(*store);
}

TEST_F(FaultsTest, AnOwnerThatLeavesSoonIsWaitedFor) {
  auto first = Open();
  ASSERT_TRUE(WriteNumber(*first, 0).ok());
  std::thread leaves([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    first.reset();
  });
  const auto second = Open();
  leaves.join();
  CheckWhole(*second);
}

TEST_F(FaultsTest, AFileThatIsNoStoreIsCorrupt) {
  std::filesystem::create_directories(dir_);
  std::FILE* file = std::fopen((dir_ / "store.duckdb").c_str(), "wb");
  const std::string junk(300'000, 'x');
  std::fwrite(junk.data(), 1, junk.size(), file);
  std::fclose(file);
  auto store = MakeDuckdbStore(options_, *env_).value();
  const Status status = store->Open();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kCorrupt) << status.error().message;
  EXPECT_EQ(std::filesystem::file_size(dir_ / "store.duckdb"),
            junk.size());  // kept for whoever can read it
}

TEST_F(FaultsTest, AHalfWrittenRewriteIsForgotten) {
  {
    const auto store = Open();
    ASSERT_TRUE(WriteNumber(*store, 0).ok());
  }
  std::FILE* file = std::fopen((dir_ / "store.duckdb.new").c_str(), "wb");
  std::fputs("half", file);
  std::fclose(file);
  const auto store = Open();
  CheckWhole(*store);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "store.duckdb.new"));
}

TEST_F(FaultsTest, ReadersAndTheWriterDoNotDisturbEachOther) {
  const auto store = Open();
  std::atomic<bool> done = false;
  std::atomic<int> answers = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::int64_t last = 0;
      while (!done) {
        const std::int64_t posts = Int(*store, "SELECT count(*) FROM posts");
        EXPECT_GE(posts, last);
        EXPECT_EQ(posts % static_cast<std::int64_t>(kPostsAWrite), 0);
        last = posts;
        ++answers;
      }
    });
  }
  for (std::int64_t n = 0; n < 40; ++n) EXPECT_TRUE(WriteNumber(*store, n).ok());
  // A rewrite swaps the file under the readers.
  Redaction redaction;
  redaction.id = "999999999";
  redaction.key = KeyOf(redaction.id);
  const Redaction redactions[] = {redaction};
  EXPECT_TRUE(store->Write({.redactions = redactions}).ok());
  EXPECT_TRUE(store->Prune(FromMillis(0)).ok());
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(answers, 3);
  CheckWhole(*store);
}

}  // namespace
}  // namespace hb
