// record/avro_schema.h - records written with other schemas than ours: read, shown, brought into
// our form.
//
// Schemas are parsed and types matched by libavro; what it lacks is ours: defaults, and a check of
// the bytes before it sees them (docs/decisions/0003-avro.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/schema.h"

namespace hb {

/// An Avro schema.
///
/// Threads  Immutable once made; any number of readers. Copies are cheap and share it.
/// Errors   kInvalidArgument: not a schema we can use. kCorrupt: the bytes do not fit it.
class AvroSchema {
 public:
  /// From JSON text of at most kMaxText bytes. Types may refer to themselves.
  static Result<AvroSchema> Parse(std::string_view json);
  /// One of ours. Parsed anew by each call.
  static AvroSchema Of(RecordType type);

  /// One value as one line of JSON, for people: enums and unions are plain values, bytes are text
  /// where they are UTF-8 without control characters and "base64:..." otherwise, what JSON has no
  /// number for (NaN, infinity) is null. Cost: O(bytes), bounded also for schemas that blow up.
  [[nodiscard]] Result<std::string> ToJson(std::string_view bytes) const;
  /// ok if `bytes` are exactly one value of this schema.
  [[nodiscard]] Status Check(std::string_view bytes) const;

  static constexpr std::size_t kMaxText = 1 << 20;

 private:
  friend class AvroResolver;
  friend class AvroFromJson;
  struct Rep;
  explicit AvroSchema(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}
  std::shared_ptr<const Rep> rep_;
};

/// Brings records of a writer's schema into the form of ours, so that DecodeTweet and its like read
/// them: fields by name, missing ones from our defaults, extra ones skipped, int to long to float
/// to double, string and bytes for each other, enum symbols by name. `time` written as an int is
/// seconds, as a long milliseconds. The records' names need not be the same.
///
/// Threads  Immutable once made; any number of readers. Copies are cheap.
/// Errors   kCorrupt: the bytes do not fit the writer's schema, or hold a value that ours cannot
/// (the
///          other branch of a union, a symbol we lack).
class AvroResolver {
 public:
  /// kInvalidArgument: the writer lacks a field that has no default, or has one of another type;
  /// the message names it.
  static Result<AvroResolver> Create(const AvroSchema& writer, RecordType reader);

  /// Appends the record in our form to `out`; nothing if it fails. Cost: O(bytes).
  Status Resolve(std::string_view bytes, std::string& out) const;

 private:
  struct Rep;
  explicit AvroResolver(std::shared_ptr<const Rep> rep);
  std::shared_ptr<const Rep> rep_;
};

}  // namespace hb
