// What is deleted, trimmed or replaced leaves the files.
#include <gtest/gtest.h>
#include <pthread.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "log/embedded/opened_log_testing.h"

namespace hb {
namespace {

using embedded::BlankOffsets;
using embedded::Opened;

TEST(EmbeddedLog, PurgeTakesTheBytesOfDeletedRecordsOutOfEveryFile) {
  for (const bool flushed_before : {false, true}) {
    SCOPED_TRACE(flushed_before);
    Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = 256 << 10; });
    const std::string secret = "SECRET-WORDS-OF-A-DELETED-POST", neighbour = "NEIGHBOUR-THAT-STAYS";
    log_test::Append(*opened.log, "a", 0, 1, {"before", secret, neighbour});
    // Files below it, so that the old version lies at the bottom of the tree.
    for (int i = 0; flushed_before && i < 60; ++i) {
      log_test::Append(*opened.log, "a", 0, 1,
                       {log_test::Noise(20'000, static_cast<std::uint64_t>(i))});
    }
    if (flushed_before) opened.Open();
    ASSERT_FALSE(opened.FilesWith(secret).empty()) << "the search would find it";
    BlankOffsets(*opened.log, 0, {Offset{1}});
    ASSERT_FALSE(opened.FilesWith(secret).empty());
    ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
    EXPECT_EQ(opened.FilesWith(secret), std::vector<std::string>());
    EXPECT_FALSE(opened.FilesWith(neighbour).empty());
    for (int round = 0; round < 2; ++round) {
      const auto values = log_test::ReadAll(*opened.log, "a", 0);
      ASSERT_EQ(values.size(), flushed_before ? 63U : 3U);
      EXPECT_EQ(std::vector<std::string>(values.begin(), values.begin() + 3),
                (std::vector<std::string>{"before", "", neighbour}));
      opened.Open();
    }
    EXPECT_EQ(opened.FilesWith(secret), std::vector<std::string>());
  }
}

TEST(EmbeddedLog, PurgeTakesWhatStatesWereOutOfEveryFile) {
  const std::string secret = "WORDS-OF-A-DELETED-POST";
  for (const bool at_the_bottom : {false, true}) {
    SCOPED_TRACE(at_the_bottom);
    Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = 256 << 10; });
    const auto put = [&](const std::string& key, const std::string& value) {
      const auto transaction = std::move(opened.log->Begin("test")).value();
      transaction->PutState("s", Partition{0}, key, value);
      ASSERT_TRUE(log_test::IsOk(transaction->Commit()));
    };
    put("replaced", secret + " a");
    put("deleted", secret + " b");
    for (int i = 0; at_the_bottom && i < 100; ++i)
      put("k" + std::to_string(i), log_test::Noise(20'000, static_cast<std::uint64_t>(i)));
    if (at_the_bottom) opened.Open();
    put("replaced", "c");
    put("deleted", "");
    ASSERT_FALSE(opened.FilesWith(secret).empty());
    ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
    EXPECT_EQ(opened.FilesWith(secret), std::vector<std::string>());
    EXPECT_EQ(opened.log->GetState("s", Partition{0}, "replaced").value(), "c");
    // Not at each call, but within a day.
    put("replaced", secret);
    put("replaced", "d");
    ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
    EXPECT_FALSE(opened.FilesWith(secret).empty());
    opened.clock.Advance(std::chrono::hours(12));
    ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
    EXPECT_EQ(opened.FilesWith(secret), std::vector<std::string>());
    EXPECT_EQ(opened.log->GetState("s", Partition{0}, "replaced").value(), "d");
  }
}

/// A MANIFEST that is slow to take what compactions tell it: their files are then not yet where
/// they will be while somebody else looks for them.
class SlowCompactions final : public rocksdb::FileSystemWrapper {
 public:
  SlowCompactions() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "SlowCompactions"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* dbg) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, dbg);
    if (status.ok() && name.find("MANIFEST") != std::string::npos)
      *file = std::make_unique<SlowFile>(std::move(*file), *this);
    return status;
  }
  std::atomic<bool> slow{false};
  std::atomic<int> waits{0};

 private:
  class SlowFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    SlowFile(std::unique_ptr<rocksdb::FSWritableFile> file, SlowCompactions& owner)
        : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override {
      Wait();
      return target()->Append(data, options, dbg);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* dbg) override {
      Wait();
      return target()->Append(data, options, verification, dbg);
    }

   private:
    void Wait() {
      char name[32] = "";
      pthread_getname_np(pthread_self(), name, sizeof name);
      if (!owner_.slow || !std::string_view(name).starts_with("rocksdb:low")) return;
      ++owner_.waits;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    SlowCompactions& owner_;
  };
};

TEST(EmbeddedLog, PurgeMarksABatchWhoseDeletedRecordHadNoValueWhileFilesMove) {
  const auto files = std::make_shared<SlowCompactions>();
  Opened opened([&](EmbeddedLogOptions& o) {
    o.file_system = files;
    o.cache_bytes = 0;
  });
  // The fourth file of a partition makes RocksDB move the first one down.
  for (int file = 0; file < 3; ++file) {
    log_test::Append(*opened.log, "a", 0, 1, {"kept", "", "kept"});
    opened.Open();
  }
  log_test::Append(*opened.log, "a", 0, 1, {"last"});
  BlankOffsets(*opened.log, 0, {Offset{1}});
  files->slow = true;
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  files->slow = false;
  EXPECT_GT(files->waits, 0);
  std::vector<FetchedBatch> got;
  ASSERT_TRUE(log_test::IsOk(opened.log->Read("a", Partition{0}, Offset{0}, 1, got)));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].blanked);
  EXPECT_EQ(log_test::Values(got), (std::vector<std::string>{"kept", "", "kept"}));
}

TEST(EmbeddedLog, PurgeRewritesOnlyFilesThatHoldSomethingDeleted) {
  Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = o.wal_bytes = 256 << 10; });
  for (int i = 0; i < 100; ++i) {
    log_test::Append(*opened.log, "a", 0, 1,
                     {log_test::Noise(20'000, static_cast<std::uint64_t>(i))});
  }
  opened.Open();
  const auto files = [&] {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(opened.options.path)) {
      std::error_code gone;  // RocksDB deletes files in the background
      const std::uintmax_t bytes = entry.file_size(gone);
      if (entry.path().extension() == ".sst" && !gone && bytes > 40'000)
        out.insert(entry.path().filename());
    }
    return out;
  };
  const std::set<std::string> before = files();
  ASSERT_GT(before.size(), 4U);
  BlankOffsets(*opened.log, 0, {Offset{50}});
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  std::vector<std::string> kept;
  std::ranges::set_intersection(before, files(), std::back_inserter(kept));
  EXPECT_GE(kept.size(), before.size() - 2);
  EXPECT_LT(kept.size(), before.size());
  EXPECT_EQ(log_test::ReadAll(*opened.log, "a", 0).at(50), "");
  EXPECT_EQ(log_test::ReadAll(*opened.log, "a", 0).at(51), log_test::Noise(20'000, 51));
}

TEST(EmbeddedLog, TrimmedBytesLeaveTheDisk) {
  Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = o.wal_bytes = 256 << 10; });
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"a", 2, -1, 500'000})));
  for (int i = 0; i < 200; ++i) {
    log_test::Append(*opened.log, "a", i % 2, 1,
                     {log_test::Noise(20'000, static_cast<std::uint64_t>(i))});
    opened.clock.Advance(std::chrono::milliseconds(1));
  }
  ASSERT_GT(opened.log->DiskBytes(), 3'500'000);
  ASSERT_TRUE(log_test::IsOk(opened.log->Trim(opened.clock.Now())));
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  EXPECT_LT(opened.log->DiskBytes(), 1'200'000);
  const auto values = log_test::ReadAll(*opened.log, "a", 1);
  ASSERT_FALSE(values.empty());
  EXPECT_EQ(values.back(), log_test::Noise(20'000, 199));
}

TEST(EmbeddedLog, CompactedBytesLeaveTheDisk) {
  Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = o.wal_bytes = 256 << 10; });
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"c", 1, -1, -1, /*compacted=*/true})));
  for (std::uint64_t i = 0; i < 200; ++i)
    log_test::Append(*opened.log, "c", 0, 1 + i % 2, {log_test::Noise(20'000, i)});
  ASSERT_GT(opened.log->DiskBytes(), 3'500'000);
  ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  EXPECT_LT(opened.log->DiskBytes(), 700'000);
  std::vector<std::string> expected(198);
  expected.push_back(log_test::Noise(20'000, 198));
  expected.push_back(log_test::Noise(20'000, 199));
  EXPECT_EQ(log_test::ReadAll(*opened.log, "c", 0), expected);
}

TEST(EmbeddedLog, WhatWasCompactedIsNotWrittenAnewAfterAStart) {
  Opened opened([](EmbeddedLogOptions& o) { o.memtable_bytes = o.wal_bytes = 256 << 10; });
  ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"c", 1, -1, -1, /*compacted=*/true})));
  for (std::uint64_t i = 0; i < 100; ++i)
    log_test::Append(*opened.log, "c", 0, 1 + i % 2, {log_test::Noise(20'000, i)});
  ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  const auto expected = log_test::ReadAll(*opened.log, "c", 0);
  opened.Open();
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::recursive_directory_iterator(opened.options.path)) {
      if (file.path().extension() == ".sst") names.insert(file.path().filename());
    }
    return names;
  };
  const std::set<std::string> before = files();
  ASSERT_FALSE(before.empty());
  ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
  ASSERT_TRUE(log_test::IsOk(opened.log->PurgeBlanked()));
  for (const std::string& name : files()) {
    // Fewer is right: the store may only now take out a file that it was done with.
    EXPECT_TRUE(before.contains(name)) << name << " was written";
  }
  EXPECT_EQ(log_test::ReadAll(*opened.log, "c", 0), expected);
  // What is replaced from here on goes as ever.
  log_test::Append(*opened.log, "c", 0, 1, {log_test::Noise(20'000, 100)});
  ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
  EXPECT_EQ(log_test::ReadAll(*opened.log, "c", 0)[98], "");
}

TEST(EmbeddedLog, CompactionRemembersNoMoreKeysThanItMay) {
  constexpr std::uint64_t kKeys = 12'000, kPerBatch = 200;  // more than one piece of deletes
  constexpr std::size_t kMost = 800;
  for (const bool bounded : {false, true}) {
    Opened opened([&](EmbeddedLogOptions& o) {
      if (bounded) o.max_compacted_keys = kMost;
    });
    ASSERT_TRUE(log_test::IsOk(opened.log->EnsureTopic({"c", 1, -1, -1, /*compacted=*/true})));
    const auto write_all = [&](const std::string& revision) {
      for (std::uint64_t key = 1; key <= kKeys; key += kPerBatch) {
        log_test::Append(*opened.log, "c", 0, key, std::vector<std::string>(kPerBatch, revision));
        // One that comes again before half as many others is always remembered.
        log_test::Append(*opened.log, "c", 0, kKeys + 1, {"often"});
      }
    };
    // Both found by one run, which looks at all of them; then by one that knows of an earlier.
    write_all("first");
    write_all("second");
    ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
    write_all("third");
    ASSERT_TRUE(log_test::IsOk(opened.log->Compact()));
    std::map<std::string, std::size_t> left;
    for (const std::string& value : log_test::ReadAll(*opened.log, "c", 0)) ++left[value];
    EXPECT_EQ(left["third"], kKeys) << "the last revision stays whatever was forgotten";
    EXPECT_EQ(left["often"], 1u);
    EXPECT_EQ(left["first"], bounded ? kKeys : 0);
    EXPECT_EQ(left["second"], bounded ? kKeys : 0);
  }
}

}  // namespace
}  // namespace hb
