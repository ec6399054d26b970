#include "window/window_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "record/task.h"

namespace hb {
namespace {

using std::chrono::milliseconds;

struct Post {
  std::int64_t time_ms = 0;
  std::string author = "a";
  std::string task = "";
  std::vector<std::string> tags = {};
  Label label = Label::kNeutral;
  std::string lang = "en";
  std::vector<std::string> topics = {};
};

AnalysisBatch BatchOf(const std::vector<Post>& rows) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch batch;
  for (const Post& row : rows) {
    PostView view;
    view.time = FromMillis(row.time_ms);
    view.author = row.author;
    posts->Append(view);
    if (!row.task.empty()) posts->tasks.Push(row.task);
    posts->tasks.EndRow();
    posts->rules_version.push_back(1);
    const Micro top = 900'000, rest = 50'000;
    batch.neg.push_back(row.label == Label::kNegative ? top : rest);
    batch.neu.push_back(row.label == Label::kNeutral ? top : rest);
    batch.mixed.push_back(10);
    batch.label.push_back(row.label);
    batch.label4.push_back(row.label);
    batch.polarity.push_back(-500'000);
    batch.subjectivity.push_back(250'000);
    batch.lang.Append(row.lang);
    for (const std::string& tag : row.tags) batch.hashtags.Push(tag);
    batch.hashtags.EndRow();
    batch.words.Push("word");
    batch.words.EndRow();
    for (const std::string& topic : row.topics) batch.topics.Push(topic);
    batch.topics.EndRow();
  }
  batch.posts = std::move(posts);
  return batch;
}

/// An engine with a map as its committed state.
std::vector<Offset> Offsets(std::int64_t begin, std::size_t count) {
  std::vector<Offset> offsets;
  for (std::size_t i = 0; i < count; ++i)
    offsets.push_back(Offset{begin + static_cast<std::int64_t>(i)});
  return offsets;
}

class Harness {
 public:
  explicit Harness(WindowEngine::Options options = Options()) : options_(std::move(options)) {
    Restart();
  }

  static WindowEngine::Options Options() {
    WindowEngine::Options options;
    options.sizes = {milliseconds(1000), milliseconds(5000)};
    options.allowed_lateness = milliseconds(200);
    return options;
  }
  void Restart() {
    engine_ =
        WindowEngine::Create(options_, [this](const AggregateKey& key) -> Result<StoredWindow> {
          const auto at = committed_.find(key);
          if (at == committed_.end()) return Error{Code::kNotFound, "no window"};
          return at->second;
        }).value();
    std::vector<AggregateKey> open;
    for (const auto& [key, window] : committed_) {
      if (!window.aggregate.is_final) open.push_back(key);
    }
    engine_->Restore(open);
  }
  void Add(const std::vector<Post>& posts) {
    ASSERT_TRUE(engine_->Add(BatchOf(posts), {}, Offsets(next_, posts.size())).ok());
    next_ += static_cast<std::int64_t>(posts.size());
  }
  std::vector<Aggregate> Flush(WindowEngine::Due due = {}) {
    std::vector<Aggregate> out;
    due.next = Offset{next_};
    EXPECT_TRUE(engine_->Flush(due, out).ok());
    for (const Aggregate& aggregate : out) committed_[aggregate.key] = {aggregate, due.next};
    return out;
  }
  WindowEngine& engine() { return *engine_; }
  const Aggregate& At(const std::string& task, std::int64_t start, std::int64_t size) {
    return committed_.at({task, FromMillis(start), size, Partition{0}}).aggregate;
  }
  /// What must not depend on order, restarts or batches.
  std::map<AggregateKey, Aggregate> Contents() const {
    std::map<AggregateKey, Aggregate> contents;
    for (const auto& [key, window] : committed_) {
      if (window.aggregate.posts == 0) continue;
      contents[key] = window.aggregate;
      contents[key].revision = 0;
    }
    return contents;
  }
  std::int64_t next_ = 0;  ///< offset of the next post

 private:
  WindowEngine::Options options_;
  std::map<AggregateKey, StoredWindow> committed_;
  std::unique_ptr<WindowEngine> engine_;
};

TEST(WindowStart, RoundsDownAlsoBefore1970) {
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(1999), milliseconds(1000))), 1000);
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(2000), milliseconds(1000))), 2000);
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(-1), milliseconds(1000))), -1000);
}

TEST(WindowEngine, CountsEachPostForAllAndForItsTasks) {
  Harness harness;
  harness.Add({{.time_ms = 10,
                .author = "a",
                .task = "t",
                .tags = {"x"},
                .label = Label::kPositive,
                .topics = {"sports", "music"}},
               {.time_ms = 990,
                .author = "b",
                .tags = {"x", "y"},
                .label = Label::kNegative,
                .topics = {"sports", "sports"}},
               {.time_ms = 1000, .author = "a"}});
  harness.Flush();
  const Aggregate& all = harness.At("*", 0, 1000);
  EXPECT_EQ(all.posts, 2u);
  EXPECT_EQ(all.authors.Count(), 2u);
  EXPECT_EQ(all.pos, 900'000 + 50'000 + 0);
  EXPECT_EQ(all.labels4[0], 1u);
  EXPECT_EQ(all.labels4[2], 1u);
  EXPECT_THAT(all.hashtags.counts, testing::ElementsAre(KeyCount{"x", 2}, KeyCount{"y", 1}));
  EXPECT_THAT(all.topics.counts, testing::ElementsAre(KeyCount{"music", 1}, KeyCount{"sports", 2}));
  EXPECT_EQ(harness.At("t", 0, 1000).posts, 1u);
  EXPECT_EQ(harness.At("*", 1000, 1000).posts, 1u);
  EXPECT_EQ(harness.At("*", 0, 5000).posts, 3u);
  EXPECT_EQ(harness.At("*", 0, 5000).authors.Count(), 2u);
}

TEST(WindowEngine, LatePostRevisesItsFinalWindow) {
  Harness harness;
  harness.Add({{.time_ms = 10}});
  harness.engine().AdvanceWatermark(FromMillis(1200));
  harness.Flush();
  EXPECT_TRUE(harness.At("*", 0, 1000).is_final);
  EXPECT_FALSE(harness.At("*", 0, 5000).is_final);
  EXPECT_EQ(harness.At("*", 0, 1000).revision, 1u);
  harness.Add({{.time_ms = 998}});
  harness.Flush();
  EXPECT_EQ(harness.At("*", 0, 1000).posts, 2u);
  EXPECT_EQ(harness.At("*", 0, 1000).revision, 2u);
  EXPECT_TRUE(harness.At("*", 0, 1000).is_final);
}

TEST(WindowEngine, WatermarkClosesWindowsAfterARestart) {
  Harness harness;
  harness.Add({{.time_ms = 10}});
  harness.Flush();
  harness.Restart();
  harness.engine().AdvanceWatermark(EventTime::max());
  EXPECT_EQ(harness.Flush().size(), 2u);
  EXPECT_TRUE(harness.At("*", 0, 1000).is_final);
}

TEST(WindowEngine, NothingChangedNothingFlushed) {
  Harness harness;
  harness.Add({{.time_ms = 10}});
  EXPECT_EQ(harness.Flush().size(), 2u);
  EXPECT_TRUE(harness.Flush().empty());
}

TEST(WindowEngine, SubtractIsTheReverseOfAdd) {
  const Post kept{.time_ms = 10, .author = "a", .task = "t", .tags = {"x"}, .topics = {"sports"}};
  const Post gone{.time_ms = 20,
                  .author = "b",
                  .task = "t",
                  .tags = {"x", "z"},
                  .lang = "fr",
                  .topics = {"music", "sports"}};
  Harness with, without;
  with.Add({kept, gone});
  with.Flush();
  with.Restart();
  ASSERT_TRUE(with.engine().Subtract(BatchOf({kept, gone}), 1, Offset{1}).ok());
  with.Flush();
  without.Add({kept});
  without.Flush();
  EXPECT_TRUE(with.Contents() == without.Contents());
}

std::vector<Post> RandomPosts(std::mt19937& random, std::size_t count) {
  std::vector<Post> posts;
  for (std::size_t i = 0; i < count; ++i) {
    Post post;
    post.time_ms = static_cast<std::int64_t>(random() % 20'000) - 3000;
    post.author = "author" + std::to_string(random() % 40);
    if (random() % 2) post.task = "task" + std::to_string(random() % 3);
    for (std::size_t t = random() % 3; t > 0; --t)
      post.tags.push_back("tag" + std::to_string(t + random() % 5 * 3));
    post.label = static_cast<Label>(random() % 3);
    post.lang = random() % 3 ? "en" : "ru";
    for (std::size_t t = random() % 3; t > 0; --t)
      post.topics.push_back("topic" + std::to_string(t + random() % 2 * 3));
    posts.push_back(post);
  }
  return posts;
}

TEST(WindowEngine, OrderBatchesRestartsAndMemoryAreNotSeen) {
  std::mt19937 random(7);
  std::vector<Post> posts = RandomPosts(random, 400);
  Harness plain;
  plain.Add(posts);
  plain.engine().AdvanceWatermark(EventTime::max());
  plain.Flush();
  for (int round = 0; round < 5; ++round) {
    std::shuffle(posts.begin(), posts.end(), random);
    WindowEngine::Options options = Harness::Options();
    options.max_loaded = 1 + random() % 8;
    Harness other(options);
    for (std::size_t at = 0; at < posts.size();) {
      const std::size_t n = std::min(posts.size() - at, std::size_t{1} + random() % 9);
      other.Add({posts.begin() + static_cast<std::ptrdiff_t>(at),
                 posts.begin() + static_cast<std::ptrdiff_t>(at + n)});
      at += n;
      if (random() % 2) other.engine().AdvanceWatermark(FromMillis(posts[at - 1].time_ms));
      other.Flush();
      if (random() % 3 == 0) other.Restart();
    }
    other.engine().AdvanceWatermark(EventTime::max());
    other.Flush();
    EXPECT_TRUE(other.Contents() == plain.Contents()) << "round " << round;
  }
}

TEST(WindowEngine, ManyAuthorsAreEstimated) {
  Harness harness;
  std::vector<Post> posts;
  for (int i = 0; i < 20'000; ++i)
    posts.push_back({.time_ms = 10, .author = "u" + std::to_string(i)});
  harness.Add(posts);
  harness.Flush();
  const AuthorSet& authors = harness.At("*", 0, 1000).authors;
  EXPECT_TRUE(authors.approximate());
  EXPECT_NEAR(static_cast<double>(authors.Count()), 20'000, 20'000 * 0.06);
}

TEST(WindowEngine, AWindowThatLosesItsLastPostIsAsIfItNeverHadOne) {
  Harness harness;
  std::vector<Post> posts;
  for (int i = 0; i < 5000; ++i)
    posts.push_back({.time_ms = 10, .author = "u" + std::to_string(i), .tags = {"x"}});
  harness.Add(posts);
  harness.Flush();
  ASSERT_TRUE(harness.At("*", 0, 1000).authors.approximate());
  const AnalysisBatch batch = BatchOf(posts);
  for (std::size_t i = 0; i < posts.size(); ++i)
    ASSERT_TRUE(harness.engine().Subtract(batch, i, Offset{static_cast<std::int64_t>(i)}).ok());
  harness.engine().AdvanceWatermark(EventTime::max());
  harness.Flush();
  Aggregate empty;
  empty.key = harness.At("*", 0, 1000).key;
  empty.revision = 2;
  empty.is_final = true;
  EXPECT_TRUE(harness.At("*", 0, 1000) == empty);
  // A later post begins it anew, with a higher revision.
  harness.Restart();
  harness.Add({{.time_ms = 20, .author = "v"}});
  harness.Flush();
  EXPECT_EQ(harness.At("*", 0, 1000).revision, 3u);
  EXPECT_EQ(harness.At("*", 0, 1000).posts, 1u);
  EXPECT_EQ(harness.At("*", 0, 1000).authors.Count(), 1u);
  EXPECT_FALSE(harness.At("*", 0, 1000).authors.approximate());
}

TEST(WindowEngine, DeletedPostsAreNotSeen) {
  std::mt19937 random(19);
  for (int round = 0; round < 5; ++round) {
    std::vector<Post> kept = RandomPosts(random, 150);
    const std::vector<Post> gone = RandomPosts(random, 150);
    Harness with, without;
    without.Add(kept);
    without.engine().AdvanceWatermark(EventTime::max());
    without.Flush();
    with.Add(gone);
    if (round % 2 == 0) {
      with.Flush();
      with.Restart();
    }
    with.Add(kept);
    const AnalysisBatch batch = BatchOf(gone);
    for (std::size_t i = 0; i < gone.size(); ++i) {
      ASSERT_TRUE(with.engine().Subtract(batch, i, Offset{static_cast<std::int64_t>(i)}).ok());
      if (i % 40 == 0) with.Flush();
    }
    with.engine().AdvanceWatermark(EventTime::max());
    with.Flush();
    auto contents = with.Contents();
    std::erase_if(contents, [](const auto& entry) { return entry.second.posts == 0; });
    EXPECT_TRUE(contents == without.Contents()) << round;
  }
}

TEST(WindowEngine, KeysThatAreNotUtf8AreRepaired) {
  Harness harness;
  harness.Add({{.time_ms = 10, .tags = {"a\xff"}},
               {.time_ms = 20, .tags = {"a\xfe"}},
               {.time_ms = 30, .tags = {"a"}}});
  harness.Flush();
  const auto expected = std::pmr::vector<KeyCount>{{"a", 1}, {"a\xef\xbf\xbd", 2}};
  EXPECT_EQ(harness.At("*", 0, 1000).hashtags.counts, expected);
  harness.Restart();
  harness.Add({{.time_ms = 40, .tags = {"a\xff"}}});
  harness.Flush();
  EXPECT_EQ(harness.At("*", 0, 1000).hashtags.counts[1].count, 3u);
}

/// A log of posts and what an owner of an engine commits: windows that are due, how far it has
/// counted, and from where a restart must read again.
class SeldomWriter {
 public:
  SeldomWriter(std::vector<Post> posts, std::uint32_t seed)
      : posts_(std::move(posts)), random_(seed) {
    gone_.resize(posts_.size());
  }
  void Run() {
    while (counted_ < posts_.size()) {
      const std::size_t begin = counted_;
      std::size_t next = std::min(posts_.size(), begin + 1 + random_() % 9);
      std::vector<std::size_t> deleted;
      std::vector<bool> skip;
      for (std::size_t i = begin; i < next; ++i) skip.push_back(gone_[i]);
      harness_.next_ = static_cast<std::int64_t>(begin);
      ASSERT_TRUE(harness_.engine()
                      .Add(BatchOf({Iterator(begin), Iterator(next)}), skip,
                           Offsets(harness_.next_, next - begin))
                      .ok());
      harness_.next_ = static_cast<std::int64_t>(next);
      if (random_() % 4 == 0) {
        const std::size_t which = random_() % next;
        if (!gone_[which]) {
          deleted.push_back(which);
          ASSERT_TRUE(
              harness_.engine()
                  .Subtract(BatchOf({posts_[which]}), 0, Offset{static_cast<std::int64_t>(which)})
                  .ok());
        }
      }
      if (random_() % 2) harness_.engine().AdvanceWatermark(FromMillis(posts_[next - 1].time_ms));
      now_ += std::chrono::milliseconds(random_() % 400);
      if (random_() % 8 == 0) {  // a crash before the commit
        Restart();
        continue;
      }
      written_ +=
          harness_
              .Flush({.all = false, .oldest = Offset{harness_.next_ - kMostMissing}, .now = now_})
              .size();
      for (const std::size_t which : deleted) gone_[which] = true;
      counted_ = next;
      again_from_ = std::min(harness_.next_, ToInt(harness_.engine().FirstMissing()));
      ASSERT_GE(again_from_, harness_.next_ - kMostMissing);
      most_missing_ = std::max(most_missing_, harness_.next_ - again_from_);
      if (random_() % 6 == 0) Restart();
    }
    harness_.engine().AdvanceWatermark(EventTime::max());
    written_ += harness_.Flush().size();
    EXPECT_EQ(harness_.engine().FirstMissing(), Offset{INT64_MAX});
  }
  std::map<AggregateKey, Aggregate> Contents() const { return harness_.Contents(); }
  std::vector<Post> Kept() const {
    std::vector<Post> kept;
    for (std::size_t i = 0; i < posts_.size(); ++i) {
      if (!gone_[i]) kept.push_back(posts_[i]);
    }
    return kept;
  }
  std::size_t written() const { return written_; }
  std::int64_t most_missing() const { return most_missing_; }

 private:
  static constexpr std::int64_t kMostMissing = 60;
  static WindowEngine::Options Options() {
    WindowEngine::Options options = Harness::Options();
    options.write_rate = 200;
    options.max_loaded = 60;
    return options;
  }
  std::vector<Post>::const_iterator Iterator(std::size_t at) const {
    return posts_.begin() + static_cast<std::ptrdiff_t>(at);
  }
  void Restart() {
    harness_.Restart();
    std::vector<Post> again;
    std::vector<Offset> offsets;
    for (auto i = static_cast<std::size_t>(again_from_); i < counted_; ++i) {
      if (gone_[i]) continue;
      again.push_back(posts_[i]);
      offsets.push_back(Offset{static_cast<std::int64_t>(i)});
    }
    ASSERT_TRUE(harness_.engine().Add(BatchOf(again), {}, offsets).ok());
  }

  const std::vector<Post> posts_;
  std::mt19937 random_;
  Harness harness_{Options()};
  std::vector<bool> gone_;
  std::size_t counted_ = 0, written_ = 0;
  std::int64_t again_from_ = 0, most_missing_ = 0;
  std::chrono::milliseconds now_{0};
};

TEST(WindowEngine, WindowsThatAreSeldomWrittenMissNothingAfterARestart) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    SeldomWriter writer(RandomPosts(random, 400), seed);
    writer.Run();
    EXPECT_GT(writer.most_missing(), 10);
    Harness plain;
    plain.Add(writer.Kept());
    plain.engine().AdvanceWatermark(EventTime::max());
    plain.Flush();
    EXPECT_TRUE(writer.Contents() == plain.Contents());
  }
}

TEST(WindowEngine, ARowThatComesAgainCountsOnce) {
  Harness harness;
  const std::vector<Post> posts{{.time_ms = 10, .author = "a"}, {.time_ms = 20, .author = "b"}};
  harness.Add(posts);
  harness.Flush();
  harness.Restart();
  harness.next_ = 1;  // an offset of the reader that is older than what was committed
  harness.Add({{.time_ms = 20, .author = "b"}, {.time_ms = 30, .author = "c"}});
  harness.Flush();
  EXPECT_EQ(harness.At("*", 0, 1000).posts, 3u);
}

TEST(WindowEngine, LargeWindowsAreDueLaterAndNeverAfterTheirBound) {
  WindowEngine::Options options = Harness::Options();
  options.write_rate = 100;
  Harness harness(options);
  WindowEngine::Due due{.all = false};
  const auto flushed_at = [&](std::int64_t ms) {
    due.now = milliseconds(ms);
    return harness.Flush(due).size();
  };
  harness.Add({{.time_ms = 10}});
  EXPECT_EQ(flushed_at(0), 0u) << "new ones wait too";
  EXPECT_EQ(harness.engine().FirstMissing(), Offset{0});
  EXPECT_EQ(flushed_at(1000), 0u);
  EXPECT_EQ(flushed_at(2500), 2u);
  EXPECT_EQ(harness.engine().FirstMissing(), Offset{INT64_MAX});
  Post large{.time_ms = 20};
  for (int i = 0; i < 1000; ++i) large.tags.push_back("tag" + std::to_string(i));
  harness.Add({large});
  EXPECT_EQ(flushed_at(2500 + 9999), 0u);
  EXPECT_EQ(flushed_at(2500 + 10'000), 2u);
  harness.Add({{.time_ms = 30}});
  due.oldest = Offset{2};
  EXPECT_EQ(flushed_at(12'500), 0u);
  due.oldest = Offset{3};
  EXPECT_EQ(flushed_at(12'500), 2u) << "too many records would be read again";
  harness.Add({{.time_ms = 40}});
  harness.engine().AdvanceWatermark(FromMillis(1200));
  EXPECT_EQ(flushed_at(12'500), 1u) << "it became final";
}

TEST(WindowEngine, WhatCannotBeReadAgainIsWrittenAtOnce) {
  WindowEngine::Options options = Harness::Options();
  options.write_rate = 1;
  Harness harness(options);
  const WindowEngine::Due due{.all = false};
  const Post first{.time_ms = 10, .tags = {"x"}}, second{.time_ms = 20};
  harness.Add({first});
  harness.Flush();
  harness.Add({second});
  ASSERT_TRUE(harness.engine().Subtract(BatchOf({second}), 0, Offset{1}).ok());
  EXPECT_EQ(harness.Flush(due).size(), 0u) << "a restart does not find the post";
  ASSERT_TRUE(harness.engine().Subtract(BatchOf({first}), 0, Offset{0}).ok());
  EXPECT_EQ(harness.Flush(due).size(), 2u);
  ASSERT_TRUE(harness.engine().AddUnlogged(BatchOf({first}), 0, Offset{0}).ok());
  EXPECT_EQ(harness.Flush(due).size(), 2u);
  EXPECT_EQ(harness.At("*", 0, 1000).posts, 1u);
}

TEST(WindowEngine, AggregatesLieInTheMemoryGiven) {
  Harness harness;
  harness.Add({{.time_ms = 10, .tags = {"a", "b"}}, {.time_ms = 20, .tags = {"c"}}});
  std::pmr::monotonic_buffer_resource arena;
  std::vector<Aggregate> out;
  ASSERT_TRUE(harness.engine().Flush({}, out, &arena).ok());
  ASSERT_EQ(out.size(), 2u);
  for (const Aggregate& aggregate : out) {
    EXPECT_EQ(aggregate.hashtags.counts.size(), 3u);
    EXPECT_EQ(aggregate.words.counts.get_allocator().resource(), &arena);
    EXPECT_EQ(aggregate.authors.exact.get_allocator().resource(), &arena);
  }
}

TEST(WindowEngine, RefusesOptionsOutsideTheirRange) {
  WindowEngine::Options options;
  options.sizes = {};
  EXPECT_EQ(WindowEngine::Create(options, {}).error().code, Code::kInvalidArgument);
  options.sizes = {milliseconds(0)};
  EXPECT_EQ(WindowEngine::Create(options, {}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace hb
