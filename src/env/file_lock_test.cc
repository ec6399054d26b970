#include "env/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "env/temporary_folder.h"

namespace hb {
namespace {

using namespace std::chrono_literals;

TEST(FileLock, OneAtATime) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/lock";
  {
    const auto first = FileLock::Take(path, 0ms);
    ASSERT_TRUE(first.ok());
    const auto second = FileLock::Take(path, 30ms);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::kUnavailable);
    EXPECT_NE(second.error().message.find(path), std::string::npos) << second.error().message;
  }
  EXPECT_TRUE(FileLock::Take(path, 0ms).ok());
}

TEST(FileLock, AMovedLockIsHeldByItsNewOwner) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/lock";
  FileLock owner;
  {
    auto taken = FileLock::Take(path, 0ms);
    ASSERT_TRUE(taken.ok());
    owner = std::move(taken).value();
  }
  EXPECT_FALSE(FileLock::Take(path, 0ms).ok());
  owner = FileLock();
  EXPECT_TRUE(FileLock::Take(path, 0ms).ok());
}

TEST(FileLock, WhoDiesHoldsNothingAndIsWaitedFor) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/lock";
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = FileLock::Take(path, 0ms);
    char byte = held.ok() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) ::_exit(2);
    ::usleep(20'000);
    ::_exit(0);  // without a destructor
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_FALSE(FileLock::Take(path, 0ms).ok());
  ASSERT_EQ(::write(go[1], &byte, 1), 1);
  EXPECT_TRUE(FileLock::Take(path, 30s).ok());
  ::waitpid(child, nullptr, 0);
  for (const int file : {ready[0], ready[1], go[0], go[1]}) ::close(file);
}

TEST(FileLock, AFolderThatIsNotThereIsSaid) {
  const auto lock = FileLock::Take("/nowhere/at/all/lock", 0ms);
  ASSERT_FALSE(lock.ok());
  EXPECT_NE(lock.error().message.find("No such file"), std::string::npos) << lock.error().message;
}

}  // namespace
}  // namespace hb
