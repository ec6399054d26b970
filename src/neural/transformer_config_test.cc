#include "neural/transformer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hb::neural {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

constexpr const char* kOurs = R"({"model_type": "bert", "vocab_size": 30522, "max_tokens": 128,
  "text": "heartbeat-1", "name": "minilm-heads/1", "heads": [
  {"name": "sentiment", "kind": "one", "labels": ["negative", "neutral", "positive"], "begin": 0,
   "temperature": 1.25, "shift": [0.5, -0.25, -0.25], "fast_share": 0.25},
  {"name": "feelings", "kind": "many", "labels": ["joy", "fear"], "begin": 3}]})";

TEST(TransformerConfig, ReadsOurs) {
  const auto config = ParseTransformerConfig(kOurs, "");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().name, "minilm-heads/1");
  EXPECT_EQ(config.value().outputs, 5U);
  EXPECT_EQ(config.value().max_tokens, 128U);
  EXPECT_EQ(config.value().vocabulary, 30522U);
  EXPECT_EQ(config.value().text, TextForm::kHeartbeat1);
  ASSERT_EQ(config.value().heads.size(), 2U);
  const Head& sentiment = config.value().heads[0];
  EXPECT_EQ(sentiment.kind, Head::Kind::kOne);
  EXPECT_EQ(sentiment.temperature, 1.25);
  EXPECT_EQ(sentiment.fast_share, 0.25);
  EXPECT_THAT(sentiment.shift, ElementsAre(0.5F, -0.25F, -0.25F));
  EXPECT_EQ(sentiment.Find("Positive"), 2U);
  EXPECT_EQ(sentiment.Find("mixed"), 3U);
  const Head& feelings = config.value().heads[1];
  EXPECT_EQ(feelings.kind, Head::Kind::kMany);
  EXPECT_EQ(feelings.begin, 3U);
  EXPECT_THAT(feelings.shift, ElementsAre(0.0F, 0.0F));
}

TEST(TransformerConfig, ReadsHuggingFaces) {
  const auto config = ParseTransformerConfig(
      R"({"_name_or_path": "cardiffnlp/twitter-roberta-base-sentiment-latest", "model_type": "roberta",
          "id2label": {"0": "negative", "1": "neutral", "2": "positive"}, "pad_token_id": 1,
          "max_position_embeddings": 514, "vocab_size": 50265})",
      R"({"model_max_length": 1000000000000000019884624838656})");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().max_tokens, 512U);
  EXPECT_EQ(config.value().text, TextForm::kUserHttp);
  ASSERT_EQ(config.value().heads.size(), 1U);
  EXPECT_EQ(config.value().heads[0].name, "sentiment");
  EXPECT_EQ(config.value().heads[0].kind, Head::Kind::kOne);
}

TEST(TransformerConfig, IdsOfLabelsMayStandInAnyOrder) {
  const auto config = ParseTransformerConfig(
      R"({"model_type": "bert", "max_position_embeddings": 512, "problem_type": "multi_label_classification",
          "id2label": {"2": "c", "0": "a", "1": "b"}})",
      R"({"model_max_length": 256})");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_THAT(config.value().heads[0].labels, ElementsAre("a", "b", "c"));
  EXPECT_EQ(config.value().heads[0].name, "labels");
  EXPECT_EQ(config.value().heads[0].kind, Head::Kind::kMany);
  EXPECT_EQ(config.value().max_tokens, 256U);
  EXPECT_EQ(config.value().text, TextForm::kAsIs);
}

TEST(TransformerConfig, WhatDoesNotFitTogetherIsNamed) {
  const auto head = [](const std::string& rest) {
    return R"({"heads": [{"name": "h", "kind": "one", "labels": ["a", "b"], )" + rest + "}]}";
  };
  const struct {
    const char* name;
    std::string json, words;
    Code code = Code::kInvalidArgument;
  } cases[] = {
      {"no JSON", "{", "JSON", Code::kCorrupt},
      {"no object", "[1]", "JSON", Code::kCorrupt},
      {"nothing", "{}", "id2label"},
      {"a long name", R"({"id2label": {"0": "a"}, "name": ")" + std::string(257, 'x') + "\"}",
       "256"},
      {"no heads", R"({"heads": []})", "1 to 64"},
      {"a head that is a number", R"({"heads": [3]})", "no object"},
      {"no begin", head(R"("shift": [0, 0])"), "begin"},
      {"negative begin", head(R"("begin": -1)"), "begin"},
      {"a gap", head(R"("begin": 2)"), "no head"},
      {"a shift too few", head(R"("begin": 0, "shift": [1])"), "shift"},
      {"a shift that is text", head(R"("begin": 0, "shift": ["x", 0])"), "shift"},
      {"a shift without end", head(R"("begin": 0, "shift": [1e300, 0])"), "shift"},
      {"a share above 1", head(R"("begin": 0, "fast_share": 1.5)"), "fast_share"},
      {"a share that is text", head(R"("begin": 0, "fast_share": "half")"), "fast_share"},
      {"temperature 0", head(R"("begin": 0, "temperature": 0)"), "temperature"},
      {"a kind unknown",
       R"({"heads": [{"name": "h", "kind": "few", "labels": ["a"], "begin": 0}]})", "few"},
      {"a label twice",
       R"({"heads": [{"name": "h", "kind": "one", "labels": ["a", "a"], "begin": 0}]})", "twice"},
      {"no label", R"({"heads": [{"name": "h", "kind": "one", "labels": [], "begin": 0}]})",
       "labels"},
      {"two on one output",
       R"({"heads": [{"name": "h", "kind": "one", "labels": ["a", "b"], "begin": 0},
                                          {"name": "i", "kind": "one", "labels": ["a"], "begin": 1}]})",
       "share"},
      {"two of a name", R"({"heads": [{"name": "h", "kind": "one", "labels": ["a"], "begin": 0},
                                      {"name": "h", "kind": "one", "labels": ["b"], "begin": 1}]})",
       "'h'"},
      {"ids with a gap", R"({"id2label": {"0": "a", "2": "b"}})", "none of 1"},
      {"a text form unknown", R"({"text": "heartbeat-2", "id2label": {"0": "a"}})", "heartbeat-2"},
      {"no room for a token", R"({"max_position_embeddings": 2, "id2label": {"0": "a"}})",
       "3 tokens"},
      {"no room past padding",
       R"({"model_type": "roberta", "max_position_embeddings": 2, "id2label": {"0": "a"}})",
       "3 tokens"},
  };
  for (const auto& each : cases) {
    const auto config = ParseTransformerConfig(each.json, "");
    ASSERT_FALSE(config.ok()) << each.name;
    EXPECT_EQ(config.error().code, each.code) << each.name;
    EXPECT_THAT(config.error().message, HasSubstr(each.words)) << each.name;
  }
}

/// A file of one head and `more`.
std::string With(const std::string& head_more, const std::string& more) {
  return R"({"max_tokens": 64, "heads": [{"name": "h", "kind": "one", "begin": 0, "labels": ["a", "b"])" +
         head_more + "}]" + more + "}";
}

TEST(TransformerConfig, ReadsTagsMeaningAndTargetsWhereTheyAre) {
  const auto none = ParseTransformerConfig(kOurs, "");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none.value().tagger);
  EXPECT_FALSE(none.value().meaning);
  EXPECT_FALSE(none.value().heads[0].targeted);
  const auto config = ParseTransformerConfig(
      With(R"(, "text": "target: text")",
           R"(, "tagger": {"output": "tokens", "labels": ["O", "B-person"], "temperature": 1.5},
              "meaning": {"output": "meaning", "width": 384})"),
      "");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_TRUE(config.value().heads[0].targeted);
  ASSERT_TRUE(config.value().tagger);
  EXPECT_EQ(config.value().tagger->output, "tokens");
  EXPECT_THAT(config.value().tagger->labels, ElementsAre("O", "B-person"));
  EXPECT_EQ(config.value().tagger->temperature, 1.5);
  ASSERT_TRUE(config.value().meaning);
  EXPECT_EQ(config.value().meaning->output, "meaning");
  EXPECT_EQ(config.value().meaning->width, 384U);
}

TEST(TransformerConfig, SaysWhatIsWrongWithTagsMeaningAndTargets) {
  const struct {
    std::string head, more, words;
  } cases[] = {
      {R"(, "text": "text")", "", "'target: text'"},
      {R"(, "text": 3)", "", "'target: text'"},
      {"", R"(, "tagger": 3)", "\"tagger\" is no object"},
      {"", R"(, "tagger": {"labels": ["O"]})", "does not name its output"},
      {"", R"(, "tagger": {"output": "t"})", "1 to 4096 labels"},
      {"", R"(, "tagger": {"output": "t", "labels": ["O", "O"]})", "twice"},
      {"", R"(, "tagger": {"output": "t", "labels": ["O"], "temperature": 0})", "temperature"},
      {"", R"(, "meaning": [])", "\"meaning\" is no object"},
      {"", R"(, "meaning": {"width": 8})", "does not name its output"},
      {"", R"(, "meaning": {"output": "m"})", "width"},
      {"", R"(, "meaning": {"output": "m", "width": 100000})", "width"},
  };
  for (const auto& each : cases) {
    const auto config = ParseTransformerConfig(With(each.head, each.more), "");
    ASSERT_FALSE(config.ok()) << each.head << each.more;
    EXPECT_EQ(config.error().code, Code::kInvalidArgument);
    EXPECT_THAT(config.error().message, HasSubstr(each.words)) << each.head << each.more;
  }
}

TEST(Head, OneLabelsProbabilitiesSumToOne) {
  Head head{"h", Head::Kind::kOne, {"a", "b", "c"}, 0, 2.0, {0.0F, 1.0F, 0.0F}};
  const std::vector<float> logits = {2.0F, 0.0F, -2.0F};
  std::vector<float> found(3);
  head.Probabilities(logits, found);
  // exp of 1, 1, -1.
  const float sum = 2 * std::exp(1.0F) + std::exp(-1.0F);
  EXPECT_THAT(found, ElementsAre(FloatNear(std::exp(1.0F) / sum, 1e-6F),
                                 FloatNear(std::exp(1.0F) / sum, 1e-6F),
                                 FloatNear(std::exp(-1.0F) / sum, 1e-6F)));
  head.Probabilities(logits, found, false);
  EXPECT_GT(found[0], found[1]);
}

TEST(Head, ManyLabelsStandAlone) {
  const Head head{"h", Head::Kind::kMany, {"a", "b"}, 0, 1.0, {0.0F, 0.0F}};
  std::vector<float> found(2);
  head.Probabilities(std::vector<float>{0.0F, 3.0F}, found);
  EXPECT_THAT(found, ElementsAre(0.5F, FloatNear(1 / (1 + std::exp(-3.0F)), 1e-6F)));
}

TEST(Head, LogitsThatAreNoNumbersStillGiveProbabilities) {
  const Head head{"h", Head::Kind::kOne, {"a", "b", "c"}, 0, 1.0, {0.0F, 0.0F, 0.0F}};
  std::vector<float> found(3);
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    head.Probabilities(std::vector<float>{bad, 0.0F, 0.0F}, found);
    for (const float value : found) EXPECT_NEAR(value, 1.0F / 3, 1e-6F);
  }
  head.Probabilities(std::vector<float>{3e38F, -3e38F, 0.0F}, found);
  EXPECT_THAT(found, ElementsAre(1.0F, 0.0F, 0.0F));
}

// Of the models' cards: for t in text.split(" "): t[0] == "@" and len(t) > 1 -> "@user"; "http..."
// -> "http".
TEST(MaskUsersAndLinks, DoesWhatTheCardsSay) {
  constexpr struct {
    const char *text, *wanted;
  } kCases[] = {
      {"", ""},
      {"hello", "hello"},
      {"@joe hi", "@user hi"},
      {"@ joe", "@ joe"},
      {"hi @joe: see https://t.co/x", "hi @user see http"},
      {"httpd is down", "http is down"},
      {"HTTP://X no", "HTTP://X no"},
      {"a  b ", "a  b "},
      {" @a\n@b", " @user"},
      {"x@y.z", "x@y.z"},
  };
  std::string found;
  for (const auto& each : kCases) {
    MaskUsersAndLinks(each.text, found);
    EXPECT_EQ(found, each.wanted) << each.text;
  }
}

}  // namespace
}  // namespace hb::neural
