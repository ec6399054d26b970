// A MANIFEST that RocksDB wrote, with all that a power cut can do to its end.
#include "log/embedded/manifest_end.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "env/temporary_folder.h"
#include "log/log_testing.h"

namespace hb::embedded {
namespace {

using log_test::IsOk;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
std::string ManifestPath(const std::string& folder) {
  std::string name = Contents(folder + "/CURRENT");
  name.pop_back();
  return folder + "/" + name;
}

/// Bytes that look like a record of the right length: what RocksDB does not take for an end.
std::string Garbage(std::size_t size, std::uint64_t seed) {
  std::string bytes = log_test::Noise(size, seed);
  if (size > 7) bytes.replace(4, 3, {static_cast<char>(std::min<std::size_t>(size - 7, 90)), 0, 1});
  return bytes;
}

/// Of more than one block, so that records are split over the border of two.
std::string LongManifest() {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, path, &db).ok());
  for (int i = 0; i < 20; ++i) {
    rocksdb::ColumnFamilyHandle* family = nullptr;
    const std::string name = std::to_string(i) + std::string(4000, 'f');
    EXPECT_TRUE(db->CreateColumnFamily(rocksdb::ColumnFamilyOptions(), name, &family).ok());
    EXPECT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  }
  delete db;
  return Contents(ManifestPath(path));
}

TEST(ManifestEnd, WhateverTheLastSectorHoldsTheRecordsBeforeItAreFound) {
  const std::string whole = LongManifest();
  ASSERT_GT(whole.size(), 65536U);
  EXPECT_EQ(TornFrom(whole), std::nullopt);
  int torn = 0;
  for (std::size_t kept = whole.size() - 1; kept > whole.size() - 9000; kept -= 31) {
    const std::optional<std::size_t> cut = TornFrom(std::string_view(whole).substr(0, kept));
    if (cut) {
      EXPECT_LT(*cut, kept);
      EXPECT_EQ(TornFrom(std::string_view(whole).substr(0, *cut)), std::nullopt) << "is a border";
      ++torn;
    }
    // What is longer by garbage is cut at the same place.
    for (const std::size_t garbage : {1, 6, 7, 100, 512}) {
      EXPECT_EQ(TornFrom(whole.substr(0, kept) + Garbage(garbage, kept)), cut.value_or(kept))
          << kept << " bytes and " << garbage;
    }
  }
  EXPECT_GT(torn, 200);
}

TEST(ManifestEnd, DamageBeforeTheEndIsLeftForPeople) {
  const std::string whole = LongManifest();
  int found = 0;
  for (std::size_t at = 0; at < whole.size() - 9000; at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_EQ(TornFrom(damaged), std::nullopt) << at;
    ++found;
  }
  EXPECT_GT(found, 100);
  EXPECT_EQ(TornFrom(""), std::nullopt);
  EXPECT_EQ(TornFrom("garbage of which nothing is a record"), std::nullopt);
}

TEST(ManifestEnd, LogOpensAfterAPowerCutTheMomentItsManifestWasWritten) {
  const TemporaryFolder folder;
  ManualClock clock{FromMillis(1'700'000'000'000)};
  Env env{clock, folder.path()};
  EmbeddedLogOptions options;
  options.path = folder.path() + "/log";
  options.min_free_bytes = 0;
  for (int times = 0; times < 3; ++times) {
    {
      auto log = OpenEmbeddedLog(options, env);
      ASSERT_TRUE(IsOk(log)) << times;
      ASSERT_TRUE(IsOk(log.value()->EnsureTopic({"t" + std::to_string(times), 2, -1, -1})));
      EXPECT_EQ(log.value()->Topics().value().size(), static_cast<std::size_t>(times) + 1);
    }
    std::ofstream out(ManifestPath(options.path), std::ios::binary | std::ios::app);
    out << Garbage(300, static_cast<std::uint64_t>(times));
  }
  // In the middle it is another matter.
  const std::string path = ManifestPath(options.path);
  std::string bytes = Contents(path);
  bytes[10] = static_cast<char>(bytes[10] ^ 1);
  std::ofstream(path, std::ios::binary) << bytes;
  const auto log = OpenEmbeddedLog(options, env);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, Code::kCorrupt) << log.error().message;
  EXPECT_EQ(Contents(path), bytes) << "left as it is";
}

}  // namespace
}  // namespace hb::embedded
