#include "wire/json_values.h"

#include <utility>
#include <vector>

#include "record/avro_post.h"
#include "record/classic_form.h"
#include "wire/json_posts.h"

namespace hb {

namespace {

/// A member that of all posts in JSON only a whole record of ours has.
constexpr std::string_view kOwnMark = "\"rules_version\"";

/// A post in one of the forms of others, as a `tweet`.
Status PutForeign(std::string_view json, std::string& avro) {
  thread_local JsonPosts reader;
  PostBatch posts;
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  WireSink sink{posts, redactions, faults};
  const Status parsed = reader.Parse(json, 0, WireRow{}, sink);
  if (!parsed.ok()) return Error{Code::kCorrupt, parsed.error().message};
  if (posts.size() != 1) {
    return Error{Code::kCorrupt,
                 !faults.empty() ? faults.front().reason
                                 : "JSON with " + std::to_string(posts.size()) + " posts, not one"};
  }
  // Its key is the record's: nothing here says where it stands.
  if (posts.id[0].empty()) posts.key[0] = PostKey{0};
  posts.tasks.EndRow();
  posts.rules_version.push_back(0);
  EncodeTweet(posts, 0, avro);
  return Ok();
}

}  // namespace

JsonValues::JsonValues(bool classic) : classic_(classic) {
  for (const RecordType type : AllRecordTypes()) {
    const RecordType form = classic && type == RecordType::kTweet ? RecordType::kClassicTweet
                            : classic && type == RecordType::kSentiment
                                ? RecordType::kClassicSentiment
                                : type;
    types_.emplace(type, Known{AvroSchema::Of(form), std::make_unique<const AvroFromJson>(type)});
  }
}

JsonValues::~JsonValues() = default;

Status JsonValues::Encode(const std::string& topic, std::string_view avro, std::string& out) {
  const auto type = RecordTypeOfTopic(topic);
  if (!type) {
    out += avro;
    return Ok();
  }
  std::string classic;
  if (classic_) {
    HB_TRY(AppendClassic(*type, avro, classic));
    avro = classic;
  }
  HB_ASSIGN(const std::string json, types_.at(*type).written.ToJson(avro));
  out += json;
  return Ok();
}

Status JsonValues::Decode(const std::string& topic, std::string_view bytes, std::string& avro) {
  const auto type = RecordTypeOfTopic(topic);
  if (!type) {
    avro += bytes;
    return Ok();
  }
  if (*type == RecordType::kTweet && bytes.find(kOwnMark) == std::string_view::npos)
    return PutForeign(bytes, avro);
  return types_.at(*type).reader->Read(bytes, avro);
}

}  // namespace hb
