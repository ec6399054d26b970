#include "model/multi_label.h"

#include <gtest/gtest.h>

namespace hb::model {
namespace {

const std::vector<std::string> kLabels{"music", "sports"};

TEST(MultiLabel, ReadsTheThreeForms) {
  const char* const forms[] = {
      "{\"text\":\"a\",\"music\":1,\"sports\":0,\"id\":7}\n\n{\"text\":\"b\",\"music\":0.25,\"sports\":1}\n",
      "sports\ttext\tmusic\n0\ta\t1\n1\tb\t0.25\r\n",
  };
  for (const char* form : forms) {
    const auto set = ParseMultiLabel(form, kLabels);
    ASSERT_TRUE(set.ok()) << set.error().message;
    EXPECT_EQ(set.value().texts, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(set.value().targets, (std::vector<float>{1, 0, 0.25F, 1}));
  }
  const auto ids = ParseMultiLabel("text\tlabel_ids\na\t1,0\nb\t1\n\t0\n", kLabels);
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(ids.value().targets, (std::vector<float>{1, 1, 0, 1}));
  EXPECT_EQ(ids.value().skipped, 1u);
}

TEST(MultiLabel, SaysWhatIsWrongAndWhere) {
  const struct {
    const char *content, *message;
  } cases[] = {
      {"", "file is empty"},
      {"text\tmusic\na\t1\n", "line 1: no column sports"},
      {"music\tsports\n1\t0\n", "line 1: no column text"},
      {"text\tmusic\tsports\na\t1\t0\nb\t2\t0\n", "line 3: its labels are no numbers that fit"},
      {"text\tlabel_ids\na\t0,2\n", "line 2: its labels are no numbers that fit"},
      {"text\tlabel_ids\na\t\n", "line 2: its labels are no numbers that fit"},
      {"{\"text\":\"a\",\"music\":1}\n", "line 1: \"sports\" is no number from 0 to 1"},
      {"{\"text\":\"a\",\"music\":1,\"sports\":0}\n{\"text\"\n", "line 2: no JSON object"},
      {"text\tmusic\tsports\n", "no line has a text"},
  };
  for (const auto& one : cases) {
    const auto set = ParseMultiLabel(one.content, kLabels);
    ASSERT_FALSE(set.ok()) << one.content;
    EXPECT_EQ(set.error().message, one.message);
  }
}

TEST(LabelScores, AreTheFieldsMeasures) {
  LabelScores scores({"a", "b", "c"});
  // a: 2 of 3 found right, 2 of 4 there; b: never found; c: neither there nor said.
  for (const auto& [gold, found] :
       {std::pair{true, true}, {true, true}, {false, true}, {true, false}, {true, false}}) {
    scores.Add(0, gold, found);
  }
  scores.Add(1, true, false);
  scores.Add(2, false, false);
  EXPECT_DOUBLE_EQ(scores.at(0).Precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores.at(0).Recall(), 0.5);
  EXPECT_DOUBLE_EQ(scores.at(0).F1(), 4.0 / 7);
  EXPECT_DOUBLE_EQ(scores.MicroF1(), 4.0 / 8);
  EXPECT_DOUBLE_EQ(scores.MacroF1(), (4.0 / 7) / 2) << "a label that no text has does not count";
}

}  // namespace
}  // namespace hb::model
