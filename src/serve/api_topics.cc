#include "serve/api_topics.h"

#include <algorithm>
#include <map>

#include "record/avro_schema.h"
#include "record/schema.h"
#include "serve/answer.h"
#include "serve/base64.h"
#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

/// Values of one answer together; a longer answer ends early and says where to go on.
constexpr std::size_t kMaxValueBytes = 4u << 20;

void WriteGroups(const TopicInfo& topic, const std::vector<GroupOffset>& offsets,
                 JsonWriter& json) {
  std::map<std::string, std::map<std::int32_t, const GroupOffset*>> groups;
  for (const GroupOffset& offset : offsets) {
    if (offset.topic == topic.spec.name) groups[offset.group][ToInt(offset.partition)] = &offset;
  }
  json.Key("groups").OpenList();
  for (const auto& [group, partitions] : groups) {
    json.Open().Member("group", group).Key("committed").Open();
    for (const auto& [partition, offset] : partitions) {
      json.Key(std::to_string(partition)).Int(ToInt(offset->committed));
    }
    json.Close().Key("processed").Open();
    for (const auto& [partition, offset] : partitions) {
      json.Key(std::to_string(partition)).Int(ToInt(offset->processed));
    }
    std::int64_t lag = 0;
    for (const PartitionInfo& partition : topic.partitions) {
      const auto at = partitions.find(ToInt(partition.partition));
      const std::int64_t next = std::max(at == partitions.end() ? 0 : ToInt(at->second->processed),
                                         ToInt(partition.begin));
      lag += std::max<std::int64_t>(0, ToInt(partition.end) - next);
    }
    json.Close().Key("lag").Int(lag).Close();
  }
  json.CloseList();
}

void WriteTopic(const TopicInfo& topic, const std::vector<GroupOffset>& offsets, JsonWriter& json) {
  std::int64_t records = 0, bytes = 0;
  json.Open().Member("name", topic.spec.name).Key("partitions").OpenList();
  for (const PartitionInfo& partition : topic.partitions) {
    json.Open()
        .Key("partition")
        .Int(ToInt(partition.partition))
        .Key("begin")
        .Int(ToInt(partition.begin));
    json.Key("end").Int(ToInt(partition.end)).Key("bytes").Int(partition.bytes).Close();
    records += ToInt(partition.end) - ToInt(partition.begin);
    bytes += partition.bytes;
  }
  json.CloseList().Key("records").Int(records).Key("bytes").Int(bytes).Key("retention_ms");
  if (topic.spec.retention_ms < 0) {
    json.Null();
  } else {
    json.Int(topic.spec.retention_ms);
  }
  WriteGroups(topic, offsets, json);
  json.Close();
}

/// The part of the log that is shown.
struct Window {
  std::string topic;
  PartitionInfo partition;
  std::int64_t offset = 0, limit = 0;
};

Result<Window> WindowOf(Log& log, const std::string& name, const HttpRequest& request) {
  Window window;
  window.topic = name;
  HB_ASSIGN(const std::int64_t partition, IntParam(request, "partition", 0, 0, 1'000'000));
  HB_ASSIGN(window.limit, IntParam(request, "limit", 50, 1, 500));
  HB_ASSIGN(window.offset, IntParam(request, "offset", -1, -1, INT64_MAX));
  HB_ASSIGN(const std::vector<TopicInfo> topics, log.Topics());
  for (const TopicInfo& topic : topics) {
    if (topic.spec.name != window.topic) continue;
    for (const PartitionInfo& info : topic.partitions) {
      if (ToInt(info.partition) != partition) continue;
      window.partition = info;
      if (window.offset < 0) window.offset = ToInt(info.end) - window.limit;
      window.offset = std::clamp(window.offset, ToInt(info.begin), ToInt(info.end));
      return window;
    }
    return Error{Code::kNotFound, "topic " + window.topic + " has no partition " +
                                      std::to_string(partition) + "; it has " +
                                      std::to_string(topic.partitions.size())};
  }
  return Error{Code::kNotFound, "there is no topic '" + window.topic.substr(0, 200) +
                                    "'; /api/v1/topics lists them"};
}

void WriteRecord(const FetchedBatch& batch, std::size_t row, const AvroSchema* schema,
                 JsonWriter& json) {
  const RecordBatch& records = *batch.records;
  const std::string_view value = records.values[row];
  json.Open()
      .Key("partition")
      .Int(ToInt(batch.partition))
      .Key("offset")
      .Int(ToInt(batch.base) + static_cast<std::int64_t>(row));
  json.Member("arrival", IsoTime(batch.arrival))
      .Member("timestamp", IsoTime(records.timestamps[row]));
  json.Member("key", std::to_string(static_cast<std::int64_t>(records.keys[row]))).Key("value");
  bool decoded = value.empty();
  if (value.empty()) {
    json.Null();
  } else if (schema != nullptr) {
    if (const auto text = schema->ToJson(value); text.ok()) {
      json.Raw(text.value());
      decoded = true;
    }
  }
  if (!decoded) json.Null().Key("value_base64").Text(Base64(value.substr(0, 64 * 1024)));
  json.Key("bytes").Uint(value.size()).Key("blanked").Bool(value.empty()).Close();
}

}  // namespace

HttpResponse TopicsAnswer(Log& log) {
  HB_ANSWER_ASSIGN(const std::vector<TopicInfo> topics, log.Topics());
  HB_ANSWER_ASSIGN(const std::vector<GroupOffset> offsets, log.GroupOffsets());
  JsonWriter json;
  json.Open().Key("topics").OpenList();
  for (const TopicInfo& topic : topics) WriteTopic(topic, offsets, json);
  json.CloseList().Close();
  return JsonAnswer(json);
}

HttpResponse RecordsAnswer(Log& log, const std::string& topic, const HttpRequest& request) {
  HB_ANSWER_ASSIGN(const Window window, WindowOf(log, topic, request));
  const auto type = RecordTypeOfTopic(window.topic);
  const std::optional<AvroSchema> schema =
      type ? std::optional(AvroSchema::Of(*type)) : std::nullopt;
  JsonWriter json;
  json.Open().Key("records").OpenList();
  std::int64_t at = window.offset, written = 0;
  std::size_t bytes = 0;
  const std::int64_t end = ToInt(window.partition.end);
  while (at < end && written < window.limit && bytes < kMaxValueBytes) {
    std::vector<FetchedBatch> batches;
    HB_ANSWER_TRY(log.Read(window.topic, window.partition.partition, Offset{at}, 1 << 20, batches));
    const std::int64_t before = at;
    for (const FetchedBatch& batch : batches) {
      for (std::size_t row = batch.first_row; row < batch.records->size(); ++row) {
        const std::int64_t offset = ToInt(batch.base) + static_cast<std::int64_t>(row);
        if (offset < at || written >= window.limit || bytes >= kMaxValueBytes) continue;
        WriteRecord(batch, row, schema ? &*schema : nullptr, json);
        bytes += batch.records->values[row].size();
        at = offset + 1;
        ++written;
      }
    }
    if (at == before) at = end;  // What stood there is kept no longer.
  }
  json.CloseList().Key("next");
  if (at < end) {
    json.Int(at);
  } else {
    json.Null();
  }
  json.Key("begin").Int(ToInt(window.partition.begin)).Key("end").Int(end).Close();
  return JsonAnswer(json);
}

HttpResponse GetTopics(const HttpRequest&, const ApiContext& context) {
  return TopicsAnswer(context.backend.log());
}

HttpResponse GetRecords(const HttpRequest& request, const ApiContext& context) {
  return RecordsAnswer(context.backend.log(), context.Capture("name"), request);
}

}  // namespace hb
