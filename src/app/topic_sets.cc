#include "app/topic_sets.h"

#include <utility>

// The packaged library throws; the headers alone can be told not to.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "env/env.h"
#include "model/embedded.h"

namespace hb {
namespace {

constexpr std::string_view kTweetTopic = "tweettopic", kGeneral = "general", kOff = "off";
/// More than any set needs; a wrong path should not be read whole.
constexpr std::size_t kMostBytes = std::size_t{4} << 20;

std::string Place(const std::string& name, const toml::node& node) {
  return name + ":" + std::to_string(node.source().begin.line);
}

Error Wrong(const std::string& place, const std::string& what) {
  return {Code::kInvalidArgument, place + ": " + what};
}

Result<std::string> Text(const std::string& name, std::string_view key, const toml::node& node) {
  if (!node.is_string()) return Wrong(Place(name, node), std::string(key) + " is no text");
  return *node.value<std::string>();
}

Result<Topic> ReadTopic(const std::string& name, const toml::table& table) {
  Topic topic{.name = {}, .sentence = {}, .examples = {}, .place = Place(name, table)};
  for (const auto& [key, node] : table) {
    if (key.str() == "name") {
      HB_ASSIGN(topic.name, Text(name, key.str(), node));
    } else if (key.str() == "sentence") {
      HB_ASSIGN(topic.sentence, Text(name, key.str(), node));
    } else if (key.str() == "examples") {
      const toml::array* examples = node.as_array();
      if (examples == nullptr) return Wrong(Place(name, node), "examples is no list of texts");
      for (const toml::node& example : *examples) {
        HB_ASSIGN(std::string text, Text(name, "an example", example));
        topic.examples.push_back(std::move(text));
      }
    } else {
      return Wrong(Place(name, node), "unknown key '" + std::string(key.str()) +
                                          "'; a [[topic]] has name, sentence and examples");
    }
  }
  return topic;
}

}  // namespace

Result<std::vector<Topic>> ParseTopics(std::string_view text, const std::string& name) {
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Wrong(name + ":" + std::to_string(error.source().begin.line) + ":" +
                     std::to_string(error.source().begin.column),
                 std::string(error.description()));
  }
  std::vector<Topic> topics;
  for (const auto& [key, node] : parsed.table()) {
    const toml::array* tables = node.as_array();
    if (key.str() != "topic" || tables == nullptr || !tables->is_array_of_tables()) {
      return Wrong(Place(name, node),
                   "'" + std::string(key.str()) + "' is unknown; a file of topics has [[topic]]");
    }
    for (const toml::node& table : *tables) {
      HB_ASSIGN(Topic topic, ReadTopic(name, *table.as_table()));
      topics.push_back(std::move(topic));
    }
  }
  if (topics.empty()) return Wrong(name, "has no [[topic]]");
  return topics;
}

Result<std::vector<Topic>> DescribedTopics(const std::string& set) {
  if (set == kGeneral) return ParseTopics(model::EmbeddedGeneralTopics(), set);
  if (set == kTweetTopic) {
    return Error{Code::kInvalidArgument,
                 "the topics of tweettopic are trained, not described; choose general or a file"};
  }
  HB_ASSIGN(const std::string text, ReadFile(set));
  if (text.size() > kMostBytes) {
    return Error{Code::kInvalidArgument, set + " has " + std::to_string(text.size()) +
                                             " bytes; a file of topics has at most " +
                                             std::to_string(kMostBytes)};
  }
  return ParseTopics(text, set);
}

Result<std::shared_ptr<const TopicModel>> LoadTopics(const std::string& set) {
  if (set == kOff) return std::shared_ptr<const TopicModel>();
  if (set == kTweetTopic) return TopicModel::Trained(model::EmbeddedTopics());
  HB_ASSIGN(std::vector<Topic> topics, DescribedTopics(set));
  return TopicModel::OwnWords(std::move(topics));
}

}  // namespace hb
