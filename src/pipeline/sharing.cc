#include "pipeline/sharing.h"

namespace hb {

Status RewindToCommitted(Log& log, const std::string& producer, const std::string& group,
                         Consumer& consumer) {
  HB_TRY(log.Begin(producer));
  HB_ASSIGN(const auto committed, log.OffsetsOf(group));
  HB_ASSIGN(const auto topics, log.Topics());
  for (const auto& [topic, partition] : consumer.Assignment()) {
    Offset next{0};
    for (const TopicInfo& info : topics) {
      if (info.spec.name != topic) continue;
      for (const PartitionInfo& at : info.partitions) {
        if (at.partition == partition) next = at.begin;
      }
    }
    for (const GroupOffset& at : committed) {
      if (at.topic == topic && at.partition == partition) next = at.committed;
    }
    HB_TRY(consumer.Seek(topic, partition, next));
  }
  return Ok();
}

}  // namespace hb
