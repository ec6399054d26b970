#include "store/duckdb/window_rows.h"

#include "store/duckdb/duckdb_testing.h"

namespace hb {
namespace {

TEST_F(DuckdbStoreTest, MergesThePartialsOfAWindow) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 30)});
  WriteAggregates({SampleAggregate("t", 0, 0, 2, 12), SampleAggregate("t", 0, 0, 3, 14),
                   SampleAggregate("t", 1, 0, 1, 1)});
  EXPECT_EQ(Text("select task, window_start, window_size, posts, revision from windows order by "
                 "all limit 5"),
            "t|2016-08-01T00:00:00Z|1m|44|4\nt|2016-08-01T00:01:00Z|1m|1|1\n");
  EXPECT_EQ(Text("select authors, neg, neu, pos, polarity, negative, neutral, positive, originals, "
                 "languages, "
                 "hashtags[1].key, hashtags[1].posts, final, approximate, window_ms from windows "
                 "where posts = 44"),
            "20|0.2|0.3|0.5|-0.25|10|10|24|44|[{\"key\":\"en\",\"posts\":44}]|vote|44|false|false|"
            "60000\n");
  // An older or equal revision changes nothing.
  WriteAggregates({SampleAggregate("t", 0, 0, 3, 99), SampleAggregate("t", 0, 1, 1, 99)});
  EXPECT_EQ(Text("select sum(posts) from windows"), "45\n");
  Open();
  WriteAggregates({SampleAggregate("t", 0, 1, 2, 31)});
  EXPECT_EQ(Text("select sum(posts), count(*) from windows"), "46|2\n");
}

TEST_F(DuckdbStoreTest, AWindowWhosePostsWereAllDeletedIsGone) {
  Open();
  WriteAggregates({SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 30),
                   SampleAggregate("u", 0, 0, 1, 5)});
  const auto empty = [](std::string task, std::int32_t partition, std::uint32_t revision) {
    Aggregate aggregate;
    aggregate.key = SampleAggregate(std::move(task), 0, partition, 1, 1).key;
    aggregate.revision = revision;
    return aggregate;
  };
  WriteAggregates({empty("t", 0, 2), empty("u", 0, 2), empty("never", 0, 2)});
  EXPECT_EQ(Text("SELECT task, posts FROM windows ORDER BY ALL"), "t|30\n");
  WriteAggregates({empty("t", 1, 2)});
  EXPECT_EQ(Text("SELECT count(*) FROM windows"), "0\n");
  WriteAggregates({SampleAggregate("t", 0, 1, 3, 4)});
  EXPECT_EQ(Text("SELECT task, posts FROM windows"), "t|4\n");
}

TEST_F(DuckdbStoreTest, BatchesOfPartialsAreAsTheSamePartialsOneByOne) {
  Open();
  using Batch = std::vector<Aggregate>;
  const std::shared_ptr<const Batch> batches[] = {
      std::make_shared<const Batch>(
          Batch{SampleAggregate("t", 0, 0, 1, 10), SampleAggregate("t", 0, 1, 1, 5)}),
      std::make_shared<const Batch>(Batch{SampleAggregate("t", 0, 0, 2, 12)})};
  const Aggregate single[] = {SampleAggregate("t", 0, 1, 3, 7)};
  ASSERT_TRUE(store_->Write({.aggregates = single, .aggregate_batches = batches}).ok());
  EXPECT_EQ(Text("SELECT posts, revision FROM windows"), "19|5\n");
}

TEST_F(DuckdbStoreTest, ListsOfWindowsAreMadeFromTheirPartials) {
  Open();
  Aggregate first = SampleAggregate("t", 0, 0, 1, 2), second = SampleAggregate("t", 0, 1, 1, 1);
  first.words.counts = {{"a", 1}, {"b", 5}, {"d", 2}};
  second.words.counts = {{"a", 3}, {"c", 4}, {"d", 2}};
  first.hashtags.counts = {};
  for (int i = 100; i < 180; ++i) first.hashtags.counts.push_back({"h" + std::to_string(i), 1});
  second.hashtags.counts = {{"h179", 1}};
  first.countries.counts = second.countries.counts = {};
  WriteAggregates({first, second});
  EXPECT_EQ(Text("SELECT words, languages, countries FROM windows"),
            "[{\"key\":\"b\",\"posts\":5},{\"key\":\"a\",\"posts\":4},{\"key\":\"c\",\"posts\":4},"
            "{\"key\":\"d\",\"posts\":4}]|[{\"key\":\"en\",\"posts\":3}]|[]\n");
  EXPECT_EQ(
      Text("SELECT len(hashtags), hashtags[1].key, hashtags[2].key, hashtags[50].key FROM windows"),
      "50|h179|h100|h148\n");
  // Users may call the function too, with any bytes.
  EXPECT_EQ(Text("SELECT window_top('abc'::BLOB, 'words'), window_top(NULL, 'words'), "
                 "window_top(''::BLOB, 'x'), "
                 "window_top(''::BLOB, 'words')"),
            "NULL|NULL|NULL|[]\n");
}

TEST_F(DuckdbStoreTest, GapsMakeWindowsIncompleteInAnyOrder) {
  const auto gap = [](std::int64_t from_s, std::int64_t to_s, std::uint32_t refilled = 0) {
    return Gap{.source = "x",
               .from = FromMillis(1'470'009'600'000 + from_s * 1000),
               .to = FromMillis(1'470'009'600'000 + to_s * 1000),
               .cause = "connection lost",
               .refilled = refilled};
  };
  const std::string ask = "SELECT task, completeness FROM windows ORDER BY window_start";
  const Gap first[] = {gap(30, 75)};
  Open();
  WriteAggregates({SampleAggregate("before", 0, 0, 1, 4)});
  ASSERT_TRUE(store_->Write({.gaps = first}).ok());
  WriteAggregates({SampleAggregate("after", 1, 0, 1, 4), SampleAggregate("far", 9, 0, 1, 4)});
  EXPECT_EQ(Text(ask), "before|0.5\nafter|0.75\nfar|1\n");
  Open();  // the gaps are known again
  WriteAggregates({SampleAggregate("before", 0, 0, 2, 5)});
  EXPECT_EQ(Text(ask), "before|0.5\nafter|0.75\nfar|1\n");
  // A third came later; then all of it. The same record again changes nothing.
  const Gap part[] = {gap(30, 75, 400'000)}, whole[] = {gap(30, 75, 1'000'000)};
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(store_->Write({.gaps = part}).ok());
    EXPECT_EQ(Text(ask), "before|0.7\nafter|0.85\nfar|1\n");
  }
  EXPECT_EQ(Text("SELECT source, started, ended, cause, refilled, exact FROM gaps"),
            "x|2016-08-01T00:00:30Z|2016-08-01T00:01:15Z|connection lost|0.4|true\n");
  ASSERT_TRUE(store_->Write({.gaps = whole}).ok());
  EXPECT_EQ(Text(ask), "before|1\nafter|1\nfar|1\n");
  EXPECT_EQ(Text("SELECT count(*) FROM gaps"), "1\n");
}

}  // namespace
}  // namespace hb
