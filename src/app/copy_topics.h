// app/copy_topics.h - `heartbeat topics copy`: takes a log's records to another log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace hb {

/// What was copied.
struct CopiedTopic {
  std::string topic;
  std::int64_t records = 0;   ///< by this call
  std::int64_t left_out = 0;  ///< records that cannot be read
};

/// Copies what `from` has of `specs` and `to` does not have yet, partition by partition, with keys,
/// times and values. How far it is, is a state of `to` that is written with the records, so it may
/// be stopped at any moment and called again. Both need the same number of partitions
/// (kInvalidArgument). `stop` is asked between batches: kCancelled.
Result<std::vector<CopiedTopic>> CopyTopics(Log& from, Log& to, const std::vector<TopicSpec>& specs,
                                            const std::function<bool()>& stop);
/// Copies the states that ingest goes on from: what was deleted, and how far each source is read.
Status CopyIngestStates(Log& from, Log& to);

}  // namespace hb
