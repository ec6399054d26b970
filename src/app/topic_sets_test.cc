#include "app/topic_sets.h"

#include <gtest/gtest.h>

#include <set>

#include "env/env.h"
#include "env/temporary_folder.h"

namespace hb {
namespace {

TEST(TopicSets, TheGeneralSetHasFourteenTopicsWithExamples) {
  const auto topics = DescribedTopics("general");
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  ASSERT_EQ(topics.value().size(), 14u);
  for (const Topic& topic : topics.value()) EXPECT_GE(topic.examples.size(), 3u) << topic.name;
  const auto model = LoadTopics("general");
  ASSERT_TRUE(model.ok()) << model.error().message;
  // Each example is about its own topic, whatever else.
  TopicModel::Scratch scratch;
  std::vector<TopicScore> found;
  for (std::size_t i = 0; i < 14; ++i) {
    for (const std::string& example : topics.value()[i].examples) {
      model.value()->Score(example, scratch, found);
      ASSERT_FALSE(found.empty()) << example;
      EXPECT_EQ(found[0].topic, i) << example;
    }
  }
}

TEST(TopicSets, ReadsAFileOfTheUsers) {
  const auto topics = ParseTopics(R"(
# mine
[[topic]]
name = "trains"
sentence = "Trains, railways and delays."
examples = ["My train is late again", 'no seats']

[[topic]]
sentence = "Cats."
name = "cats")",
                                  "my.toml");
  ASSERT_TRUE(topics.ok()) << topics.error().message;
  ASSERT_EQ(topics.value().size(), 2u);
  EXPECT_EQ(topics.value()[0].examples,
            (std::vector<std::string>{"My train is late again", "no seats"}));
  EXPECT_EQ(topics.value()[0].place, "my.toml:3");
  EXPECT_EQ(topics.value()[1].place, "my.toml:8");
}

TEST(TopicSets, SaysInWhichLineAFileIsWrong) {
  struct {
    std::string text, says;
  } const cases[] = {
      {"", "my.toml: has no [[topic]]"},
      {"[[topic]\nname = 1", "my.toml:1:"},
      {"name = \"x\"", "my.toml:1: 'name' is unknown"},
      {"[topic]\nname = \"x\"", "my.toml:1: 'topic' is unknown"},
      {"[[topic]]\nname = 7", "my.toml:2: name is no text"},
      {"[[topic]]\nname = \"x\"\nsentense = \"y\"", "my.toml:3: unknown key 'sentense'"},
      {"[[topic]]\nexamples = \"x\"", "my.toml:2: examples is no list"},
      {"[[topic]]\nexamples = [\n\"x\",\n3]", "my.toml:4: an example is no text"},
  };
  for (const auto& c : cases) {
    const auto topics = ParseTopics(c.text, "my.toml");
    ASSERT_FALSE(topics.ok()) << c.text;
    EXPECT_EQ(topics.error().code, Code::kInvalidArgument);
    EXPECT_EQ(topics.error().message.find(c.says), 0u) << topics.error().message;
  }
}

TEST(TopicSets, WhatTheModelRefusesNamesItsLineToo) {
  const TemporaryFolder made;
  const std::string& folder = made.path();
  const std::string path = folder + "/topics.toml";
  ASSERT_TRUE(WriteFileAtomic(path,
                              "[[topic]]\nname = \"a\"\nsentence = \"word\"\n\n"
                              "[[topic]]\nname = \"a\"\nsentence = \"word\"\n")
                  .ok());
  const auto twice = LoadTopics(path);
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().message, path + ":5: topic 'a' stands there twice");
  EXPECT_EQ(LoadTopics(folder + "/nowhere.toml").error().code, Code::kNotFound);
}

TEST(TopicSets, OffIsNone) {
  const auto model = LoadTopics("off");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model.value(), nullptr);
}

}  // namespace
}  // namespace hb
