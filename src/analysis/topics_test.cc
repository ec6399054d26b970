#include "analysis/topics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "base/allocations.h"
#include "model/embedded.h"

namespace hb {
namespace {

std::vector<Topic> Two() {
  return {{.name = "football",
           .sentence = "Football matches, goals, teams and players.",
           .examples = {"What a goal in the last minute of the match!"}},
          {.name = "cooking",
           .sentence = "Cooking, recipes and baking.",
           .examples = {"This soup needs more garlic and salt"}}};
}

std::shared_ptr<const TopicModel> Make(std::vector<Topic> topics) {
  auto made = TopicModel::OwnWords(std::move(topics));
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
  return made.ok() ? made.value() : nullptr;
}

std::vector<std::string> TopicsOf(const TopicModel& model, std::string_view text) {
  TopicModel::Scratch scratch;
  std::vector<TopicScore> scores;
  model.Score(text, scratch, scores);
  std::vector<std::string> names;
  for (const TopicScore& score : scores) {
    EXPECT_GE(score.score, kMicro / 2);
    EXPECT_LE(score.score, kMicro);
    names.push_back(model.names()[score.topic]);
  }
  return names;
}

TEST(OwnTopics, FindsWhatIsMeantThoughTheWordsAreOthers) {
  const auto model = Make(Two());
  ASSERT_TRUE(model);
  EXPECT_EQ(model->name(), "meaning-fast/1");
  using Names = std::vector<std::string>;
  EXPECT_EQ(TopicsOf(*model, "Ronaldo scored twice and the striker limped off before half time"),
            Names{"football"});
  EXPECT_EQ(TopicsOf(*model, "stir the onions in butter, then add the tomatoes and the pasta"),
            Names{"cooking"});
  EXPECT_EQ(TopicsOf(*model, "The senate passed the new tax law on Thursday"), Names{});
  EXPECT_EQ(TopicsOf(*model, "my phone keeps crashing since the update"), Names{});
}

TEST(OwnTopics, ATopicOfItsOwnWordsIsFoundForSure) {
  const auto model = Make(Two());
  ASSERT_TRUE(model);
  TopicModel::Scratch scratch;
  std::vector<TopicScore> all;
  for (const Topic& topic : Two()) {
    model->ScoreAll(topic.examples[0], scratch, all);
    ASSERT_EQ(all.size(), 2u);
    for (const TopicScore& score : all) {
      const bool own = model->names()[score.topic] == topic.name;
      EXPECT_EQ(score.score > 900'000, own) << model->names()[score.topic] << score.score;
    }
  }
}

TEST(OwnTopics, TextsThatSayNothingHaveNoTopic) {
  const auto model = Make(Two());
  ASSERT_TRUE(model);
  TopicModel::Scratch scratch;
  std::vector<TopicScore> all;
  for (const std::string_view text :
       {"", "   ", "!!! ... ???", "\xFF\xFE\x80", "https://example.org/football", "\xE2\x80\x8D"}) {
    EXPECT_TRUE(TopicsOf(*model, text).empty()) << text;
    model->ScoreAll(text, scratch, all);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].score, 0) << text;
  }
}

TEST(OwnTopics, LikeliestFirstAndAtMostFour) {
  std::vector<Topic> topics;
  for (int i = 0; i < 9; ++i)
    topics.push_back({.name = std::string(1, static_cast<char>('a' + i)),
                      .sentence = "The football match ended with two goals",
                      .examples = {}});
  topics[7].examples = {"A football match with two goals!"};
  const auto model = Make(topics);
  ASSERT_TRUE(model);
  EXPECT_EQ(TopicsOf(*model, "A football match with two goals!"),
            (std::vector<std::string>{"h", "a", "b", "c"}));
}

TEST(OwnTopics, SaysWhatIsWrongWithATopicAndWhere) {
  struct {
    const char* what;
    void (*change)(std::vector<Topic>&);
    const char* says;
  } const cases[] = {
      {"none", [](auto& t) { t.clear(); }, "no topic"},
      {"no name", [](auto& t) { t[1].name = ""; }, "has no name"},
      {"a long name", [](auto& t) { t[1].name.assign(101, 'x'); }, "101 bytes"},
      {"a control character", [](auto& t) { t[1].name = "a\nb"; }, "not plain text"},
      {"bytes", [](auto& t) { t[1].name = "\xFF"; }, "not plain text"},
      {"a name twice", [](auto& t) { t[1].name = t[0].name; }, "stands there twice"},
      {"no sentence", [](auto& t) { t[1].sentence = ""; }, "has no sentence"},
      {"an unknown sentence", [](auto& t) { t[1].sentence = "..."; }, "no word is known"},
      {"an unknown example", [](auto& t) { t[1].examples.push_back(""); }, "no word is known"},
      {"many examples", [](auto& t) { t[1].examples.assign(101, "word"); }, "101 examples"},
      {"many topics",
       [](auto& t) {
         for (int i = 0; i < 10'000; ++i) t.push_back({std::to_string(i), "word", {}, "here:9"});
       },
       "at most 1000"},
  };
  for (const auto& c : cases) {
    auto topics = Two();
    topics[1].place = "my.toml:12";
    c.change(topics);
    const auto made = TopicModel::OwnWords(topics);
    ASSERT_FALSE(made.ok()) << c.what;
    EXPECT_EQ(made.error().code, Code::kInvalidArgument) << c.what;
    EXPECT_NE(made.error().message.find(c.says), std::string::npos) << made.error().message;
    if (topics.size() == 2) {
      EXPECT_EQ(made.error().message.find("my.toml:12: "), 0u) << made.error().message;
    }
  }
}

TEST(OwnTopics, AllocateNothingOnceWarm) {
  const auto model = Make(Two());
  ASSERT_TRUE(model);
  TopicModel::Scratch scratch;
  std::vector<TopicScore> out;
  const std::string text = "What a match! Our striker scored twice \xF0\x9F\x98\x80 #Football @you";
  model->Score(text, scratch, out);
  EXPECT_FALSE(out.empty());
  const auto before = ThreadAllocations();
  for (int i = 0; i < 100; ++i) model->Score(text, scratch, out);
  EXPECT_EQ(ThreadAllocations(), before);
}

TEST(OwnTopics, LongTextsTakeNoLongerThanTheirBeginning) {
  const auto model = Make(Two());
  ASSERT_TRUE(model);
  TopicModel::Scratch scratch;
  std::vector<TopicScore> out;
  std::string emoji;
  while (emoji.size() < (1u << 20)) emoji += "\xF0\x9F\x98\x80";
  const std::clock_t begin = std::clock();
  model->Score(emoji, scratch, out);
  model->Score(std::string(1 << 20, 'x'), scratch, out);
  model->Score(std::string(1 << 20, '&'), scratch, out);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 1.0);
}

TEST(TrainedTopics, HaveALogitEach) {
  // Any linear model will do: a label is said where its logit is above 0.
  const auto model = TopicModel::Trained(model::EmbeddedEmotion());
  EXPECT_EQ(model->names(), model::EmbeddedEmotion().labels());
  EXPECT_EQ(model->name(), "emotion-fast/1");
  const model::LinearScorer scorer(model::EmbeddedEmotion());
  model::LinearScratch linear;
  TopicModel::Scratch scratch;
  std::vector<TopicScore> all;
  for (const std::string_view text : {"I am so happy today", "this is awful and makes me cry"}) {
    model->ScoreAll(text, scratch, all);
    std::vector<std::int64_t> logits(all.size());
    scorer.Score(text, linear);
    scorer.Logits(linear, logits.data());
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(all[i].score >= kMicro / 2, logits[i] >= 0) << text;
    std::set<std::string> said;
    for (const std::string& name : TopicsOf(*model, text)) said.insert(name);
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(said.count(model->names()[i]), logits[i] >= 0 ? 1u : 0u) << text;
  }
  EXPECT_TRUE(TopicsOf(*model, "").empty());
}

TEST(TrainedTopics, FindTheTopicsOfTweetTopic) {
  const auto model = TopicModel::Trained(model::EmbeddedTopics());
  EXPECT_EQ(model->names().size(), 19u);
  const auto found =
      TopicsOf(*model, "What a goal! The striker scored twice in the football match");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0], "sports");
}

}  // namespace
}  // namespace hb
