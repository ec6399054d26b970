// record/schema.h - the Avro schemas of our records, as they stand in schemas/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hb {

enum class RecordType : std::uint8_t {
  kTweet,
  kSentiment,
  kAnalysis,
  kAggregate,
  kRedaction,
  kTask,
  kDeadLetter,
  kTrend,
  kClassicTweet,      ///< {time: int of seconds, content, task}
  kClassicSentiment,  ///< {time: int of seconds, task, pos, neu, neg}
  kGap,
};

/// Every type, in the order above.
std::span<const RecordType> AllRecordTypes();
/// The schema as JSON text, embedded in the program.
std::string_view SchemaText(RecordType type);
/// Name of the file under schemas/ without ".avsc": "tweet", ..., "classic/tweet".
std::string_view RecordTypeName(RecordType type);
/// What the topic of that name holds ("ingest": kTweet, "windows": kAggregate, ...); nothing for
/// others.
std::optional<RecordType> RecordTypeOfTopic(std::string_view topic);

}  // namespace hb
