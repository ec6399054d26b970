// record/value_format.h - how a value stands in a log that other programs read and write too.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// Turns our own Avro (what RecordBatch::values hold, docs/formats/records.md) into the bytes that
/// stand in the log, and back. Plain Avro is no format at all: a log without one keeps values as
/// they are.
///
/// Threads  Every method may run on several threads at once.
/// Errors   kInvalidArgument: these bytes are no value of this topic, and never will be (a bad
///          record). kUnavailable: what is needed cannot be asked for now; repeat the call.
class ValueFormat {
 public:
  virtual ~ValueFormat() = default;
  /// Appends to `out` how `avro`, a value of `topic`, stands in the log. After an error `out` is as
  /// before. `topic` is heartbeat's name for it. Requires: `avro` is not empty, since a tombstone
  /// has no value.
  virtual Status Encode(const std::string& topic, std::string_view avro, std::string& out) = 0;
  /// The other way: appends to `avro` the value that stands in the log as `bytes`. Requires:
  /// `bytes` is not empty.
  virtual Status Decode(const std::string& topic, std::string_view bytes, std::string& avro) = 0;
  /// Whether keys may be any bytes; else one that has not eight is a bad record.
  [[nodiscard]] virtual bool TakesAnyKey() const { return false; }
};

}  // namespace hb
