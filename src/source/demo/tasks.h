// source/demo/tasks.h - what the demo's conversations are about.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace hb {

/// A task that a first start may listen for: the rule matches what the demo says about its topic.
struct DemoTask {
  std::string_view tag;
  std::string_view rule;  ///< in the grammar of docs/rules.md, under 1,024 characters
};

/// One task for each topic of the demo, most talked about first.
std::span<const DemoTask> DemoTasks();

/// A topic, as the grammar and the tasks name it.
struct DemoTopic {
  std::string_view name;                        ///< prefix of its rules in the grammar
  std::string_view hashtag;                     ///< without '#', in every language
  std::span<const std::string_view> side_tags;  ///< other hashtags people add
  std::span<const std::string_view> bursts;     ///< hashtags that may suddenly rise
  double share;                                 ///< of all posts, on average
};
std::span<const DemoTopic> DemoTopics();

/// Languages of the demo with their share of all posts and the countries their authors live in.
struct DemoLanguage {
  std::string_view code;
  double share;
  std::span<const std::string_view> countries;
};
std::span<const DemoLanguage> DemoLanguages();

}  // namespace hb
