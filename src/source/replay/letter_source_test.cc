#include "source/replay/letter_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/replay/replay_source.h"

namespace hb {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class Letters : public ::testing::Test {
 protected:
  /// The dead letters of a file.
  std::vector<DeadLetter> Dead(std::string_view file, ReplaySource::Options options = {}) {
    auto source =
        ReplaySource::CreateOver(MemoryInput(file, 1 << 16), "f", "d", std::move(options), env_);
    Intake in;
    std::vector<DeadLetter> dead;
    for (;;) {
      in.Clear();
      const auto state = source.value()->Poll(100, milliseconds(0), in);
      EXPECT_TRUE(state.ok()) << (state.ok() ? "" : state.error().message);
      std::move(in.dead.begin(), in.dead.end(), std::back_inserter(dead));
      if (!state.ok() || state.value() == PollState::kDone) return dead;
    }
  }
  Intake Try(std::vector<DeadLetter> letters, LetterSource::Changes changes = {},
             std::size_t limit = 100) {
    outcome_ = std::make_shared<LetterOutcome>();
    LetterSource source(std::move(letters), std::move(changes), outcome_, env_);
    Intake all, in;
    for (;;) {
      in.Clear();
      const auto state = source.Poll(limit, milliseconds(0), in);
      EXPECT_TRUE(state.ok());
      EXPECT_LE(in.posts.size(), limit);
      for (std::size_t i = 0; i < in.posts.size(); ++i) all.posts.AppendRow(in.posts, i);
      std::move(in.dead.begin(), in.dead.end(), std::back_inserter(all.dead));
      std::move(in.redactions.begin(), in.redactions.end(), std::back_inserter(all.redactions));
      if (state.value() == PollState::kDone) return all;
    }
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  Env env_{clock_, "/tmp"};
  std::shared_ptr<LetterOutcome> outcome_;
};

TEST_F(Letters, ARowOfACsvIsReadByItsOwnHeader) {
  const auto dead = Dead("text;when;lang\none;2016-08-01;en\n\"t;wo\";never;de\n",
                         {.path = "", .map = {{"time", "when"}}});
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].row_id, "d#2");
  const Intake failed = Try(dead);
  EXPECT_EQ(failed.posts.size(), 0u);
  ASSERT_EQ(failed.dead.size(), 1u);
  EXPECT_FALSE(failed.dead[0].used);
  EXPECT_EQ(failed.dead[0].attempts, 1u);
  EXPECT_EQ(failed.dead[0].raw, dead[0].raw);
  EXPECT_THAT(failed.dead[0].reason, HasSubstr("field when: not a date"));

  // Edited, it becomes the post that the row of the file would have been.
  const Intake mended = Try(failed.dead, {.raw = "\"t;wo\";2016-08-02;de"});
  ASSERT_EQ(mended.posts.size(), 1u);
  EXPECT_EQ(mended.posts.id[0], "d#2");
  EXPECT_EQ(mended.posts.content[0], "t;wo");
  EXPECT_EQ(mended.posts.lang[0], "de");
  EXPECT_EQ(mended.posts.source[0], "replay");
  ASSERT_EQ(mended.dead.size(), 1u);
  EXPECT_TRUE(mended.dead[0].used);
  EXPECT_EQ(mended.dead[0].attempts, 2u);
  EXPECT_EQ(mended.dead[0].raw, "");
  EXPECT_EQ(mended.dead[0].tried, clock_.Now());
  EXPECT_EQ(outcome_->used, 1u);
}

TEST_F(Letters, AnotherMapReadsOtherColumns) {
  const auto dead = Dead("text,created_at,posted\none,yesterday,2016-08-01\n");
  ASSERT_EQ(dead.size(), 1u);
  const Intake in = Try(dead, {.map = "time=posted"});
  ASSERT_EQ(in.posts.size(), 1u);
  EXPECT_EQ(in.posts.time[0], FromMillis(1'470'009'600'000));
  const Intake wrong = Try(dead, {.map = "time=nothing"});
  ASSERT_EQ(wrong.dead.size(), 1u);
  EXPECT_THAT(wrong.dead[0].reason, HasSubstr("nothing"));
}

TEST_F(Letters, OneRowIsOneRow) {
  const auto dead = Dead("text,created_at\none,never\n");
  for (const char* raw : {"a,2016-08-01\nb,2016-08-02", "", "\n\n", "\"open,2016-08-01", "a"}) {
    const Intake in = Try(dead, {.raw = raw});
    EXPECT_EQ(in.posts.size(), 0u) << raw;
    ASSERT_EQ(in.dead.size(), 1u) << raw;
    EXPECT_FALSE(in.dead[0].used) << raw;
    EXPECT_NE(in.dead[0].reason, "") << raw;
  }
  EXPECT_EQ(Try(dead, {.raw = "a,2016-08-01\r\n\n"}).posts.size(), 1u);
}

TEST_F(Letters, JsonLinesAreReadAgain) {
  const std::string good = R"({"data":{"id":"8","text":"x","created_at":"2020-01-01T00:00:00Z"}})";
  const auto dead = Dead(good + "\nnot json\n");
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(Try(dead).dead[0].used, false);
  const std::string two =
      R"({"data":[{"id":"8","text":"x","created_at":"2020-01-01T00:00:00Z"},{"id":"y"}]})";
  const Intake partly = Try(dead, {.raw = two});
  EXPECT_EQ(partly.posts.size(), 0u);
  EXPECT_THAT(partly.dead[0].reason, HasSubstr("data[1]"));
  const Intake whole = Try(dead, {.raw = good});
  ASSERT_EQ(whole.posts.size(), 1u);
  EXPECT_EQ(whole.posts.id[0], "8");
}

TEST_F(Letters, ALetterWithoutContextIsJson) {
  DeadLetter old{.source = "replay", .location = "f:1", .reason = "bad"};
  old.raw = R"({"text":"x","created_at":"2020-01-01","id":"7"})";
  EXPECT_EQ(Try({old}).posts.size(), 1u);
}

TEST_F(Letters, ManyComeInPieces) {
  std::string file = "text,created_at,day\n";
  for (int i = 0; i < 250; ++i) file += "t" + std::to_string(i) + ",no,2016-08-01\n";
  const Intake in = Try(Dead(file), {.map = "time=day"}, 100);
  EXPECT_EQ(in.posts.size(), 250u);
  EXPECT_EQ(in.dead.size(), 250u);
  EXPECT_EQ(outcome_->used, 250u);
}

TEST_F(Letters, AHeaderThatIsTooLongIsNotKept) {
  std::string file = "text,created_at";
  for (int i = 0; i < 3000; ++i) file += ",column" + std::to_string(i);
  const auto dead = Dead(file + "\none,never\n");
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_LT(dead[0].context.size(), 200u);
  EXPECT_THAT(Try(dead).dead[0].reason, HasSubstr("header is not known"));
}

TEST(LetterContextText, IsWrittenAndRead) {
  const LetterContext context{
      .format = "csv", .delimiter = '\t', .quotes = false, .header = "a\tb\"\n", .map = "time=b"};
  const auto read = ParseLetterContext(FormatLetterContext(context));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().delimiter, '\t');
  EXPECT_FALSE(read.value().quotes);
  EXPECT_EQ(read.value().header, context.header);
  EXPECT_EQ(read.value().map, "time=b");
  EXPECT_EQ(ParseLetterContext("[1]").error().code, Code::kCorrupt);
  EXPECT_EQ(ParseLetterContext("").value().format, "auto");
}

}  // namespace
}  // namespace hb
