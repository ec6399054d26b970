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
  }
  batch.posts = std::move(posts);
  return batch;
}

/// An engine with a map as its committed state.
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
    engine_ = WindowEngine::Create(options_, [this](const AggregateKey& key) -> Result<Aggregate> {
                const auto at = committed_.find(key);
                if (at == committed_.end()) return Error{Code::kNotFound, "no window"};
                return at->second;
              }).value();
    std::vector<AggregateKey> open;
    for (const auto& [key, aggregate] : committed_) {
      if (!aggregate.is_final) open.push_back(key);
    }
    engine_->Restore(open);
  }
  void Add(const std::vector<Post>& posts) { ASSERT_TRUE(engine_->Add(BatchOf(posts), {}).ok()); }
  std::vector<Aggregate> Flush() {
    std::vector<Aggregate> out;
    EXPECT_TRUE(engine_->Flush(out).ok());
    for (const Aggregate& aggregate : out) committed_[aggregate.key] = aggregate;
    return out;
  }
  WindowEngine& engine() { return *engine_; }
  const Aggregate& At(const std::string& task, std::int64_t start, std::int64_t size) {
    return committed_.at({task, FromMillis(start), size, Partition{0}});
  }
  /// What must not depend on order, restarts or batches.
  std::map<AggregateKey, Aggregate> Contents() const {
    auto copy = committed_;
    for (auto& [key, aggregate] : copy) aggregate.revision = 0;
    return copy;
  }

 private:
  WindowEngine::Options options_;
  std::map<AggregateKey, Aggregate> committed_;
  std::unique_ptr<WindowEngine> engine_;
};

TEST(WindowStart, RoundsDownAlsoBefore1970) {
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(1999), milliseconds(1000))), 1000);
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(2000), milliseconds(1000))), 2000);
  EXPECT_EQ(ToMillis(WindowStart(FromMillis(-1), milliseconds(1000))), -1000);
}

TEST(WindowEngine, CountsEachPostForAllAndForItsTasks) {
  Harness harness;
  harness.Add(
      {{.time_ms = 10, .author = "a", .task = "t", .tags = {"x"}, .label = Label::kPositive},
       {.time_ms = 990, .author = "b", .tags = {"x", "y"}, .label = Label::kNegative},
       {.time_ms = 1000, .author = "a"}});
  harness.Flush();
  const Aggregate& all = harness.At("*", 0, 1000);
  EXPECT_EQ(all.posts, 2u);
  EXPECT_EQ(all.authors.Count(), 2u);
  EXPECT_EQ(all.pos, 900'000 + 50'000 + 0);
  EXPECT_EQ(all.labels4[0], 1u);
  EXPECT_EQ(all.labels4[2], 1u);
  EXPECT_THAT(all.hashtags.counts, testing::ElementsAre(KeyCount{"x", 2}, KeyCount{"y", 1}));
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
  const Post kept{.time_ms = 10, .author = "a", .task = "t", .tags = {"x"}};
  const Post gone{.time_ms = 20, .author = "b", .task = "t", .tags = {"x", "z"}, .lang = "fr"};
  Harness with, without;
  with.Add({kept, gone});
  with.Flush();
  with.Restart();
  ASSERT_TRUE(with.engine().Subtract(BatchOf({kept, gone}), 1).ok());
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
    ASSERT_TRUE(harness.engine().Subtract(batch, i).ok());
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
      ASSERT_TRUE(with.engine().Subtract(batch, i).ok());
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

TEST(WindowEngine, AggregatesLieInTheMemoryGiven) {
  Harness harness;
  harness.Add({{.time_ms = 10, .tags = {"a", "b"}}, {.time_ms = 20, .tags = {"c"}}});
  std::pmr::monotonic_buffer_resource arena;
  std::vector<Aggregate> out;
  ASSERT_TRUE(harness.engine().Flush(out, &arena).ok());
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
