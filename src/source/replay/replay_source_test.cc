#include "source/replay/replay_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hb {
namespace {

using std::chrono::milliseconds;

struct Counts {
  std::size_t posts = 0, dead = 0, redactions = 0;
};

const std::string kShared = HB_SOURCE_DIR "/../shared/data/";

class Replay : public ::testing::Test {
 protected:
  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, "/tmp"};

  Counts Drain(ReplaySource& source, std::size_t limit = 500) {
    Counts counts;
    Intake in;
    for (;;) {
      in.Clear();
      auto state = source.Poll(limit, milliseconds(0), in);
      EXPECT_TRUE(state.ok()) << state.error().message;
      counts.posts += in.posts.size();
      counts.dead += in.dead.size();
      counts.redactions += in.redactions.size();
      EXPECT_LE(in.posts.size(), limit);
      if (!state.ok() || state.value() == PollState::kDone) return counts;
    }
  }
};

TEST_F(Replay, SharedFilesGiveARowEachPostOrDeadLetter) {
  if (!std::filesystem::exists(kShared)) GTEST_SKIP() << "left out: " << kShared << " is absent";
  struct Case { const char* file; std::size_t rows; };
  for (const Case& c : {Case{"replay/ira_2016-08.csv.gz", 68585}, Case{"replay/ira_2016-10.csv.gz", 131783},
                        Case{"replay/mayweather_mcgregor_2017-08-27.csv.gz", 12116}}) {
    auto source = ReplaySource::Create({.path = kShared + c.file}, env_);
    ASSERT_TRUE(source.ok()) << source.error().message;
    const Counts counts = Drain(*source.value());
    EXPECT_EQ(counts.posts + counts.dead, c.rows) << c.file;
    EXPECT_EQ(counts.dead, 0u) << c.file;
  }
}

}  // namespace
}  // namespace hb
