#include "simulate/corpus.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "record/identity.h"
#include "wire/times.h"

namespace hb::simulate {
namespace {

using std::chrono::milliseconds;

constexpr EventTime kBegin = FromMillis(1'750'000'000'000);

std::shared_ptr<const Corpus> MadeUp(double rate, std::uint64_t seed = 1) {
  Corpus::Options options;
  options.begin = kBegin;
  options.rate = rate;
  options.seed = seed;
  auto corpus = Corpus::MakeUp(options);
  EXPECT_TRUE(corpus.ok());
  return std::move(corpus).value();
}

TEST(SimulateCorpus, TimesAndIndexesAgreeAtAnyRate) {
  for (const double rate : {0.3, 1.0, 7.0, 25.0, 333.3, 2000.0, 50'000.0}) {
    const auto corpus = MadeUp(rate);
    EXPECT_EQ(corpus->FirstAt(kBegin - milliseconds(5)), 0u);
    for (std::uint64_t index = 1; index < 500; ++index) {
      const EventTime time = corpus->TimeOf(index);
      EXPECT_GE(time, corpus->TimeOf(index - 1));
      const std::uint64_t first = corpus->FirstAt(time);
      EXPECT_LE(first, index);
      EXPECT_EQ(corpus->TimeOf(first), time);
      EXPECT_LT(first == 0 ? kBegin - milliseconds(1) : corpus->TimeOf(first - 1), time);
    }
  }
}

TEST(SimulateCorpus, APostIsTheSameWheneverItIsAskedFor) {
  const auto one = MadeUp(100), two = MadeUp(100), other = MadeUp(100, 2);
  int differ = 0;
  for (const std::uint64_t index : {0u, 1u, 77u, 100'000u, 5u}) {
    EXPECT_EQ(one->Get(index).text, two->Get(index).text);
    EXPECT_EQ(one->Get(index).author.handle, two->Get(index).author.handle);
    differ += one->Get(index).text != other->Get(index).text;
  }
  EXPECT_GT(differ, 2);
}

TEST(SimulateCorpus, IdsHoldTheirTimeGrowAndLeadBack) {
  const auto corpus = MadeUp(5'000);
  std::uint64_t last = 0;
  for (std::uint64_t index = 0; index < 3'000; ++index) {
    const std::uint64_t id = corpus->IdOf(index);
    EXPECT_GT(id, last);
    last = id;
    EXPECT_EQ(TimeOfXId(std::to_string(id)), corpus->TimeOf(index));
    EXPECT_EQ(corpus->IndexOf(id), index);
  }
  EXPECT_EQ(corpus->IndexOf(last + 77), std::nullopt);
}

TEST(SimulateCorpus, HoldsEveryKindOfPost) {
  const auto corpus = MadeUp(10);
  std::map<PostKind, int> kinds;
  std::set<std::string> languages;
  int edits = 0, deletes = 0, long_posts = 0;
  for (std::uint64_t index = 0; index < 4'000; ++index) {
    const Post post = corpus->Get(index);
    ASSERT_FALSE(post.text.empty());
    ++kinds[post.kind];
    languages.insert(post.lang);
    long_posts += post.text.size() > 300;
    EXPECT_EQ(post.kind != PostKind::kPost, post.original != nullptr);
    EXPECT_TRUE(!post.original || post.original->index < index);
    if (post.edits) {
      ++edits;
      EXPECT_LT(*post.edits, index);
      EXPECT_EQ(post.edited_id, corpus->IdOf(*post.edits));
      EXPECT_EQ(post.author.id, corpus->Get(*post.edits).author.id);
    }
    for (const std::uint64_t gone : corpus->Deletes(index)) {
      ++deletes;
      EXPECT_EQ(corpus->DeletedBy(gone), index);
    }
  }
  EXPECT_GT(kinds[PostKind::kRepost], 600);
  EXPECT_GT(kinds[PostKind::kReply], 350);
  EXPECT_GT(kinds[PostKind::kQuote], 150);
  EXPECT_GT(languages.size(), 8u);
  EXPECT_GT(edits, 3);
  EXPECT_GT(deletes, 10);
  EXPECT_GT(long_posts, 10);
}

PostBatch ThreePosts() {
  PostBatch posts;
  for (const auto& [at, text] : std::vector<std::pair<int, std::string>>{
           {2'000, "second"}, {0, "first"}, {10'000, "third"}}) {
    PostView post;
    post.time = FromMillis(1'500'000'000'000 + at);
    post.id = text;
    post.key = KeyOf(text);
    post.content = text;
    post.handle = "ann";
    if (text == "second") {
      post.kind = PostKind::kRepost;
      post.repost_of = "bob";
    }
    posts.Append(post);
  }
  return posts;
}

TEST(SimulateCorpus, PlaysWhatItIsGivenInOrderAndAgain) {
  Corpus::Options options;
  options.begin = kBegin;
  options.speed = 2;
  Redaction redaction;
  redaction.time = FromMillis(1'500'000'009'000);
  redaction.key = KeyOf("first");
  const auto made = Corpus::Play(options, ThreePosts(), {redaction});
  ASSERT_TRUE(made.ok());
  const Corpus& corpus = *made.value();
  EXPECT_EQ(corpus.Get(0).text, "first");
  EXPECT_EQ(corpus.Get(1).original->author.handle, "bob");
  EXPECT_EQ(corpus.TimeOf(1), kBegin + milliseconds(1'000));
  EXPECT_EQ(corpus.TimeOf(2), kBegin + milliseconds(5'000));
  EXPECT_EQ(corpus.Get(3).text, "first");
  EXPECT_EQ(corpus.TimeOf(3), kBegin + milliseconds(5'500));
  EXPECT_NE(corpus.IdOf(0), corpus.IdOf(3));
  EXPECT_EQ(corpus.FirstAt(kBegin + milliseconds(5'200)), 3u);
  EXPECT_EQ(corpus.FirstAt(kBegin + milliseconds(5'000)), 2u);
  EXPECT_EQ(corpus.DeletedBy(3), 5u);
  EXPECT_EQ(corpus.Deletes(2), std::vector<std::uint64_t>{0});
}

TEST(SimulateCorpus, EndsWhereItIsToldNotToLoop) {
  Corpus::Options options;
  options.begin = kBegin;
  options.loop = false;
  for (const double rate : {0.0, 10.0}) {
    options.rate = rate;
    const auto corpus = Corpus::Play(options, ThreePosts(), {});
    ASSERT_TRUE(corpus.ok());
    EXPECT_EQ(corpus.value()->size(), 3u);
    EXPECT_EQ(corpus.value()->FirstAt(kBegin + milliseconds(3'600'000)), 3u);
  }
}

TEST(SimulateCorpus, RefusesWhatCannotBePlayed) {
  EXPECT_EQ(Corpus::Play({}, {}, {}).error().code, Code::kInvalidArgument);
  Corpus::Options options;
  options.rate = -1;
  EXPECT_EQ(Corpus::MakeUp(options).error().code, Code::kInvalidArgument);
  options.rate = 1;
  options.speed = 0;
  EXPECT_EQ(Corpus::MakeUp(options).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace hb::simulate
