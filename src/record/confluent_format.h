// record/confluent_format.h - values in the wire format of a Schema Registry's clients.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "record/avro_schema.h"
#include "record/schema_source.h"
#include "record/value_format.h"

namespace hb {

/// Confluent's wire format: byte 0, the schema's id as four bytes, big-endian, then Avro's binary
/// encoding (docs.confluent.io, "Formats, Serializers, and Deserializers", Wire format). Writes
/// with our schemas; reads values of any writer's schema, brought into the form of ours
/// (AvroResolver), those written with ours by a copy.
///
/// Topics whose values are no records of ours pass as they are.
///
/// Threads  Any.
/// Memory   A reader for each schema id that was met, and nothing of the values.
/// Errors   kCorrupt: the value can never be read (no such format, an id that the registry does not
///          know, a schema that lacks a field of ours, bytes that do not fit, longer than
///          kMaxValueBytes); kUnavailable: the registry must be asked and does not answer;
///          kInvalidArgument, of Encode: it refuses our schema.
class ConfluentFormat : public ValueFormat {
 public:
  static constexpr std::size_t kMaxValueBytes = 8 << 20;
  /// An id that the registry did not know is asked about again after so long.
  static constexpr std::chrono::seconds kUnknownFor{30};

  struct Options {
    bool classic = false;  ///< `ingest` and `sentiment` are written in the older form
    /// Names of topics at the broker, by ours; those that are not there have one name.
    std::map<std::string, std::string> names;
  };
  /// `schemas` outlives the format.
  ConfluentFormat(Options options, SchemaSource& schemas);

  Status Encode(const std::string& topic, std::string_view avro, std::string& out) override;
  Status Decode(const std::string& topic, std::string_view bytes, std::string& avro) override;
  /// Has our schema of `topic` checked and numbered, so that a refusal is known before the first
  /// record. ok for topics without a schema.
  Status Prepare(const std::string& topic);

 private:
  /// How values of one writer's schema are read.
  struct Reader {
    bool same = false;                              ///< as they are
    std::unique_ptr<AvroResolver> resolver;         ///< else by this one, if they can be
    std::string fault;                              ///< why not
    std::chrono::steady_clock::time_point until{};  ///< of a fault that may pass
  };
  Result<std::uint32_t> OwnId(const std::string& topic, RecordType type);
  Result<std::shared_ptr<const Reader>> ReaderOf(const std::string& topic, std::uint32_t id);
  Result<std::shared_ptr<const Reader>> MakeReader(RecordType type, std::uint32_t id);

  const Options options_;
  SchemaSource& schemas_;
  std::shared_mutex mutex_;
  std::map<std::string, std::uint32_t, std::less<>> own_ids_;  ///< by topic
  std::map<std::pair<RecordType, std::uint32_t>, std::shared_ptr<const Reader>> readers_;
};

}  // namespace hb
