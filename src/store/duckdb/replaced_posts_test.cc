// Newer results of posts that are stored.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "store/duckdb/duckdb_testing.h"
#include "store/replaces_posts.h"

namespace hb {
namespace {

/// Posts as SamplePosts makes them, with another result.
std::shared_ptr<AnalysisBatch> Judged(std::size_t first, std::size_t rows, Label label) {
  auto batch = SamplePosts(first, rows);
  std::fill(batch->neg.begin(), batch->neg.end(), label == Label::kNegative ? kMicro : 0);
  std::fill(batch->neu.begin(), batch->neu.end(), label == Label::kNegative ? 0 : kMicro);
  std::fill(batch->label.begin(), batch->label.end(), label);
  return batch;
}

class ReplacedPostsTest : public DuckdbStoreTest {
 protected:
  Status Replace(std::vector<std::shared_ptr<const AnalysisBatch>> posts, std::int64_t next) {
    const StoreOffset offset{"rescored", Partition{0}, Offset{next}};
    return dynamic_cast<ReplacesPosts&>(*store_).ReplacePosts(posts, {&offset, 1});
  }
};

TEST_F(ReplacedPostsTest, TakeThePlaceOfThoseThatAreThereAndOfNoOthers) {
  Open();
  WritePosts(0, 100);
  const std::string others =
      "SELECT count(*), min(content), max(time)::VARCHAR, sum(len(hashtags)) FROM posts";
  const std::string before = Text(others);
  ASSERT_TRUE(Replace({Judged(50, 100, Label::kNegative)}, 1).ok());  // 50 of them are not there
  EXPECT_EQ(Text(others), before);
  EXPECT_EQ(Text("SELECT count(*), count(DISTINCT key) FROM posts"), "100|100\n");
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE neg = 1 AND label = 'negative'"), "50\n");
  Open();
  EXPECT_EQ(Text("SELECT count(*) FROM posts WHERE neg = 1 AND label = 'negative'"), "50\n");
}

TEST_F(ReplacedPostsTest, OfSeveralTheLastCountsAndARepeatChangesNothing) {
  Open();
  WritePosts(0, 10);
  ASSERT_TRUE(Replace({Judged(0, 10, Label::kNegative), Judged(0, 10, Label::kNeutral)}, 5).ok());
  EXPECT_EQ(Text("SELECT label, count(*) FROM posts GROUP BY ALL"), "neutral|10\n");
  // Its offset says that it was written.
  ASSERT_TRUE(Replace({Judged(0, 10, Label::kNegative)}, 5).ok());
  EXPECT_EQ(Text("SELECT label, count(*) FROM posts GROUP BY ALL"), "neutral|10\n");
  ASSERT_TRUE(Replace({Judged(0, 10, Label::kNegative)}, 6).ok());
  EXPECT_EQ(Text("SELECT label, count(*) FROM posts GROUP BY ALL"), "negative|10\n");
}

TEST_F(ReplacedPostsTest, WhatWasDeletedStaysAway) {
  Open();
  WritePosts(0, 10);
  const auto sample = SamplePosts(3, 1);
  const Redaction gone[] = {{.time = clock_.Now(),
                             .key = sample->posts->key[0],
                             .id = std::string(sample->posts->id[0]),
                             .source = std::string(sample->posts->source[0])}};
  ASSERT_TRUE(store_->Write({.redactions = gone}).ok());
  ASSERT_EQ(Text("SELECT count(*) FROM posts"), "9\n");
  ASSERT_TRUE(Replace({Judged(0, 10, Label::kNegative)}, 1).ok());
  EXPECT_EQ(Text("SELECT count(*) FROM posts"), "9\n");
}

}  // namespace
}  // namespace hb
