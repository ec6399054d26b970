#include "source/demo/demo_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "source/demo/entry.h"
#include "source/demo/tasks.h"

namespace hb {
namespace {

using std::chrono::milliseconds;

constexpr EventTime kStart = FromMillis(1'760'000'000'000);

Intake Tell(const DemoSource::Options& options, EventTime now, std::size_t limit = 1000) {
  ManualClock clock(now);
  Env env{clock, ""};
  DemoSource source(options, env);
  Intake all, in;
  for (;;) {
    in.Clear();
    auto state = source.Poll(limit, milliseconds(0), in);
    EXPECT_TRUE(state.ok());
    EXPECT_LE(in.posts.size(), limit);
    for (std::size_t i = 0; i < in.posts.size(); ++i) all.posts.AppendRow(in.posts, i);
    all.redactions.insert(all.redactions.end(), in.redactions.begin(), in.redactions.end());
    all.gaps.insert(all.gaps.end(), in.gaps.begin(), in.gaps.end());
    all.end = in.end;
    if (!state.ok() || state.value() != PollState::kMore) return all;
  }
}

bool Same(const PostBatch& a, std::size_t i, const PostBatch& b, std::size_t j) {
  const PostView x = a.Row(i), y = b.Row(j);
  return x.time == y.time && x.id == y.id && x.content == y.content && x.handle == y.handle;
}

TEST(DemoSource, TellsTheHistoryAtOnceWithAboutTheRateAskedFor) {
  const Intake all = Tell({.seed = 3, .rate = 25, .history = std::chrono::hours(1)}, kStart);
  EXPECT_GT(all.posts.size(), 25u * 3600 / 2);
  EXPECT_LT(all.posts.size(), 25u * 3600 * 2);
  std::set<std::string_view> languages, authors, texts;
  std::map<PostKind, std::size_t> kinds;
  std::size_t late = 0, edits = 0;
  std::set<std::string_view> ids;
  EventTime newest = FromMillis(0);
  for (std::size_t i = 0; i < all.posts.size(); ++i) {
    const PostView post = all.posts.Row(i);
    EXPECT_LE(post.time, kStart);
    EXPECT_FALSE(post.content.empty());
    EXPECT_EQ(post.source, "demo");
    if (newest - post.time > std::chrono::minutes(1)) ++late;
    newest = std::max(newest, post.time);
    languages.insert(post.lang);
    authors.insert(post.author);
    if (post.kind != PostKind::kRepost) texts.insert(post.content);
    ++kinds[post.kind];
    ids.insert(post.id);
    edits += post.chain.empty() ? 0 : 1;
  }
  const std::size_t own = all.posts.size() - kinds[PostKind::kRepost];
  EXPECT_GE(languages.size(), 12u);
  EXPECT_GT(authors.size(), 2000u);
  EXPECT_GT(texts.size(), own * 6 / 10) << "texts are mostly distinct";
  EXPECT_EQ(kinds.size(), 4u) << "posts, reposts, replies and quotes";
  EXPECT_GT(late, 50u);
  EXPECT_GT(all.posts.size() - ids.size(), 50u) << "doubled posts";
  EXPECT_GT(edits, 50u);
  std::map<RedactionKind, std::size_t> redactions;
  for (const Redaction& redaction : all.redactions) ++redactions[redaction.kind];
  EXPECT_EQ(redactions[RedactionKind::kEdit], edits);
  EXPECT_GT(redactions[RedactionKind::kDelete], 50u);
}

TEST(DemoSource, ADeleteNamesAPostToldBefore) {
  const Intake all = Tell({.seed = 5, .rate = 10, .history = std::chrono::hours(2)}, kStart);
  std::map<std::string_view, std::string_view> author_of;
  for (std::size_t i = 0; i < all.posts.size(); ++i)
    author_of[all.posts.id[i]] = all.posts.author[i];
  std::size_t known = 0;
  for (const Redaction& redaction : all.redactions) {
    const auto found = author_of.find(redaction.id);
    if (found == author_of.end()) continue;  // told before the history began
    ++known;
    EXPECT_EQ(found->second, redaction.author);
  }
  EXPECT_GT(known, all.redactions.size() * 8 / 10);
}

TEST(DemoSource, SameSeedAndStartTellTheSameInAnySteps) {
  const DemoSource::Options options{.seed = 9, .rate = 20, .history = std::chrono::minutes(10)};
  const Intake a = Tell(options, kStart, 1000), b = Tell(options, kStart, 1);
  ASSERT_EQ(a.posts.size(), b.posts.size());
  for (std::size_t i = 0; i < a.posts.size(); ++i) ASSERT_TRUE(Same(a.posts, i, b.posts, i)) << i;
  EXPECT_EQ(a.redactions.size(), b.redactions.size());
  const Intake other = Tell({.seed = 10, .rate = 20, .history = std::chrono::minutes(10)}, kStart);
  ASSERT_FALSE(other.posts.empty());
  EXPECT_FALSE(Same(a.posts, 0, other.posts, 0));
}

TEST(DemoSource, ResumeGoesOnWithTheNextPost) {
  const DemoSource::Options options{.seed = 2, .rate = 20, .history = std::chrono::minutes(5)};
  const Intake whole = Tell(options, kStart);
  ManualClock clock(kStart);
  Env env{clock, ""};
  DemoSource first(options, env);
  Intake in;
  ASSERT_TRUE(first.Poll(777, milliseconds(0), in).ok());
  const std::size_t told = in.posts.size();
  DemoSource second(options, env);
  ASSERT_TRUE(second.Resume(in.end).ok());
  in.Clear();
  ASSERT_TRUE(second.Poll(1, milliseconds(0), in).ok());
  ASSERT_EQ(in.posts.size(), 1u);
  EXPECT_TRUE(Same(in.posts, 0, whole.posts, told));
  EXPECT_FALSE(second.Resume("demo1 99 1 1").ok());
  EXPECT_FALSE(second.Resume("demo1 2 x 1").ok());
  EXPECT_FALSE(second.Resume("").ok());
}

TEST(DemoSource, AnOutageIsAGapThatIsRefilledOrNot) {
  // A day has twelve outages; with this seed some are refilled and some are not.
  const Intake all = Tell({.seed = 4, .rate = 2, .history = std::chrono::hours(24)}, kStart);
  std::map<EventTime, std::vector<Gap>> gaps;
  for (const Gap& gap : all.gaps) gaps[gap.from].push_back(gap);
  EXPECT_GE(gaps.size(), 11u);
  EXPECT_LE(gaps.size(), 13u);
  std::size_t refilled = 0, posts_in = 0, posts_refilled = 0;
  for (const auto& [from, records] : gaps) {
    ASSERT_LE(records.size(), 2u);
    EXPECT_EQ(records[0].refilled, 0u);
    EXPECT_GE(records[0].to - from, std::chrono::seconds(25));
    EXPECT_LE(records[0].to - from, std::chrono::seconds(55));
    std::size_t inside = 0;
    for (std::size_t i = 0; i < all.posts.size(); ++i) {
      // Late posts and edits have times of their own.
      if (all.posts.time[i] >= from + std::chrono::seconds(2) && all.posts.time[i] < records[0].to)
        ++inside;
    }
    if (records.size() == 2) {
      EXPECT_EQ(records[1].refilled, 1'000'000u);
      ++refilled;
      posts_refilled += inside;
    } else {
      posts_in += inside;
    }
  }
  EXPECT_GT(refilled, 4u);
  EXPECT_LT(refilled, gaps.size());
  EXPECT_LT(posts_in / (gaps.size() - refilled) * 5, posts_refilled / refilled)
      << "what was not listened to is not told";
}

TEST(DemoSource, ABreakLongerThanItsHistoryIsAGap) {
  const DemoSource::Options options{.seed = 2, .rate = 20, .history = std::chrono::minutes(5)};
  ManualClock clock(kStart);
  Env env{clock, ""};
  Intake in;
  ASSERT_TRUE(DemoSource(options, env).Poll(100'000, milliseconds(0), in).ok());
  const Position end = in.end;
  clock.Advance(std::chrono::hours(1));
  DemoSource second(options, env);
  ASSERT_TRUE(second.Resume(end).ok());
  in.Clear();
  ASSERT_TRUE(second.Poll(10, milliseconds(0), in).ok());
  ASSERT_EQ(in.gaps.size(), 1u);
  EXPECT_EQ(in.gaps[0].cause, "heartbeat was not running");
  EXPECT_NEAR(static_cast<double>((in.gaps[0].to - in.gaps[0].from).count()), 55 * 60'000, 2000);
}

TEST(DemoSource, LivePostsComeWhenTheClockReachesThem) {
  ManualClock clock(kStart);
  Env env{clock, ""};
  DemoSource source({.seed = 1, .rate = 50, .history = milliseconds(0)}, env);
  std::size_t told = 0;
  Intake in;
  for (int step = 0; step < 100; ++step) {
    in.Clear();
    ASSERT_TRUE(source.Poll(10'000, milliseconds(0), in).ok());
    for (std::size_t i = 0; i < in.posts.size(); ++i) EXPECT_LE(in.posts.time[i], clock.Now());
    told += in.posts.size();
    ASSERT_TRUE(source.Watermark().has_value());
    EXPECT_LE(*source.Watermark(), clock.Now());
    EXPECT_GE(*source.Watermark(), clock.Now() - std::chrono::seconds(7));
    clock.Advance(milliseconds(250));
  }
  EXPECT_GT(told, 25u * 50 / 3);
  source.Stop();
  EXPECT_EQ(source.Poll(1, milliseconds(1000), in).error().code, Code::kCancelled);
}

TEST(DemoSource, AHashtagRisesCarriedByManyAuthors) {
  const Intake all = Tell({.seed = 1, .rate = 25, .history = std::chrono::hours(2)}, kStart);
  struct Minute {
    std::size_t posts = 0;
    std::set<std::string_view> authors;
  };
  std::map<std::string_view, std::map<std::int64_t, Minute>> tags;
  for (std::size_t i = 0; i < all.posts.size(); ++i) {
    for (const std::string_view tag : all.posts.hashtags[i]) {
      Minute& minute = tags[tag][ToMillis(all.posts.time[i]) / 60'000];
      ++minute.posts;
      minute.authors.insert(all.posts.author[i]);
    }
  }
  std::size_t rising = 0;
  for (const DemoTopic& topic : DemoTopics()) {
    for (const std::string_view tag : topic.bursts) {
      std::size_t best = 0, authors = 0;
      for (const auto& [minute, found] : tags[tag]) {
        if (found.posts > best) {
          best = found.posts;
          authors = found.authors.size();
        }
      }
      if (best > 300 && authors > 200) ++rising;
    }
  }
  EXPECT_GE(rising, 4u);
}

TEST(DemoGrammar, EveryNameInBracesIsARule) {
  for (const DemoLanguage& language : DemoLanguages()) {
    EXPECT_TRUE(GrammarOf(language.code).Dangling().empty())
        << language.code << ": "
        << (GrammarOf(language.code).Dangling().empty() ? ""
                                                        : GrammarOf(language.code).Dangling()[0]);
    for (const DemoTopic& topic : DemoTopics()) {
      const DemoGrammar& grammar = GrammarOf(language.code);
      EXPECT_TRUE(grammar.Has(topic.name) || grammar.Has(std::string(topic.name) + ".pos"))
          << language.code;
    }
  }
}

TEST(DemoTasks, RulesNameTheirHashtagsAndFitTheLimit) {
  EXPECT_EQ(DemoTasks().size(), DemoTopics().size() - 1);
  for (std::size_t i = 0; i < DemoTasks().size(); ++i) {
    const DemoTask& task = DemoTasks()[i];
    EXPECT_LE(task.rule.size(), 1024u);
    EXPECT_NE(task.rule.find("#" + std::string(DemoTopics()[i].hashtag)), std::string_view::npos)
        << task.tag;
    for (const std::string_view tag : DemoTopics()[i].bursts) {
      EXPECT_NE(task.rule.find("#" + std::string(tag)), std::string_view::npos) << tag;
    }
  }
}

TEST(DemoEntry, RefusesARateOfNothing) {
  ManualClock clock(kStart);
  Env env{clock, ""};
  const auto settings = Settings::Parse(source_demo::kEntry.fields, {{"rate", "0"}});
  ASSERT_TRUE(settings.ok());
  EXPECT_FALSE(source_demo::kEntry.make(settings.value(), env).ok());
  const auto fine = Settings::Parse(source_demo::kEntry.fields, {});
  ASSERT_TRUE(fine.ok()) << fine.error().message;
  EXPECT_TRUE(source_demo::kEntry.make(fine.value(), env).ok());
}

}  // namespace
}  // namespace hb
