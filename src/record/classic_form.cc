#include "record/classic_form.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "record/avro_post.h"
#include "record/avro_schema.h"
#include "record/avro_wire.h"

namespace hb {

namespace {

std::int32_t Seconds(std::int64_t millis) {
  using Int = std::numeric_limits<std::int32_t>;
  const std::int64_t down = millis / 1000 - (millis % 1000 < 0 ? 1 : 0);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(down, Int::min(), Int::max()));
}

Error Short(std::string_view record) {
  return {Code::kCorrupt, std::string(record) + " ends early or is no such record"};
}

/// Of both records the older form is the beginning of ours, but for the time.
Status AppendTweet(std::string_view avro, std::string& out) {
  avro::Cursor cursor(avro);
  const std::int32_t time = Seconds(cursor.Long());
  const std::string_view content = cursor.String(), task = cursor.String();
  if (cursor.failed()) return Short("tweet");
  avro::AppendRecord(out, [&](auto& sink) {
    sink.Int(time);
    sink.CheckedString(content);
    sink.CheckedString(task);
  });
  return Ok();
}

Status AppendSentiment(std::string_view avro, std::string& out) {
  avro::Cursor cursor(avro);
  const std::int32_t time = Seconds(cursor.Long());
  const std::string_view task = cursor.String();
  const float pos = cursor.Float(), neu = cursor.Float(), neg = cursor.Float();
  if (cursor.failed()) return Short("sentiment");
  avro::AppendRecord(out, [&](auto& sink) {
    sink.Int(time);
    sink.CheckedString(task);
    sink.Float(pos);
    sink.Float(neu);
    sink.Float(neg);
  });
  return Ok();
}

class ClassicFormat : public ValueFormat {
 public:
  ClassicFormat(AvroResolver tweet, AvroResolver sentiment)
      : tweet_(std::move(tweet)), sentiment_(std::move(sentiment)) {}
  Status Encode(const std::string& topic, std::string_view avro, std::string& out) override {
    const auto type = RecordTypeOfTopic(topic);
    if (type) return AppendClassic(*type, avro, out);
    out += avro;
    return Ok();
  }
  Status Decode(const std::string& topic, std::string_view bytes, std::string& avro) override {
    const auto type = RecordTypeOfTopic(topic);
    if (type == RecordType::kTweet) return tweet_.Resolve(bytes, avro);
    if (type == RecordType::kSentiment) return sentiment_.Resolve(bytes, avro);
    avro += bytes;
    return Ok();
  }

 private:
  const AvroResolver tweet_, sentiment_;
};

/// Of schemas of our own, which always fit.
AvroResolver ResolverOf(RecordType writer, RecordType reader) {
  return AvroResolver::Create(AvroSchema::Of(writer), reader).value();
}

}  // namespace

std::optional<RecordType> ClassicTypeOfTopic(std::string_view topic) {
  const auto type = RecordTypeOfTopic(topic);
  if (type == RecordType::kTweet) return RecordType::kClassicTweet;
  if (type == RecordType::kSentiment) return RecordType::kClassicSentiment;
  return type;
}

Status AppendClassic(RecordType type, std::string_view avro, std::string& out) {
  if (type == RecordType::kTweet) return AppendTweet(avro, out);
  if (type == RecordType::kSentiment) return AppendSentiment(avro, out);
  out += avro;
  return Ok();
}

Status DecodeThreeFields(std::string_view bytes, PostBatch& out) {
  if (DecodeClassicTweet(bytes, out).ok()) return Ok();
  avro::Cursor cursor(bytes);
  PostView post;
  post.time = FromMillis(cursor.Long());
  post.content = cursor.String();
  const std::string_view task = cursor.String();
  HB_TRY(cursor.Finish("tweet of three fields"));
  while (out.tasks.size() < out.size()) out.tasks.EndRow();
  out.rules_version.resize(out.size());
  if (!task.empty()) out.tasks.Push(task);
  out.Append(post);
  out.tasks.EndRow();
  out.rules_version.push_back(0);
  return Ok();
}

std::unique_ptr<ValueFormat> MakeClassicFormat() {
  return std::make_unique<ClassicFormat>(
      ResolverOf(RecordType::kClassicTweet, RecordType::kTweet),
      ResolverOf(RecordType::kClassicSentiment, RecordType::kSentiment));
}

}  // namespace hb
