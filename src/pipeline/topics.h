// pipeline/topics.h - names of the topics, groups and states that the stages share.
#pragma once

#include <string>
#include <vector>

#include "log/log.h"

namespace hb {

inline constexpr char kIngestTopic[] = "ingest";
inline constexpr char kRedactionsTopic[] = "redactions";
inline constexpr char kAnalysisTopic[] = "analysis";
inline constexpr char kSentimentTopic[] = "sentiment";
inline constexpr char kWindowsTopic[] = "windows";
inline constexpr char kTrendsTopic[] = "trends";
inline constexpr char kDeadLettersTopic[] = "deadletters";
inline constexpr char kTasksTopic[] = "tasks";
inline constexpr char kGapsTopic[] = "gaps";
/// Results that take the place of those in `analysis` (pipeline/rescore.h).
inline constexpr char kRescoredTopic[] = "rescored";

inline constexpr char kAnalyzeGroup[] = "analyze";
inline constexpr char kWindowGroup[] = "window";
inline constexpr char kStoreGroup[] = "store";

/// State: identity of a source -> its position; the identity and "\n#" -> mark of its last commit.
inline constexpr char kCursorState[] = "cursors";
/// State: post key, 8 bytes big-endian -> time of the redaction.
inline constexpr char kTombstoneState[] = "tombstones";
/// State, of a log that is shared: bucket of time and key of a post that others wrote -> "1".
inline constexpr char kSeenState[] = "seen";
/// State, of a log that is shared: offset of `analysis` that was blanked -> "1". Kafka keeps the
/// record until it compacts, so that a restart would count it again.
inline constexpr char kBlankedState[] = "blanked";
/// State, of a log that is shared: "next" -> redactions before it are worked into the partition.
inline constexpr char kRedactedState[] = "redacted";
/// State: key of a post that an edit replaced -> when the edit came.
inline constexpr char kEditState[] = "edits";
/// State: key of a post that was edited and kept its id -> its newest version (EditedId).
inline constexpr char kVersionState[] = "versions";
/// State: an account event (Tombstones) -> when it came.
inline constexpr char kAccountState[] = "accounts";
/// State: key and offset of a hidden post's `analysis` -> when it was hidden, and the record.
inline constexpr char kHiddenState[] = "hidden";
/// State: the same of those that are counted again, and of those with newer results -> since when,
/// and the record.
inline constexpr char kShownState[] = "shown";
/// State: "done" -> offset of `redactions` up to which a whole pass over the log was made.
inline constexpr char kSweepState[] = "sweep";
/// State: "next" -> what a `rescore` that has not ended does, and how far it is.
inline constexpr char kRescoreState[] = "rescore";
/// State: "sizes" -> which records of `analysis` count in windows of which size; "next", by earlier
/// programs -> offset up to which they were counted.
inline constexpr char kCountedState[] = "window-next";
/// State: aggregate key -> last committed aggregate, and the offset up to which it holds all.
inline constexpr char kWindowState[] = "windows";
/// State: key of the first window of a block -> the last committed aggregates of the block.
inline constexpr char kWindowBlockState[] = "window-blocks";
/// State: what the trend detector remembers: saved whole, and journals since.
inline constexpr char kTrendState[] = "trends";
/// State: source -> newest event time of its posts in this partition, big-endian.
inline constexpr char kSourceTimeState[] = "source-times";
/// State: keys of the aggregates that are not final yet.
inline constexpr char kOpenWindowState[] = "open-windows";

/// Every topic with `partitions` for those that posts spread over; `tasks` and `gaps` are never
/// trimmed.
std::vector<TopicSpec> TopicSpecs(std::int32_t partitions, std::int64_t retention_ms,
                                  std::int64_t retention_bytes);

}  // namespace hb
