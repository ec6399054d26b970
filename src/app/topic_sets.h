// app/topic_sets.h - the sets of topics that a user may choose from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/topics.h"
#include "base/result.h"

namespace hb {

/// What a set may be, for help texts.
inline constexpr std::string_view kTopicSetsHelp = "general (14), a TOML file of your own, or off";

/// Reads a file of [[topic]] tables, each with name, sentence and perhaps examples. `name` stands
/// in errors and in Topic::place. kInvalidArgument: no TOML, another key, a value of another kind;
/// the message has file and line. What topics say is for TopicModel::OwnWords to check.
Result<std::vector<Topic>> ParseTopics(std::string_view text, const std::string& name);

/// The model of a set: "tweettopic" (19 labels, trained), "general" (14 topics by meaning), "off"
/// (none: null), or the path of such a file. kNotFound, kUnavailable: the file cannot be read.
Result<std::shared_ptr<const TopicModel>> LoadTopics(const std::string& set);

/// The topics of a set by meaning. kInvalidArgument for "tweettopic", which has no descriptions.
Result<std::vector<Topic>> DescribedTopics(const std::string& set);

}  // namespace hb
