// Every codec: round trips over generated and hostile values, truncated and garbled bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "record/avro_control.h"
#include "record/avro_post.h"
#include "record/avro_samples.h"
#include "record/avro_schema.h"
#include "record/avro_window.h"

namespace hb {
namespace {

using samples::Generator;

std::vector<std::string> Strings(const ListColumn::List& list) {
  std::vector<std::string> strings;
  for (const std::string_view value : list) strings.emplace_back(value);
  return strings;
}

void ExpectSamePost(const PostBatch& a, std::size_t i, const PostBatch& b, std::size_t j) {
  const PostView x = a.Row(i), y = b.Row(j);
  EXPECT_EQ(x.time, y.time);
  EXPECT_EQ(x.key, y.key);
  EXPECT_EQ(x.id, y.id);
  EXPECT_EQ(x.source, y.source);
  EXPECT_EQ(x.content, y.content);
  EXPECT_EQ(x.lang, y.lang);
  EXPECT_EQ(x.author, y.author);
  EXPECT_EQ(x.handle, y.handle);
  EXPECT_EQ(x.country, y.country);
  EXPECT_EQ(x.conversation, y.conversation);
  EXPECT_EQ(x.chain, y.chain);
  EXPECT_EQ(x.reply_to, y.reply_to);
  EXPECT_EQ(x.repost_of, y.repost_of);
  EXPECT_EQ(x.kind, y.kind);
  EXPECT_EQ(x.flags, y.flags);
  EXPECT_EQ(x.followers, y.followers);
  EXPECT_EQ(Strings(a.urls[i]), Strings(b.urls[j]));
  EXPECT_EQ(Strings(a.hashtags[i]), Strings(b.hashtags[j]));
  EXPECT_EQ(Strings(a.tasks[i]), Strings(b.tasks[j]));
  EXPECT_EQ(a.rules_version[i], b.rules_version[j]);
}

void ExpectSameResults(const AnalysisBatch& a, std::size_t i, const AnalysisBatch& b,
                       std::size_t j) {
  EXPECT_EQ(a.neg[i], b.neg[j]);
  EXPECT_EQ(a.neu[i], b.neu[j]);
  EXPECT_EQ(a.mixed[i], b.mixed[j]);
  EXPECT_EQ(a.label[i], b.label[j]);
  EXPECT_EQ(a.label4[i], b.label4[j]);
  EXPECT_EQ(a.polarity[i], b.polarity[j]);
  EXPECT_EQ(a.subjectivity[i], b.subjectivity[j]);
  EXPECT_EQ(a.lang[i], b.lang[j]);
  EXPECT_EQ(Strings(a.hashtags[i]), Strings(b.hashtags[j]));
  EXPECT_EQ(Strings(a.mentions[i]), Strings(b.mentions[j]));
  EXPECT_EQ(Strings(a.cashtags[i]), Strings(b.cashtags[j]));
  EXPECT_EQ(Strings(a.links[i]), Strings(b.links[j]));
  EXPECT_EQ(Strings(a.emoji[i]), Strings(b.emoji[j]));
  EXPECT_EQ(Strings(a.words[i]), Strings(b.words[j]));
  EXPECT_EQ(a.clean[i], b.clean[j]);
  EXPECT_EQ(a.models[i], b.models[j]);
  for (std::size_t e = 0; e < kFeltEmotions; ++e) EXPECT_EQ(a.emotions[e][i], b.emotions[e][j]);
  EXPECT_EQ(a.emotion[i], b.emotion[j]);
  ASSERT_EQ(Strings(a.names[i]), Strings(b.names[j]));
  for (std::size_t n = 0; n < a.names[i].size(); ++n) {
    const NameSpan& x = a.name_spans[a.names.ValuesBefore(i) + n];
    const NameSpan& y = b.name_spans[b.names.ValuesBefore(j) + n];
    EXPECT_EQ(x.begin, y.begin);
    EXPECT_EQ(x.end, y.end);
  }
  EXPECT_EQ(Strings(a.topics[i]), Strings(b.topics[j]));
  EXPECT_EQ(a.fingerprint[i], b.fingerprint[j]);
}

/// One analysis of a generated post.
AnalysisBatch Analysis(Generator& generator, std::uint64_t models = 1) {
  auto posts = std::make_shared<PostBatch>();
  AnalysisBatch batch;
  generator.Post(*posts);
  generator.Results(batch, models);
  batch.posts = posts;
  return batch;
}

TEST(Tweet, RoundTripsGeneratedPosts) {
  Generator generator(1);
  PostBatch posts, back;
  for (int i = 0; i < 2000; ++i) generator.Post(posts);
  StringColumn values;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    EncodeTweet(posts, i, values.Open());
    values.Close();
  }
  std::vector<std::size_t> rows;
  std::vector<BadValue> bad;
  DecodeTweets(values, 0, back, rows, bad);
  ASSERT_TRUE(bad.empty()) << bad[0].error.message;
  ASSERT_EQ(back.size(), posts.size());
  for (std::size_t i = 0; i < posts.size(); ++i) {
    ExpectSamePost(posts, i, back, i);
    EXPECT_EQ(rows[i], i);
  }
}

TEST(Tweet, AHugePostRoundTrips) {
  PostBatch posts, back;
  const std::string content(8 << 20, 'x');
  for (int i = 0; i < 10'000; ++i) posts.hashtags.Push(std::to_string(i));
  posts.Append({.content = content});
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  ASSERT_TRUE(DecodeTweet(bytes, back).ok());
  EXPECT_EQ(back.content[0], content);
  EXPECT_EQ(back.hashtags[0].size(), 10'000u);
}

TEST(Tweet, APostThatWasNotMatchedHasNoTasks) {
  Generator generator(2);
  PostBatch posts, back;
  generator.Post(posts, false);
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  generator.Post(back, false);  // and the batch it goes to was not matched either
  ASSERT_TRUE(DecodeTweet(bytes, back).ok());
  ASSERT_EQ(back.tasks.size(), 2u);
  EXPECT_TRUE(back.tasks[1].empty());
  EXPECT_EQ(back.rules_version.size(), 2u);
}

TEST(Tweet, AKeyThatFollowsFromTheIdIsFoundAgain) {
  for (const char* id :
       {"784000000000000001", "at://did:plc:x/app.bsky.feed.post/3k", "sha256:1#7"}) {
    PostBatch posts, back;
    posts.Append({.key = KeyOf(id), .id = id});
    std::string bytes;
    EncodeTweet(posts, 0, bytes);
    EXPECT_EQ(bytes.back(), '\0') << "stored as zero";
    ASSERT_TRUE(DecodeTweet(bytes, back).ok());
    EXPECT_EQ(back.key[0], KeyOf(id));
  }
  PostBatch posts, back;
  posts.Append({.key = PostKey{~0ull}, .id = "other"});
  posts.Append({});
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  ASSERT_TRUE(DecodeTweet(bytes, back).ok());
  EXPECT_EQ(back.key[0], PostKey{~0ull});
  bytes.clear();
  EncodeTweet(posts, 1, bytes);
  ASSERT_TRUE(DecodeTweet(bytes, back).ok());
  EXPECT_EQ(back.key[1], PostKey{0}) << "no id: the caller names it";
}

TEST(Tweet, TextThatIsNotUtf8IsRepairedOnTheWayOut) {
  PostBatch posts, back;
  posts.urls.Push("\xff");
  posts.Append({.content = "a\xc3(\xe2\x82 \xf0\x9f\x98\x80\xed\xa0\x80z", .author = "\x80"});
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  const auto status = DecodeTweet(bytes, back);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(back.content[0], "a\uFFFD(\uFFFD \U0001F600\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(back.author[0], "\uFFFD");
  EXPECT_EQ(back.urls[0][0], "\uFFFD");
}

TEST(Tweet, ATaskWithoutTasksIsTheOnlyOne) {
  PostBatch posts, back;
  posts.Append({.content = "x"});
  posts.tasks.Push("T");
  posts.tasks.EndRow();
  posts.rules_version.push_back(0);
  std::string bytes;
  EncodeTweet(posts, 0, bytes);
  // time 0, "x", "T", then tasks: one, "T", end. Without the list:
  ASSERT_EQ(bytes.substr(0, 9), std::string("\0\2x\2T\2\2T\0", 9));
  const std::string without = bytes.substr(0, 5) + bytes.substr(8);
  ASSERT_TRUE(DecodeTweet(without, back).ok());
  EXPECT_EQ(Strings(back.tasks[0]), std::vector<std::string>{"T"});
}

TEST(ClassicTweet, IsSecondsContentAndTask) {
  PostBatch posts, back;
  for (const std::int64_t ms :
       {std::int64_t{1'476'000'000'999}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    posts.Append({.time = FromMillis(ms), .content = "hello"});
    posts.tasks.Push("T");
    posts.tasks.Push("U");
    posts.tasks.EndRow();
    posts.rules_version.push_back(1);
    std::string bytes;
    EncodeClassicTweet(posts, posts.size() - 1, bytes);
    ASSERT_TRUE(DecodeClassicTweet(bytes, back).ok());
  }
  EXPECT_EQ(ToMillis(back.time[0]), 1'476'000'000'000);
  EXPECT_EQ(ToMillis(back.time[1]), -1000) << "rounds down before 1970 too";
  EXPECT_EQ(ToMillis(back.time[2]), 2'147'483'647'000);
  EXPECT_EQ(ToMillis(back.time[3]), -2'147'483'648'000);
  EXPECT_EQ(back.content[0], "hello");
  EXPECT_EQ(Strings(back.tasks[0]), std::vector<std::string>{"T"});
}

TEST(Analysis, RoundTripsGeneratedRows) {
  Generator generator(3);
  for (int i = 0; i < 500; ++i) {
    const AnalysisBatch batch = Analysis(generator);
    std::string bytes;
    EncodeAnalysis(batch, 0, bytes);
    PostBatch posts;
    AnalysisBatch back;
    const auto status = DecodeAnalysis(bytes, posts, back);
    ASSERT_TRUE(status.ok()) << status.error().message;
    ExpectSamePost(*batch.posts, 0, posts, 0);
    ExpectSameResults(batch, 0, back, 0);
    std::string again;
    back.posts = std::make_shared<PostBatch>(posts);
    EncodeAnalysis(back, 0, again);
    EXPECT_EQ(bytes, again);
  }
}

TEST(Analysis, ResultsThatWereNotComputedAreZero) {
  auto posts = std::make_shared<PostBatch>();
  posts->Append({.content = "x"});
  AnalysisBatch batch;
  batch.posts = posts;
  batch.label.push_back(Label::kNeutral);  // only the row count
  std::string bytes;
  EncodeAnalysis(batch, 0, bytes);
  PostBatch back_posts;
  AnalysisBatch back;
  ASSERT_TRUE(DecodeAnalysis(bytes, back_posts, back).ok());
  EXPECT_EQ(back.neg[0], 0);
  EXPECT_EQ(back.models[0], ModelNames());
  EXPECT_EQ(back.lang[0], "");
}

TEST(Analysis, RowsOfABatchKeepTheirOwnModels) {
  Generator generator(4);
  PostBatch posts;
  AnalysisBatch back;
  std::vector<AnalysisBatch> rows;
  for (const std::uint64_t models : {1, 1, 2, 0, 2, 1}) {
    rows.push_back(Analysis(generator, models));
    std::string bytes;
    EncodeAnalysis(rows.back(), 0, bytes);
    EXPECT_EQ(DecodeAnalysis("\xff\xff", posts, back).error().code, Code::kCorrupt);
    ASSERT_TRUE(DecodeAnalysis(bytes, posts, back).ok());
  }
  EXPECT_EQ(back.models.sets(), 3u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ExpectSamePost(*rows[i].posts, 0, posts, i);
    ExpectSameResults(rows[i], 0, back, i);
  }
}

TEST(Analysis, ABatchOfTooManyModelsIsRefusedAndStaysWhole) {
  Generator generator(15);
  PostBatch posts;
  AnalysisBatch back;
  for (std::uint64_t models = 0; models <= ModelColumn::kMaxSets; ++models) {
    const AnalysisBatch row = Analysis(generator, models);
    std::string bytes;
    EncodeAnalysis(row, 0, bytes);
    EXPECT_EQ(DecodeAnalysis(bytes, posts, back).ok(), models < ModelColumn::kMaxSets);
  }
  EXPECT_EQ(posts.size(), ModelColumn::kMaxSets);
  EXPECT_EQ(back.size(), ModelColumn::kMaxSets);
  EXPECT_EQ(back.names.size(), ModelColumn::kMaxSets);
  EXPECT_EQ(back.topics.size(), ModelColumn::kMaxSets);
  EXPECT_EQ(back.fingerprint.size(), ModelColumn::kMaxSets);
}

TEST(Analysis, SharesThatCannotBeAreRefused) {
  Generator generator(5);
  struct Case {
    const char* name;
    void (*spoil)(AnalysisBatch&);
  };
  constexpr Case kCases[] = {
      {"neg below zero", [](AnalysisBatch& b) { b.neg[0] = -1; }},
      {"neg past one", [](AnalysisBatch& b) { b.neg[0] = kMicro + 1; }},
      {"sum past one", [](AnalysisBatch& b) { b.neg[0] = b.neu[0] = 600'000; }},
      {"mixed past one", [](AnalysisBatch& b) { b.mixed[0] = kMicro + 1; }},
      {"polarity below minus one", [](AnalysisBatch& b) { b.polarity[0] = -kMicro - 1; }},
      {"smallest int",
       [](AnalysisBatch& b) { b.subjectivity[0] = std::numeric_limits<Micro>::min(); }},
      {"label is mixed", [](AnalysisBatch& b) { b.label[0] = Label::kMixed; }},
  };
  for (const Case& c : kCases) {
    AnalysisBatch batch = Analysis(generator);
    c.spoil(batch);
    std::string bytes;
    EncodeAnalysis(batch, 0, bytes);
    PostBatch posts;
    AnalysisBatch back;
    const auto status = DecodeAnalysis(bytes, posts, back);
    ASSERT_FALSE(status.ok()) << c.name;
    EXPECT_EQ(status.error().code, Code::kCorrupt) << c.name;
    EXPECT_EQ(posts.size(), 0u);
    EXPECT_EQ(back.size(), 0u);
  }
}

TEST(Sentiment, SharesSumToOne) {
  Generator generator(6);
  for (int i = 0; i < 500; ++i) {
    const AnalysisBatch batch = Analysis(generator);
    std::string bytes;
    EncodeSentiment(batch, 0, bytes);
    SentimentRecord record;
    const auto status = DecodeSentiment(bytes, record);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(record.time, batch.posts->time[0]);
    EXPECT_EQ(record.tasks, Strings(batch.posts->tasks[0]));
    EXPECT_EQ(record.task, record.tasks.empty() ? "" : record.tasks[0]);
    EXPECT_EQ(record.label, LabelName(batch.label[0]));
    EXPECT_EQ(record.model, batch.models[0].sentiment);
    EXPECT_NEAR(record.pos + record.neu + record.neg, 1.0, 1e-6);
    EXPECT_NEAR(record.neg, FromMicro(batch.neg[0]), 1e-7);
    EXPECT_NEAR(record.neu, FromMicro(batch.neu[0]), 1e-7);
  }
}

TEST(Aggregate, RoundTripsGeneratedValues) {
  Generator generator(7);
  for (int i = 0; i < 500; ++i) {
    const Aggregate want = generator.Aggregate();
    std::string bytes;
    EncodeAggregate(want, bytes);
    Aggregate got;
    const auto status = DecodeAggregate(bytes, got);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(want, got);
  }
}

TEST(Aggregate, OneOfAnEarlierVersionIsRead) {
  Generator generator(16);
  constexpr std::size_t kEmptyMap = 2, kEmotions = (2 + 4) + (2 + 5);  // bytes
  for (const bool first : {false, true}) {
    Aggregate want = generator.Aggregate();
    want.topics = {};
    if (first) {
      want.emotion_sums = {};
      want.emotions = {};
      want.names = {};
    }
    std::string bytes;
    EncodeAggregate(want, bytes);
    bytes.resize(bytes.size() - kEmptyMap - (first ? kEmotions + kEmptyMap : 0));
    Aggregate got;
    const Status status = DecodeAggregate(bytes, got);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(want, got);
  }
}

TEST(Aggregate, WhatBreaksTheOrderOrTheSizeIsRefused) {
  struct Case {
    const char* name;
    void (*spoil)(Aggregate&);
  };
  constexpr Case kCases[] = {
      {"keys descend",
       [](Aggregate& a) {
         a.words.counts = {{"b", 1}, {"a", 1}};
       }},
      {"key twice",
       [](Aggregate& a) {
         a.words.counts = {{"a", 1}, {"a", 1}};
       }},
      {"authors descend",
       [](Aggregate& a) {
         a.authors.exact = {{2, 1}, {1, 1}};
       }},
      {"registers too short", [](Aggregate& a) { a.authors.registers.assign(4095, 0); }},
      {"both kinds of authors",
       [](Aggregate& a) {
         a.authors.exact = {{2, 1}};
         a.authors.registers.assign(4096, 0);
       }},
  };
  for (const Case& c : kCases) {
    Aggregate aggregate, got;
    got.posts = 77;
    c.spoil(aggregate);
    std::string bytes;
    EncodeAggregate(aggregate, bytes);
    const auto status = DecodeAggregate(bytes, got);
    ASSERT_FALSE(status.ok()) << c.name;
    EXPECT_EQ(status.error().code, Code::kCorrupt) << c.name;
    EXPECT_EQ(got.posts, 77u) << "a failed decode leaves its output";
  }
}

TEST(ControlRecords, RoundTripGeneratedValues) {
  Generator generator(8);
  for (int i = 0; i < 500; ++i) {
    std::string bytes, again;
    const Redaction redaction = generator.Redaction();
    EncodeRedaction(redaction, bytes);
    Redaction got;
    ASSERT_TRUE(DecodeRedaction(bytes, got).ok());
    EXPECT_EQ(std::tie(got.time, got.kind, got.key, got.id, got.author, got.source, got.countries),
              std::tie(redaction.time, redaction.kind, redaction.key, redaction.id,
                       redaction.author, redaction.source, redaction.countries));

    bytes.clear();
    const Task task = generator.Task();
    EncodeTask(task, bytes);
    Task task_got;
    ASSERT_TRUE(DecodeTask(bytes, task_got).ok());
    EXPECT_EQ(
        std::tie(task_got.tag, task_got.rule, task_got.revision, task_got.active, task_got.time),
        std::tie(task.tag, task.rule, task.revision, task.active, task.time));

    bytes.clear();
    const DeadLetter letter = generator.DeadLetter();
    EncodeDeadLetter(letter, bytes);
    DeadLetter letter_got;
    ASSERT_TRUE(DecodeDeadLetter(bytes, letter_got).ok());
    EXPECT_EQ(std::tie(letter_got.time, letter_got.source, letter_got.location, letter_got.reason,
                       letter_got.raw, letter_got.cut),
              std::tie(letter.time, letter.source, letter.location, letter.reason, letter.raw,
                       letter.cut));
    EXPECT_EQ(std::tie(letter_got.id, letter_got.context, letter_got.row_id, letter_got.attempts,
                       letter_got.tried, letter_got.used),
              std::tie(letter.id, letter.context, letter.row_id, letter.attempts, letter.tried,
                       letter.used));

    bytes.clear();
    const Trend trend = generator.Trend();
    EncodeTrend(trend, bytes);
    Trend trend_got;
    ASSERT_TRUE(DecodeTrend(bytes, trend_got).ok());
    EncodeTrend(trend_got, again);
    EXPECT_EQ(bytes, again);
    EXPECT_EQ(std::tie(trend_got.scope, trend_got.kind, trend_got.key, trend_got.languages,
                       trend_got.example_ids, trend_got.baseline, trend_got.score),
              std::tie(trend.scope, trend.kind, trend.key, trend.languages, trend.example_ids,
                       trend.baseline, trend.score));
  }
}

TEST(DeadLetter, OneOfTheFirstVersionIsRead) {
  const std::string first("\2\014replay\6f:3\6bad\4{}\1", 20);  // ended with `cut`
  DeadLetter got;
  const Status status = DecodeDeadLetter(first, got);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(got.raw, "{}");
  EXPECT_TRUE(got.cut);
  EXPECT_EQ(got.id + got.context + got.row_id, "");
  EXPECT_FALSE(got.used);
}

TEST(DeadLetter, ItsNameComesFromSourcePlaceAndBytes) {
  const std::string id = DeadLetterId("replay:1", "f:3", "raw");
  EXPECT_EQ(id, "89592051214235b7");
  EXPECT_NE(DeadLetterId("replay:2", "f:3", "raw"), id);
  EXPECT_NE(DeadLetterId("replay:1", "f:4", "raw"), id);
  EXPECT_NE(DeadLetterId("replay:1", "f:3", "rax"), id);
  EXPECT_NE(DeadLetterId("replay:1f", ":3", "raw"), id);
}

TEST(DeadLetter, ABadFileNameIsRepairedAndRawBytesAreNot) {
  std::string bytes;
  EncodeDeadLetter({.source = "replay",
                    .location = "caf\xe9.csv:7",
                    .reason = "not a date: '\xff'",
                    .raw = std::string("\0\xff\x80", 3)},
                   bytes);
  DeadLetter got;
  ASSERT_TRUE(DecodeDeadLetter(bytes, got).ok());
  EXPECT_EQ(got.location, "caf\uFFFD.csv:7");
  EXPECT_EQ(got.reason, "not a date: '\uFFFD'");
  EXPECT_EQ(got.raw, std::string("\0\xff\x80", 3));
}

/// `batch` of one row without what came after `version`.
AnalysisBatch AsOf(int version, AnalysisBatch batch) {
  ModelNames models = batch.models[0];
  batch.topics.Clear();
  batch.topics.EndRow();
  batch.fingerprint = {0};
  models.topics = "";
  if (version == 1) {
    for (auto& share : batch.emotions) share = {0};
    batch.emotion = {Emotion::kNone};
    batch.names.Clear();
    batch.names.EndRow();
    batch.name_spans.clear();
    models.emotion = models.entities = "";
  }
  ModelColumn without;
  EXPECT_TRUE(without.Append(models));
  batch.models = without;
  return batch;
}

TEST(Analysis, OneOfAnEarlierVersionIsRead) {
  Generator generator(14);
  // Four shares, the emotion, the end of the names, two models; the end of the topics, their
  // model, the fingerprint.
  const std::string newer("\0\0\0\0\x08\0\0\0\0\0\0", 11);
  for (const int version : {1, 2}) {
    const AnalysisBatch batch = AsOf(version, Analysis(generator));
    std::string bytes;
    EncodeAnalysis(batch, 0, bytes);
    const std::string added = version == 1 ? newer : newer.substr(8);
    ASSERT_EQ(bytes.substr(bytes.size() - added.size()), added);
    bytes.resize(bytes.size() - added.size());
    PostBatch posts;
    AnalysisBatch got;
    const Status status = DecodeAnalysis(bytes, posts, got);
    ASSERT_TRUE(status.ok()) << status.error().message;
    ExpectSameResults(batch, 0, got, 0);
  }
}

TEST(Analysis, SharesThatPassOneAndSpansThatGoBackAreRefused) {
  Generator generator(15);
  for (const bool span : {false, true}) {
    AnalysisBatch batch = Analysis(generator);
    batch.names.Clear();
    batch.names.Push("person:Ann");
    batch.names.EndRow();
    batch.name_spans = {span ? NameSpan{3, 2} : NameSpan{2, 3}};
    for (auto& share : batch.emotions) share = {span ? 0 : kMicro / 2};
    std::string bytes;
    EncodeAnalysis(batch, 0, bytes);
    PostBatch posts;
    AnalysisBatch got;
    EXPECT_FALSE(DecodeAnalysis(bytes, posts, got).ok());
    EXPECT_EQ(posts.size() + got.size() + got.names.values() + got.name_spans.size(), 0u);
  }
}

// Each record type with a way to make one and a way to read it; reading must say whether it left
// its output alone.
struct Codec {
  const char* name;
  RecordType type;
  std::function<std::string(Generator&)> make;
  std::function<Status(std::string_view)> read;
};

std::vector<Codec> Codecs() {
  const auto posts = [](Generator& generator) {
    PostBatch batch;
    generator.Post(batch);
    return batch;
  };
  const auto read_post = [](Status (*decode)(std::string_view, PostBatch&),
                            std::string_view bytes) {
    static PostBatch batch;  // grows dirty on purpose: a fault must leave nothing behind
    const std::size_t rows = batch.size();
    auto status = decode(bytes, batch);
    EXPECT_EQ(batch.size(), rows + (status.ok() ? 1 : 0));
    EXPECT_EQ(batch.tasks.size(), batch.size());
    EXPECT_EQ(batch.urls.size(), batch.size());
    if (batch.size() > 100) batch.Clear();
    return status;
  };
  return {
      {"tweet", RecordType::kTweet,
       [=](Generator& g) {
         std::string out;
         EncodeTweet(posts(g), 0, out);
         return out;
       },
       [=](std::string_view bytes) { return read_post(DecodeTweet, bytes); }},
      {"classic tweet", RecordType::kClassicTweet,
       [=](Generator& g) {
         std::string out;
         EncodeClassicTweet(posts(g), 0, out);
         return out;
       },
       [=](std::string_view bytes) { return read_post(DecodeClassicTweet, bytes); }},
      {"analysis", RecordType::kAnalysis,
       [](Generator& g) {
         std::string out;
         EncodeAnalysis(Analysis(g), 0, out);
         return out;
       },
       [](std::string_view bytes) {
         PostBatch batch;
         AnalysisBatch analysis;
         auto status = DecodeAnalysis(bytes, batch, analysis);
         EXPECT_EQ(batch.size(), status.ok() ? 1u : 0u);
         EXPECT_EQ(analysis.size(), batch.size());
         EXPECT_EQ(analysis.words.size(), batch.size());
         return status;
       }},
      {"sentiment", RecordType::kSentiment,
       [](Generator& g) {
         std::string out;
         EncodeSentiment(Analysis(g), 0, out);
         return out;
       },
       [](std::string_view bytes) {
         SentimentRecord r;
         return DecodeSentiment(bytes, r);
       }},
      {"aggregate", RecordType::kAggregate,
       [](Generator& g) {
         std::string out;
         EncodeAggregate(g.Aggregate(), out);
         return out;
       },
       [](std::string_view bytes) {
         Aggregate r;
         return DecodeAggregate(bytes, r);
       }},
      {"trend", RecordType::kTrend,
       [](Generator& g) {
         std::string out;
         EncodeTrend(g.Trend(), out);
         return out;
       },
       [](std::string_view bytes) {
         Trend r;
         return DecodeTrend(bytes, r);
       }},
      {"redaction", RecordType::kRedaction,
       [](Generator& g) {
         std::string out;
         EncodeRedaction(g.Redaction(), out);
         return out;
       },
       [](std::string_view bytes) {
         Redaction r;
         return DecodeRedaction(bytes, r);
       }},
      {"task", RecordType::kTask,
       [](Generator& g) {
         std::string out;
         EncodeTask(g.Task(), out);
         return out;
       },
       [](std::string_view bytes) {
         Task r;
         return DecodeTask(bytes, r);
       }},
      {"dead letter", RecordType::kDeadLetter,
       [](Generator& g) {
         std::string out;
         EncodeDeadLetter(g.DeadLetter(), out);
         return out;
       },
       [](std::string_view bytes) {
         DeadLetter r;
         return DecodeDeadLetter(bytes, r);
       }},
      {"gap", RecordType::kGap,
       [](Generator& g) {
         std::string out;
         EncodeGap(g.Gap(), out);
         return out;
       },
       [](std::string_view bytes) {
         Gap r;
         return DecodeGap(bytes, r);
       }},
  };
}

TEST(EveryCodec, WritesWhatItsSchemaSays) {
  Generator generator(9);
  for (const Codec& codec : Codecs()) {
    const AvroSchema schema = AvroSchema::Of(codec.type);
    for (int i = 0; i < 200; ++i) {
      const std::string bytes = codec.make(generator);
      EXPECT_TRUE(codec.read(bytes).ok()) << codec.name;
      const auto status = schema.Check(bytes);
      EXPECT_TRUE(status.ok()) << codec.name << ": " << status.error().message;
    }
  }
}

TEST(EveryCodec, ItsRecordsResolveToThemselves) {
  Generator generator(12);
  for (const Codec& codec : Codecs()) {
    auto resolver = AvroResolver::Create(AvroSchema::Of(codec.type), codec.type);
    ASSERT_TRUE(resolver.ok()) << codec.name << ": " << resolver.error().message;
    for (int i = 0; i < 100; ++i) {
      const std::string bytes = codec.make(generator);
      std::string out;
      const auto status = resolver.value().Resolve(bytes, out);
      ASSERT_TRUE(status.ok()) << codec.name << ": " << status.error().message;
      EXPECT_EQ(bytes, out) << codec.name;
    }
  }
}

TEST(EveryCodec, BlocksWithASizeAreRead) {
  // Avro allows a list in several blocks, each with its size in bytes: {tag, rule} have none, so a
  // trend.
  Generator generator(13);
  Trend trend = generator.Trend(), got;
  trend.languages = {"en", "uk"};
  trend.example_ids.clear();
  std::string bytes;
  EncodeTrend(trend, bytes);
  const std::string plain("\4\4en\4uk\0", 8);
  const std::string sized("\1\6\4en\1\6\4uk\0", 11);  // count -1, 3 bytes, twice
  ASSERT_NE(bytes.find(plain), std::string::npos);
  bytes.replace(bytes.find(plain), plain.size(), sized);
  const auto status = DecodeTrend(bytes, got);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(got.languages, trend.languages);
}

TEST(EveryCodec, EveryTruncationIsCorrupt) {
  Generator generator(10);
  for (const Codec& codec : Codecs()) {
    for (int round = 0; round < 3; ++round) {
      const std::string bytes = codec.make(generator);
      int older = 0;
      for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 200) {
        const auto status = codec.read(std::string(bytes.substr(0, size)));
        // Cut behind the fields of its first version, it is a record of that version.
        const bool has_older = codec.type == RecordType::kDeadLetter ||
                               codec.type == RecordType::kAnalysis ||
                               codec.type == RecordType::kAggregate;
        if (status.ok() && has_older && older++ == 0) continue;
        ASSERT_FALSE(status.ok()) << codec.name << " cut at " << size << " of " << bytes.size();
        EXPECT_EQ(status.error().code, Code::kCorrupt) << codec.name;
      }
      EXPECT_FALSE(codec.read(bytes + '\0').ok()) << codec.name << " with a byte too many";
    }
  }
}

TEST(EveryCodec, GarbledBytesNeverCrash) {
  Generator generator(11);
  int refused = 0;
  for (const Codec& codec : Codecs()) {
    for (int round = 0; round < 2000; ++round) {
      std::string bytes = round % 4 == 0 ? generator.Bytes(200) : codec.make(generator);
      for (std::uint64_t n = generator.Below(4); n > 0 && !bytes.empty(); --n) {
        bytes[generator.Below(bytes.size())] = static_cast<char>(generator.Bits());
      }
      const auto status = codec.read(bytes);
      refused += status.ok() ? 0 : 1;
      if (!status.ok()) {
        EXPECT_EQ(status.error().code, Code::kCorrupt) << codec.name;
      }
    }
  }
  EXPECT_GT(refused, 2000);
}

TEST(EveryCodec, ALengthThatTheBytesDoNotHaveAllocatesNothing) {
  // 2^62 as a length, a count, and a negative count with a size, at the head of each list or text.
  const std::string huge = "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
  for (const Codec& codec : Codecs()) {
    for (std::size_t lead = 0; lead < 12; ++lead) {
      EXPECT_FALSE(codec.read(std::string(lead, '\0') + huge).ok()) << codec.name;
      EXPECT_FALSE(codec.read(std::string(lead, '\0') + '\1' + huge).ok()) << codec.name;
    }
    EXPECT_FALSE(codec.read(std::string(11, '\xff')).ok()) << codec.name;
  }
}

}  // namespace
}  // namespace hb
