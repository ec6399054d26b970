#include "record/schema.h"

#include <array>

namespace hb {

// Generated from schemas/ by CMakeLists.txt, in the order of kFiles there.
extern const std::string_view kSchemaTexts[];

namespace {

struct Known {
  RecordType type;
  std::string_view name;
  std::string_view topic;
};

constexpr std::array kKnown = {
    Known{RecordType::kTweet, "tweet", "ingest"},
    Known{RecordType::kSentiment, "sentiment", "sentiment"},
    Known{RecordType::kAnalysis, "analysis", "analysis"},
    Known{RecordType::kAggregate, "aggregate", "windows"},
    Known{RecordType::kRedaction, "redaction", "redactions"},
    Known{RecordType::kTask, "task", "tasks"},
    Known{RecordType::kDeadLetter, "dead_letter", "deadletters"},
    Known{RecordType::kTrend, "trend", "trends"},
    Known{RecordType::kClassicTweet, "classic/tweet", ""},
    Known{RecordType::kClassicSentiment, "classic/sentiment", ""},
    Known{RecordType::kGap, "gap", "gaps"},
};

constexpr auto kTypes = [] {
  std::array<RecordType, kKnown.size()> types{};
  for (std::size_t i = 0; i < kKnown.size(); ++i) types[i] = kKnown[i].type;
  return types;
}();

}  // namespace

std::span<const RecordType> AllRecordTypes() { return kTypes; }

std::string_view SchemaText(RecordType type) {
  return kSchemaTexts[static_cast<std::size_t>(type)];
}

std::string_view RecordTypeName(RecordType type) {
  return kKnown[static_cast<std::size_t>(type)].name;
}

std::optional<RecordType> RecordTypeOfTopic(std::string_view topic) {
  for (const Known& known : kKnown) {
    if (!topic.empty() && known.topic == topic) return known.type;
  }
  return std::nullopt;
}

}  // namespace hb
