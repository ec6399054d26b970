// store/store_conformance.h - what every store must do, as tests; and rows to try stores with.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "record/identity.h"
#include "store/store.h"

namespace hb {

/// A batch of `rows` believable posts, numbered from `first`; the same numbers give the same posts.
inline std::shared_ptr<AnalysisBatch> SamplePosts(std::size_t first, std::size_t rows,
                                                  EventTime start = FromMillis(1'470'009'600'000)) {
  static constexpr const char* kTexts[] = {
      "Good morning everyone, what a lovely day to be outside with friends",
      "This is the worst service I have ever had, never again! #fail",
      "Just landed. Traffic is slow but moving, back home by nine I think",
      "Слава добрым людям, всем привет из города на реке #утро",
      ("RT @someone: breaking news, the vote has been moved to Thursday https://t.co/abc #news "
       "#vote")};
  static constexpr const char* kLangs[] = {"en", "en", "en", "ru", "en"};
  auto posts = std::make_shared<PostBatch>();
  auto batch = std::make_shared<AnalysisBatch>();
  for (std::size_t n = first; n < first + rows; ++n) {
    const std::size_t kind = n % 5;
    const std::string id = std::to_string(1'000'000'000 + n);
    const std::string content =
        std::string(kTexts[kind]) + " " + std::to_string(n * 7919 % 100'003);
    const std::string author = std::to_string(n * 31 % 997);
    if (kind == 4) posts->urls.Push("https://example.org/" + std::to_string(n % 50));
    posts->Append({.time = start + std::chrono::milliseconds(n * 250),
                   .key = KeyOf(id),
                   .id = id,
                   .source = "replay",
                   .content = content,
                   .lang = kLangs[kind],
                   .author = author,
                   .handle = "user",
                   .country = n % 3 == 0 ? "US" : "",
                   .kind = kind == 4 ? PostKind::kRepost : PostKind::kPost,
                   .followers = n % 2 == 0 ? static_cast<std::int64_t>(n % 5000) : -1});
    posts->tasks.Push(n % 2 == 0 ? "even" : "odd");
    if (n % 10 == 0) posts->tasks.Push("tens");
    posts->tasks.EndRow();
    posts->rules_version.push_back(3);
    const auto neg = static_cast<Micro>(n * 6151 % 500'000);
    const auto neu = static_cast<Micro>(n * 911 % 500'000);
    batch->neg.push_back(neg);
    batch->neu.push_back(neu);
    batch->mixed.push_back(static_cast<Micro>(n % 1000));
    const Micro pos = kMicro - neg - neu;
    batch->label.push_back(pos >= neg && pos >= neu ? Label::kPositive
                           : neg >= neu             ? Label::kNegative
                                                    : Label::kNeutral);
    batch->label4.push_back(n % 20 == 0 ? Label::kMixed : batch->label.back());
    batch->polarity.push_back(static_cast<Micro>(kind == 1 ? -800'000 : kind == 0 ? 350'000 : 0));
    batch->subjectivity.push_back(static_cast<Micro>(n % 1'000'000));
    for (std::size_t i = 0; i < kFeltEmotions; ++i) {
      batch->emotions[i].push_back(static_cast<Micro>((n + 4) % 5 == i ? 700'000 : 50'000));
    }
    batch->emotion.push_back(static_cast<Emotion>((n + 4) % 5));
    batch->lang.Append(kLangs[kind]);
    if (kind == 4) {
      batch->hashtags.Push("news");
      batch->hashtags.Push("vote");
      batch->mentions.Push("someone");
      batch->links.Push("https://t.co/abc");
      batch->names.Push("person:Ann Lee");
      batch->name_spans.push_back({3, 10});
      batch->topics.Push("news_&_social_concern");
    }
    if (n % 3 == 0) batch->topics.Push("diaries_&_daily_life");
    batch->fingerprint.push_back(kind == 3 ? 0 : 0x8000'0000'0000'0000u + kind);
    batch->words.Push("w" + std::to_string(n % 100));
    for (ListColumn* list : {&batch->hashtags, &batch->mentions, &batch->cashtags, &batch->links,
                             &batch->emoji, &batch->words, &batch->names, &batch->topics}) {
      list->EndRow();
    }
    batch->clean.Append(content.substr(0, content.find('#')));
  }
  batch->posts = std::move(posts);
  for (std::size_t row = 0; row < batch->size(); ++row) {
    const bool english = batch->lang[row] == "en";
    const bool appended =
        batch->models.Append({.sentiment = english ? "sentiment-fast/1" : "sentiment-multi/1",
                              .polarity = "pattern/1",
                              .language = "language-fast/1",
                              .emotion = "emotion-fast/1",
                              .entities = "entities-fast/1",
                              .topics = "topics-fast/1"});
    if (!appended) std::abort();
  }
  return batch;
}

/// One partial with `posts` posts.
inline Aggregate SampleAggregate(std::string task, std::int64_t minute, std::int32_t partition,
                                 std::uint32_t revision, std::uint64_t posts) {
  Aggregate out;
  out.key = {.task = std::move(task),
             .window_start = FromMillis(1'470'009'600'000 + minute * 60'000),
             .window_ms = 60'000,
             .partition = Partition{partition}};
  out.revision = revision;
  out.posts = posts;
  const auto n = static_cast<std::int64_t>(posts);
  out.neg = n * 200'000;
  out.neu = n * 300'000;
  out.pos = n * 500'000;
  out.mixed = n * 1000;
  out.polarity = n * -250'000;
  out.subjectivity = n * 400'000;
  out.labels = {posts / 4, posts / 4, posts - 2 * (posts / 4)};
  out.labels4 = {posts / 4, posts / 4, posts - 2 * (posts / 4), 0};
  out.kinds = {posts, 0, 0, 0};
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(posts, 20); ++i) {
    const std::uint64_t hash = (i + 1) * 0x9e3779b97f4a7c15ull;
    out.authors.exact.push_back({hash, 1});
  }
  std::sort(out.authors.exact.begin(), out.authors.exact.end());
  out.languages.counts = {{"en", posts}};
  out.hashtags.counts = {{"p" + std::to_string(partition), 1}, {"vote", posts}};
  out.words.counts = {{"alpha", posts}, {"beta", 1}};
  out.emotion_sums = {n * 100'000, n * 50'000, 0, n * 20'000};
  out.emotions = {posts / 4, 0, 0, 0, posts - posts / 4};
  out.names.counts = {{"person:Ann Lee", posts}};
  out.topics.counts = {{"news_&_social_concern", posts}, {"sports", 1}};
  return out;
}

/// How the tests reach a store: a fresh one over the same data each time it is called, opened.
struct StoreUnderTest {
  std::function<std::unique_ptr<Store>()> open;
  /// Rows of posts that readers see, and of windows: by the store's own means.
  std::function<std::int64_t(Store&)> posts, windows;
};

/// Runs the rules of Store that do not depend on its query language.
inline void CheckStoreContract(const StoreUnderTest& test) {
  const auto offset = [](std::int64_t next) {
    return StoreOffset{.topic = "analysis", .partition = Partition{0}, .next = Offset{next}};
  };
  std::unique_ptr<Store> store = test.open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(store->Offsets().value().empty());

  // An empty write is fine.
  EXPECT_TRUE(store->Write({}).ok());

  // Rows and offsets come together, and stay after a reopen.
  const std::shared_ptr<const AnalysisBatch> first[] = {SamplePosts(0, 3000),
                                                        SamplePosts(3000, 77)};
  const StoreOffset at_first[] = {offset(3077)};
  ASSERT_TRUE(store->Write({.analyses = first, .offsets = at_first}).ok());
  EXPECT_EQ(test.posts(*store), 3077);
  store.reset();
  store = test.open();
  EXPECT_EQ(test.posts(*store), 3077);
  ASSERT_EQ(store->Offsets().value().size(), 1u);
  EXPECT_EQ(ToInt(store->Offsets().value()[0].next), 3077);
  EXPECT_EQ(store->Offsets().value()[0].topic, "analysis");

  // The same write again, as after a commit whose answer was lost, changes nothing.
  ASSERT_TRUE(store->Write({.analyses = first, .offsets = at_first}).ok());
  EXPECT_EQ(test.posts(*store), 3077);

  // A partial replaces the one before it; an older revision does not.
  const Aggregate old[] = {SampleAggregate("t", 0, 0, 2, 10), SampleAggregate("t", 0, 1, 1, 5)};
  ASSERT_TRUE(store->Write({.aggregates = old}).ok());
  const Aggregate older[] = {SampleAggregate("t", 0, 0, 1, 99), SampleAggregate("t", 1, 0, 1, 1)};
  ASSERT_TRUE(store->Write({.aggregates = older}).ok());
  EXPECT_EQ(test.windows(*store), 2);

  // A deleted post is gone at once, and stays away when it comes again.
  Redaction redaction;
  redaction.kind = RedactionKind::kDelete;
  redaction.id = "1000000005";
  redaction.key = KeyOf(redaction.id);
  redaction.source = "replay";
  const Redaction redactions[] = {redaction};
  ASSERT_TRUE(store->Write({.redactions = redactions}).ok());
  EXPECT_EQ(test.posts(*store), 3076);
  const std::shared_ptr<const AnalysisBatch> again[] = {SamplePosts(5, 1)};
  ASSERT_TRUE(store->Write({.analyses = again}).ok());
  EXPECT_EQ(test.posts(*store), 3076);
}

}  // namespace hb
