#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "analysis/chain.h"

namespace hb {
namespace {

namespace fs = std::filesystem;
using Tier = AnalysisChain::Tier;

constexpr const char* kConfig =
    R"({"name": "tiny/1", "vocab_size": 64, "max_tokens": 64, "text": "heartbeat-1",
  "languages": ["en"], "heads": [
  {"name": "sentiment", "kind": "one", "labels": ["Positive", "NEGATIVE", "neutral"], "begin": 0},
  {"name": "feelings", "kind": "many", "labels": ["joy", "fear"], "begin": 3}]})";

/// A network of tests/neural/models with a vocabulary, gone after the test.
class Accurate : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("hb_accurate_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy_file(fs::path(HB_SOURCE_DIR) / "tests/neural/models/plain.onnx",
                  folder_ / "model.onnx");
    Write("config.json", kConfig);
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (const char* word : {"good", "bad", "day", "the", "was", "a", "it", "is", "what", "not"})
      words.append(word).push_back('\n');
    for (char c = 'a'; c <= 'z'; ++c) words.append("##").append(1, c).push_back('\n');
    Write("vocab.txt", words);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] Result<std::unique_ptr<AnalysisChain>> Make(Tier tier) const {
    return AnalysisChain::Create(
        {.entities = false, .tier = tier, .model = folder_.string(), .concurrent = 1});
  }
  static std::shared_ptr<const PostBatch> Posts() {
    auto posts = std::make_shared<PostBatch>();
    for (const char* text :
         {"What a wonderful day, I love it so much!", "The meeting is on the third floor today.",
          "Das Wetter ist heute leider wieder sehr schlecht, und ich bin traurig.", "",
          "It was not what I thought it would be, good and bad."}) {
      PostView post;
      post.content = text;
      posts->Append(post);
    }
    return posts;
  }
  static AnalysisBatch Analyze(const AnalysisChain& chain, AnalysisChain::Reading& reading) {
    const auto scratch = chain.MakeScratch();
    AnalysisBatch out;
    chain.Analyze(Posts(), *scratch, reading, out);
    return out;
  }
  static AnalysisBatch Analyze(const AnalysisChain& chain) {
    AnalysisChain::Reading reading;
    return Analyze(chain, reading);
  }
  /// Rows whose sentiment is the transformer's.
  static std::vector<std::size_t> ReadRows(const AnalysisBatch& batch) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (batch.models[row].sentiment == "tiny/1") rows.push_back(row);
    }
    return rows;
  }

  fs::path folder_;
};

TEST_F(Accurate, ReadsWhatIsInItsLanguagesAndSaysWhichModelMadeARow) {
  const auto fast = Make(Tier::kFast);
  const auto accurate = Make(Tier::kAccurate);
  ASSERT_TRUE(accurate.ok()) << accurate.error().message;
  const AnalysisBatch a = Analyze(*fast.value()), b = Analyze(*accurate.value());
  EXPECT_THAT(ReadRows(a), testing::IsEmpty());
  EXPECT_THAT(ReadRows(b), testing::ElementsAre(0, 1, 4));
  for (std::size_t row = 0; row < b.size(); ++row) {
    EXPECT_GE(b.neg[row], 0);
    EXPECT_GE(b.neu[row], 0);
    EXPECT_GE(b.pos(row), 0);
    const Micro largest = std::max({b.neg[row], b.neu[row], b.pos(row)});
    EXPECT_EQ(largest, b.label[row] == Label::kNegative  ? b.neg[row]
                       : b.label[row] == Label::kNeutral ? b.neu[row]
                                                         : b.pos(row));
    // The network has no head for emotion, so that stays the fast one's.
    EXPECT_EQ(b.models[row].emotion, a.models[row].emotion);
    EXPECT_EQ(b.emotions[0][row], a.emotions[0][row]);
  }
  for (const std::size_t row : {2, 3}) {
    EXPECT_EQ(b.models[row].sentiment, a.models[row].sentiment);
    EXPECT_EQ(b.neg[row], a.neg[row]);
  }
  EXPECT_NE(b.neg[0], a.neg[0]);
}

TEST_F(Accurate, ACascadeReadsTheLeastSureFirstAndNoMoreThanItMay) {
  const auto fast = Make(Tier::kFast);
  const auto cascade = Make(Tier::kCascade);
  ASSERT_TRUE(cascade.ok()) << cascade.error().message;
  const AnalysisBatch a = Analyze(*fast.value());
  std::size_t least = 0;
  Micro smallest = kMicro;
  for (const std::size_t row : {0, 1, 4}) {
    const Micro largest = std::max({a.neg[row], a.neu[row], a.pos(row)});
    if (largest < smallest) least = row;
    smallest = std::min(smallest, largest);
  }
  AnalysisChain::Reading none{.most = 0};
  const AnalysisBatch same = Analyze(*cascade.value(), none);
  EXPECT_THAT(ReadRows(same), testing::IsEmpty());
  EXPECT_EQ(same.neg, a.neg);
  EXPECT_EQ(none.posts, 0u);
  AnalysisChain::Reading one{.most = 1};
  EXPECT_THAT(ReadRows(Analyze(*cascade.value(), one)), testing::ElementsAre(least));
  EXPECT_EQ(one.posts, 1u);
  EXPECT_GT(one.time.count(), 0);
}

/// The network "parts" as a model with a tagger and a head for stance.
constexpr const char* kParts =
    R"({"name": "parts/2", "vocab_size": 64, "max_tokens": 64, "text": "heartbeat-1", "languages": ["en"], "heads": [
  {"name": "sentiment", "kind": "one", "labels": ["negative", "neutral", "positive"], "begin": 0},
  {"name": "other", "kind": "many", "labels": ["a", "b"], "begin": 3}],
  "tagger": {"output": "tokens", "labels": ["O", "B-person", "I-person"]}})";
/// Its first three outputs read as a stance.
constexpr const char* kStance =
    R"({"name": "stance/2", "vocab_size": 64, "max_tokens": 64, "text": "heartbeat-1", "heads": [
  {"name": "stance", "kind": "one", "labels": ["none", "against", "favour"], "begin": 0,
   "text": "target: text"},
  {"name": "rest", "kind": "many", "labels": ["a", "b"], "begin": 3}]})";

TEST_F(Accurate, NamesAreJudgedByBothTaggersWhereTheTransformerHasRead) {
  Write("config.json", kParts);
  fs::copy_file(fs::path(HB_SOURCE_DIR) / "tests/neural/models/parts.onnx", folder_ / "model.onnx",
                fs::copy_options::overwrite_existing);
  AnalysisChain::Options options{.tier = Tier::kCascade, .model = folder_.string()};
  const auto both = AnalysisChain::Create(options);
  ASSERT_TRUE(both.ok()) << both.error().message;
  const auto fast = AnalysisChain::Create();
  ASSERT_TRUE(fast.ok());
  const auto posts = std::make_shared<PostBatch>();
  for (const char* text :
       {"Barack Obama met @ann in New York, it was a good day",
        "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9 what a day with Barack Obama in "
        "\xE6\x9D\xB1\xE4\xBA\xAC #Paris https://example.org/x"}) {
    PostView post;
    post.content = text;
    posts->Append(post);
  }
  for (const std::size_t most : {std::size_t{0}, std::size_t{1}, SIZE_MAX}) {
    const auto scratch = both.value()->MakeScratch();
    const auto plain = fast.value()->MakeScratch();
    AnalysisBatch batch, alone;
    AnalysisChain::Reading reading{.most = most};
    both.value()->Analyze(posts, *scratch, reading, batch);
    fast.value()->Analyze(posts, *plain, alone);
    ASSERT_TRUE(reading.status.ok());
    std::size_t spans = 0, by_both = 0;
    for (std::size_t row = 0; row < posts->size(); ++row) {
      const bool read = batch.models[row].sentiment == "parts/2";
      EXPECT_EQ(batch.models[row].entities, read ? "parts/2+entities-fast/1" : "entities-fast/1");
      by_both += read ? 1 : 0;
      std::vector<NamedEntity> names, fast_names;
      both.value()->FindNames(batch, row, *scratch, names);
      fast.value()->FindNames(alone, row, *plain, fast_names);
      if (!read) {
        EXPECT_EQ(names, fast_names);
      }
      ASSERT_EQ(batch.names[row].size(), names.size());
      for (std::size_t i = 0; i < names.size(); ++i, ++spans) {
        const std::string key = std::string(names[i].TypeName()) + ":" +
                                std::string(names[i].Text(posts->content[row]));
        EXPECT_EQ(batch.names[row][i], key);
        EXPECT_EQ(batch.name_spans[spans].begin, names[i].begin_point);
      }
    }
    EXPECT_EQ(batch.name_spans.size(), spans);
    EXPECT_EQ(by_both, reading.posts);
    EXPECT_EQ(by_both, std::min<std::size_t>(most, 2));
  }
}

TEST_F(Accurate, TopicsAreTheTransformersWhereItHasReadAndCan) {
  std::string config = kParts;
  config.insert(config.rfind('}'), R"(, "meaning": {"output": "meaning", "width": 8})");
  const auto topics = TopicModel::OwnWords(
      {{.name = "first", .sentence = "what a good day it was", .examples = {}},
       {.name = "second", .sentence = "the bad is not good", .examples = {"a bad day"}}});
  ASSERT_TRUE(topics.ok());
  fs::copy_file(fs::path(HB_SOURCE_DIR) / "tests/neural/models/parts.onnx", folder_ / "model.onnx",
                fs::copy_options::overwrite_existing);
  for (const bool can : {false, true}) {
    Write("config.json", can ? config : std::string(kParts));
    const auto chain = AnalysisChain::Create(
        {.tier = Tier::kAccurate, .model = folder_.string(), .topics = topics.value()});
    ASSERT_TRUE(chain.ok()) << chain.error().message;
    const auto posts = std::make_shared<PostBatch>();
    for (const char* text :
         {"what a good day it was", "Das Wetter ist heute leider sehr schlecht"}) {
      PostView post;
      post.content = text;
      posts->Append(post);
    }
    const auto scratch = chain.value()->MakeScratch();
    AnalysisBatch batch;
    chain.value()->Analyze(posts, *scratch, batch);
    EXPECT_EQ(batch.models[0].topics, can ? "parts/2" : "meaning-fast/1");
    EXPECT_EQ(batch.models[1].topics, "meaning-fast/1") << "in no language of the model";
    // The text of a topic is about it, whoever says so.
    ASSERT_GT(batch.topics[0].size(), 0u);
    EXPECT_EQ(batch.topics[0][0], "first");
    std::vector<TopicScore> found;
    chain.value()->FindTopics(0, *scratch, found);
    ASSERT_EQ(found.size(), batch.topics[0].size());
    EXPECT_GT(found[0].score, 900'000);
  }
}

TEST_F(Accurate, SaysHowPostsStandToATarget) {
  // A model of stance alone says nothing of sentiment, and is refused.
  Write("config.json", kStance);
  EXPECT_FALSE(AnalysisChain::Create({.model = folder_.string(), .stance = true}).ok());
  Write("config.json", kParts);
  fs::copy_file(fs::path(HB_SOURCE_DIR) / "tests/neural/models/parts.onnx", folder_ / "model.onnx",
                fs::copy_options::overwrite_existing);
  const auto without = AnalysisChain::Create({.model = folder_.string(), .stance = true});
  ASSERT_TRUE(without.ok()) << without.error().message;
  const auto scratch = without.value()->MakeScratch();
  AnalysisBatch batch;
  without.value()->Analyze(Posts(), *scratch, batch);
  EXPECT_THAT(ReadRows(batch), testing::IsEmpty()) << "the tier is fast";
  const Status refused = without.value()->ReadToward(batch, "trams", *scratch);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("stance"));
  EXPECT_FALSE(without.value()->StanceOf(0, *scratch));
  const auto fast = AnalysisChain::Create();
  const auto fast_scratch = fast.value()->MakeScratch();
  EXPECT_EQ(fast.value()->ReadToward(batch, "trams", *fast_scratch).error().code,
            Code::kInvalidArgument);
}

TEST(ShippedTransformer, TellsForFromAgainst) {
  const auto chain = AnalysisChain::Create(
      {.model = std::string(HB_SOURCE_DIR) + "/models/minilm-heads", .stance = true});
  ASSERT_TRUE(chain.ok()) << chain.error().message;
  const auto posts = std::make_shared<PostBatch>();
  for (const char* text : {"We must cut emissions now, the planet is burning",
                           "Global warming is a hoax to raise our taxes"}) {
    PostView post;
    post.content = text;
    posts->Append(post);
  }
  const auto scratch = chain.value()->MakeScratch();
  AnalysisBatch batch;
  chain.value()->Analyze(posts, *scratch, batch);
  EXPECT_FALSE(chain.value()->StanceOf(0, *scratch));
  const Status read = chain.value()->ReadToward(batch, "acting on climate change", *scratch);
  ASSERT_TRUE(read.ok()) << read.error().message;
  const auto first = chain.value()->StanceOf(0, *scratch),
             second = chain.value()->StanceOf(1, *scratch);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->favour + first->none + first->against, kMicro);
  EXPECT_EQ(first->Label(), "favour");
  EXPECT_EQ(second->Label(), "against");
  EXPECT_EQ(chain.value()->ReadToward(batch, "", *scratch).error().code, Code::kInvalidArgument);
}

TEST(StanceScore, SaysTheLargestAndNoneInDoubt) {
  EXPECT_EQ((StanceScore{.favour = 5, .none = 3, .against = 2}).Label(), "favour");
  EXPECT_EQ((StanceScore{.favour = 2, .none = 3, .against = 5}).Label(), "against");
  EXPECT_EQ((StanceScore{.favour = 4, .none = 2, .against = 4}).Label(), "none");
  EXPECT_EQ((StanceScore{.favour = 4, .none = 4, .against = 2}).Label(), "none");
}

TEST_F(Accurate, AFolderThatIsNoModelOfSentimentIsRefused) {
  Write("config.json", R"({"name": "other/1", "max_tokens": 64, "heads": [
    {"name": "colour", "kind": "one", "labels": ["red", "green", "blue"], "begin": 0},
    {"name": "feelings", "kind": "many", "labels": ["joy", "fear"], "begin": 3}]})");
  const auto other = Make(Tier::kAccurate);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::kInvalidArgument);
  EXPECT_THAT(other.error().message, testing::HasSubstr("negative, neutral, positive"));
  fs::remove_all(folder_);
  const auto missing = Make(Tier::kCascade);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message, testing::HasSubstr(folder_.string()));
  EXPECT_TRUE(Make(Tier::kFast).ok());
}

}  // namespace
}  // namespace hb
