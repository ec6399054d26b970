// record/schema_source.h - where schemas have their numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb {

/// Numbers for schemas, and schemas for numbers, as a Schema Registry gives them.
///
/// Threads  Any. An answer may take as long as a server does; the same question again is answered
///          at once.
/// Errors   kUnavailable: nobody answers now. kNotFound: there is no such schema. kInvalidArgument:
///          the schema is refused; the message says by whom and why.
class SchemaSource {
 public:
  virtual ~SchemaSource() = default;
  /// The number under which values of `topic` are written with `schema`.
  virtual Result<std::uint32_t> IdOf(const std::string& topic, std::string_view schema) = 0;
  /// The text of a schema.
  virtual Result<std::string> SchemaOf(std::uint32_t id) = 0;
};

}  // namespace hb
