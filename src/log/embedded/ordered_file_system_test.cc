// What a power cut leaves of renames, and that CURRENT never names a file that is gone.
#include "log/embedded/ordered_file_system.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "log/embedded/faulty_file_system.h"
#include "env/temporary_folder.h"

namespace hb::embedded {
namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// As RocksDB writes a MANIFEST or a temporary file: synced itself, its folder not.
IOStatus WriteSynced(rocksdb::FileSystem& files, const std::string& path,
                     const std::string& bytes) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = files.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Append(bytes, IOOptions(), nullptr);
  if (status.ok()) status = file->Sync(IOOptions(), nullptr);
  return status;
}
IOStatus SyncFolder(rocksdb::FileSystem& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> folder;
  IOStatus status = files.NewDirectory(path, IOOptions(), &folder, nullptr);
  return status.ok() ? folder->Fsync(IOOptions(), nullptr) : status;
}
/// The order of RocksDB 7.8 when it begins a new MANIFEST, with the old one deleted at once.
IOStatus BeginManifest(rocksdb::FileSystem& files, const std::string& folder, int number) {
  const std::string name = "MANIFEST-" + std::to_string(number);
  const std::string temporary = folder + "/" + std::to_string(number) + ".dbtmp";
  IOStatus status = WriteSynced(files, folder + "/" + name, "versions");
  if (status.ok()) status = WriteSynced(files, temporary, name);
  if (status.ok()) status = files.RenameFile(temporary, folder + "/CURRENT", IOOptions(), nullptr);
  if (status.ok() && number > 1) {
    const std::string last = folder + "/MANIFEST-" + std::to_string(number - 1);
    status = files.DeleteFile(last, IOOptions(), nullptr);
  }
  return status;
}

TEST(FaultyFileSystem, RenameLastsFromTheNextSyncOfItsFolderOn) {
  int kept = 0, undone = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    for (const bool synced : {false, true}) {
      const TemporaryFolder folder;
      FaultyFileSystem disk(seed);
      const std::string a = folder.path() + "/a", b = folder.path() + "/b",
                        c = folder.path() + "/c";
      ASSERT_TRUE(WriteSynced(disk, a, "new").ok());
      ASSERT_TRUE(WriteSynced(disk, b, "old").ok());
      ASSERT_TRUE(SyncFolder(disk, folder.path()).ok());
      ASSERT_TRUE(disk.RenameFile(a, b, IOOptions(), nullptr).ok());
      ASSERT_TRUE(disk.RenameFile(b, c, IOOptions(), nullptr).ok());
      ASSERT_TRUE(!synced || SyncFolder(disk, folder.path()).ok());
      EXPECT_EQ(disk.Lose(), 0U) << "all three were synced";
      const std::string left = Contents(a) + "," + Contents(b) + "," + Contents(c);
      if (synced) {
        EXPECT_EQ(left, ",,new");
      } else {
        // The second never without the first.
        EXPECT_TRUE(left == "new,old," || left == ",new," || left == ",,new") << left;
        ++(left == ",,new" ? kept : undone);
      }
      disk.Lose();
      EXPECT_EQ(Contents(a) + "," + Contents(b) + "," + Contents(c), left)
          << "what came back stays";
    }
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(undone, 0);
}

TEST(OrderedFileSystem, CurrentNamesAFileThatIsThereWheneverThePowerIsCut) {
  int cuts = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    for (std::uint64_t cut_after = 1;; ++cut_after) {
      const TemporaryFolder folder;
      const auto disk = std::make_shared<FaultyFileSystem>(seed);
      OrderedFileSystem files(disk, folder.path());
      disk->CutAfter(cut_after);
      IOStatus status = IOStatus::OK();
      int number = 0;
      while (status.ok() && number < 3) status = BeginManifest(files, folder.path(), ++number);
      const bool struck = disk->off();
      EXPECT_EQ(status.ok(), !struck);
      disk->Lose();
      const std::string current = folder.path() + "/CURRENT";
      const bool published = std::filesystem::exists(current);
      if (published) {
        EXPECT_EQ(Contents(folder.path() + "/" + Contents(current)), "versions")
            << "seed " << seed << ", cut at change " << cut_after << ", CURRENT says "
            << Contents(current);
      }
      EXPECT_TRUE(published || number <= 1) << "seed " << seed << ", cut at change " << cut_after;
      if (!struck) break;
      ++cuts;
    }
  }
  EXPECT_GT(cuts, 8 * 15);
}

}  // namespace
}  // namespace hb::embedded
