#include "store/duckdb/redactions.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/hash.h"
#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

struct Post {
  std::string id, content;
  std::string author = "77";
  std::string chain{}, repost_of{};
  std::int64_t time_ms = 1000;
  std::string source = "x_stream";
  std::string country = "US";
};

std::shared_ptr<const AnalysisBatch> Batch(const std::vector<Post>& list) {
  auto posts = std::make_shared<PostBatch>();
  auto batch = std::make_shared<AnalysisBatch>();
  for (const Post& post : list) {
    posts->Append({.time = FromMillis(post.time_ms),
                   .key = KeyOf(post.id),
                   .id = post.id,
                   .source = post.source,
                   .content = post.content,
                   .author = post.author,
                   .country = post.country,
                   .chain = post.chain,
                   .repost_of = post.repost_of,
                   .kind = post.repost_of.empty() ? PostKind::kPost : PostKind::kRepost,
                   .flags = kFlagGeo});
    batch->neg.push_back(0);
    batch->neu.push_back(kMicro);
    batch->label.push_back(Label::kNeutral);
    batch->clean.Append(post.content);
    batch->lang.Append("en");
  }
  batch->posts = std::move(posts);
  return batch;
}

Redaction Event(RedactionKind kind, std::string id, std::string author = "",
                std::int64_t time_ms = 5000) {
  Redaction out;
  out.time = FromMillis(time_ms);
  out.kind = kind;
  out.key = id.empty() ? PostKey{} : KeyOf(id);
  out.id = std::move(id);
  out.author = std::move(author);
  out.source = "x_stream";
  return out;
}

class RedactionsTest : public ::testing::Test {
 protected:
  RedactionsTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           ("hb_redact_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    Open();
  }
  ~RedactionsTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void Open() {
    store_.reset();
    store_ = MakeDuckdbStore({}, *env_).value();
    ASSERT_TRUE(store_->Open().ok());
  }
  void Write(const std::vector<Post>& posts, const std::vector<Redaction>& redactions = {}) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {Batch(posts)};
    StoreWrite write{.redactions = redactions};
    if (!posts.empty()) write.analyses = batches;
    const Status status = store_->Write(write);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  /// The first column of every row, with blanks between.
  std::string Ask(std::string_view sql) {
    const Result<SqlResult> result = store_->Query(sql, {}, {});
    if (!result.ok()) return result.error().message;
    std::string out;
    for (const auto& row : result.value().rows) {
      const auto* text = std::get_if<std::string>(&row[0]);
      out += (out.empty() ? "" : " ") + (text != nullptr ? *text : std::string("NULL"));
    }
    return out;
  }
  std::string Ids() { return Ask("SELECT id FROM posts ORDER BY id"); }
  /// Files of the data folder that hold `text`.
  int FilesWith(std::string_view text) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      if (bytes.find(text) != std::string::npos) ++files;
    }
    return files;
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<SqlStore> store_;
};

TEST_F(RedactionsTest, ADeleteTakesTheChainAndTheRepostsAlong) {
  Write({{.id = "1", .content = "a"}, {.id = "2", .content = "b"}, {.id = "3", .content = "c"}});
  Write({{.id = "5", .content = "a, edited", .chain = "1", .time_ms = 2000},
         {.id = "6", .content = "RT a", .repost_of = "1"},
         {.id = "7", .content = "RT b", .repost_of = "2"}});
  EXPECT_EQ(Ids(), "2 3 5 6 7");  // the edit replaced its original
  Write({}, {Event(RedactionKind::kDelete, "5")});
  EXPECT_EQ(Ids(), "2 3 7");
  // Nothing of it comes back, also not after a reopen.
  Open();
  Write({{.id = "1", .content = "a"},
         {.id = "5", .content = "x", .chain = "1"},
         {.id = "8", .content = "again", .chain = "1"},
         {.id = "9", .content = "RT", .repost_of = "5"},
         {.id = "10", .content = "new"}});
  EXPECT_EQ(Ids(), "10 2 3 7");
}

TEST_F(RedactionsTest, ADeleteMayComeFirstOrInTheSameWrite) {
  Write({}, {Event(RedactionKind::kDelete, "1")});
  Write({{.id = "1", .content = "a"}, {.id = "2", .content = "b"}},
        {Event(RedactionKind::kDelete, "2")});
  EXPECT_EQ(Ids(), "");
}

TEST_F(RedactionsTest, TheNewestVersionOfAnEditedPostStays) {
  Write({{.id = "at://x/1", .content = "first"}});
  Write({{.id = "at://x/1", .content = "second", .chain = "at://x/1"}},
        {Event(RedactionKind::kEdit, "at://x/1")});
  EXPECT_EQ(Ask("SELECT content FROM posts"), "second");
  // The same, told in the other order, and an older version that comes late.
  Write({{.id = "20", .content = "v1"},
         {.id = "21", .content = "v2", .chain = "20", .time_ms = 2000},
         {.id = "22", .content = "v3", .chain = "20", .time_ms = 3000}});
  Write({{.id = "21", .content = "v2 again", .chain = "20", .time_ms = 2000}});
  Write({}, {Event(RedactionKind::kEdit, "20"), Event(RedactionKind::kEdit, "21")});
  Write({{.id = "20", .content = "v1 again"}});
  EXPECT_EQ(Ask("SELECT content FROM posts ORDER BY content"), "second v3");
}

TEST_F(RedactionsTest, AnEditThatNoLongerMatchesStillRemovesTheOldText) {
  Write({{.id = "30", .content = "old"}});
  Write({}, {Event(RedactionKind::kEdit, "30")});
  EXPECT_EQ(Ids(), "");
}

TEST_F(RedactionsTest, AccountsAreDeletedHiddenAndShown) {
  const std::vector<Post> posts = {
      {.id = "1", .content = "a", .author = "gone"},
      {.id = "2", .content = "b", .author = "shy"},
      {.id = "3", .content = "c", .author = "shy", .source = "mastodon"},
      {.id = "4", .content = "d", .author = "other"}};
  Write(posts);
  Write({}, {Event(RedactionKind::kAccountDelete, "", "gone"),
             Event(RedactionKind::kAccountHide, "", "shy")});
  EXPECT_EQ(Ids(), "3 4");
  // A post of the hidden account that arrives late is hidden as well, one of the deleted account
  // dropped.
  Write({{.id = "5", .content = "e", .author = "shy"},
         {.id = "6", .content = "f", .author = "gone"}});
  EXPECT_EQ(Ids(), "3 4");
  Open();
  Write({}, {Event(RedactionKind::kAccountHide, "", "other"),
             Event(RedactionKind::kAccountShow, "", "shy", 6000),
             Event(RedactionKind::kAccountShow, "", "other", 6000)});
  EXPECT_EQ(Ids(), "2 3 4 5");
  Write({{.id = "7", .content = "g", .author = "shy"}});
  EXPECT_EQ(Ids(), "2 3 4 5 7");
}

TEST_F(RedactionsTest, AccountEventsMeanTheSameInAnyOrder) {
  struct Item {
    std::int64_t time_ms;
    RedactionKind kind = RedactionKind::kEdit;  // kEdit: a post
  };
  struct Story {
    std::vector<Item> items;
    std::string kept;  // times of the posts that readers see
  };
  constexpr auto kHide = RedactionKind::kAccountHide, kShow = RedactionKind::kAccountShow;
  const Story stories[] = {
      {{{1000}, {4500}, {2000, kHide}, {3000, kShow}, {4000, kHide}}, "4500"},
      {{{1000}, {2500}, {2000, RedactionKind::kAccountDelete}, {2200, kHide}, {2600, kShow}},
       "2500"},
      {{{1000}, {2000, kHide}, {2000, kShow}}, ""}};
  int number = 0;
  for (const Story& story : stories) {
    std::vector<std::size_t> order(story.items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    int turn = 0;
    do {
      if (turn++ % 6 != 0) continue;  // the pipeline's test goes through more of them
      const std::string author = "a" + std::to_string(++number);
      for (const std::size_t i : order) {
        const Item& item = story.items[i];
        if (item.kind == RedactionKind::kEdit) {
          Write({{.id = author + "-" + std::to_string(item.time_ms),
                  .content = "x",
                  .author = author,
                  .time_ms = item.time_ms}});
        } else {
          Write({}, {Event(item.kind, "", author, item.time_ms)});
        }
      }
      if (number % 10 == 0) Open();
      ASSERT_EQ(Ask("SELECT epoch_ms(time)::VARCHAR FROM posts WHERE author = '" + author +
                    "' ORDER BY time"),
                story.kept)
          << "order " << ::testing::PrintToString(order);
    } while (std::next_permutation(order.begin(), order.end()));
  }
  EXPECT_EQ(number, 20 + 20 + 1);
}

TEST_F(RedactionsTest, PlacesAreScrubbedUpToAPost) {
  Write({{.id = "1", .content = "a"}, {.id = "5", .content = "b"}, {.id = "9", .content = "c"}});
  Write({}, {Event(RedactionKind::kScrubGeo, "5", "77")});
  EXPECT_EQ(Ask("SELECT country FROM posts ORDER BY id"), "NULL NULL US");
  EXPECT_EQ(Ask("SELECT (flags & 16)::VARCHAR FROM posts ORDER BY id"), "0 0 16");
  Write({{.id = "4", .content = "late"}});
  EXPECT_EQ(Ask("SELECT country FROM posts ORDER BY id"), "NULL NULL NULL US");
}

TEST_F(RedactionsTest, WithheldPostsAreNamed) {
  Redaction event = Event(RedactionKind::kWithheld, "1");
  event.countries = "DE,FR";
  Write({{.id = "1", .content = "a"}}, {event});
  EXPECT_EQ(Ask("SELECT countries FROM withheld WHERE id = '1'"), "[\"DE\",\"FR\"]");
  EXPECT_EQ(Ids(), "1");
}

TEST_F(RedactionsTest, DeletedBytesLeaveTheDisk) {
  const std::string secret = "Zq7vXsecretWq9";
  std::vector<Post> posts;
  for (int i = 0; i < 5000; ++i) {
    // Texts that do not repeat are stored as they are, so that the search below can find them.
    std::string noise;
    for (int k = 0; k < 8; ++k) noise += std::to_string(Hash64(std::to_string(i * 8 + k)));
    posts.push_back({.id = std::to_string(100'000'000 + i), .content = noise});
  }
  posts[1234].content = secret + posts[1234].content;
  Write(posts);
  const DeadLetter letters[] = {{.time = clock_.Now(),
                                 .source = "x_stream",
                                 .location = "1",
                                 .reason = "broken",
                                 .raw = "{\"id\":\"100001234\",\"text\":\"" + secret}};
  ASSERT_TRUE(store_->Write({.dead = letters}).ok());
  EXPECT_GE(FilesWith(secret), 1);
  ASSERT_TRUE(store_->Prune(FromMillis(0)).ok());  // a checkpoint only: nothing is redacted yet
  EXPECT_GE(FilesWith(secret), 1);
  Write({}, {Event(RedactionKind::kDelete, "100001234")});
  EXPECT_EQ(Ask("SELECT id FROM posts WHERE contains(content, '" + secret + "')"), "");
  EXPECT_EQ(Ask("SELECT location FROM dead_letters"), "");
  EXPECT_GE(FilesWith(secret), 1);
  Open();  // it is not forgotten over a restart
  ASSERT_TRUE(store_->Prune(FromMillis(0)).ok());
  EXPECT_EQ(FilesWith(secret), 0);
  EXPECT_EQ(Ask("SELECT count(*)::VARCHAR FROM posts"), "4999");
  // The store goes on with the new file: writes, tombstones and offsets work.
  Write({{.id = "100001234", .content = secret}, {.id = "1", .content = "after"}});
  EXPECT_EQ(Ask("SELECT count(*)::VARCHAR FROM posts"), "5000");
  Open();
  EXPECT_EQ(Ask("SELECT count(*)::VARCHAR FROM posts"), "5000");
  EXPECT_EQ(FilesWith(secret), 0);
}

TEST_F(RedactionsTest, HostileIdsAreOnlyText) {
  const std::string id = "x'); DROP TABLE posts; --";
  Write({{.id = id, .content = "a", .author = id}, {.id = "2", .content = "b"}});
  Write({}, {Event(RedactionKind::kAccountDelete, "", id), Event(RedactionKind::kDelete, id)});
  Write({{.id = id, .content = "a", .author = id}});
  EXPECT_EQ(Ids(), "2");
}

TEST(TombstoneFilterTest, HoldsWhatWasAddedAndLittleElse) {
  duck::TombstoneFilter filter;
  EXPECT_FALSE(filter.MayHold(1));
  for (std::uint64_t i = 0; i < 1'000'000; ++i) filter.Add(i);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) ASSERT_TRUE(filter.MayHold(i));
  int wrong = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) wrong += filter.MayHold(i + (1ull << 40)) ? 1 : 0;
  EXPECT_LT(wrong, 1000);
}

}  // namespace
}  // namespace hb
