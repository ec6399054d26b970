// serve/json_writer.h - RapidJSON's writer with the few calls that handlers need.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace hb {

/// Writes one JSON value. Not-a-number and infinities become null.
///
/// Threads  One.
class JsonWriter {
 public:
  JsonWriter() : json_(buffer_) {}
  JsonWriter& Open() {
    json_.StartObject();
    return *this;
  }
  JsonWriter& Close() {
    json_.EndObject();
    return *this;
  }
  JsonWriter& OpenList() {
    json_.StartArray();
    return *this;
  }
  JsonWriter& CloseList() {
    json_.EndArray();
    return *this;
  }
  JsonWriter& Key(std::string_view name) {
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    return *this;
  }
  /// Bytes that are not UTF-8, such as those of a text that was cut, become U+FFFD.
  JsonWriter& Text(std::string_view text) {
    std::string repaired;
    if (!IsValidUtf8(text)) {
      AppendRepairedUtf8(text, repaired);
      text = repaired;
    }
    json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return *this;
  }
  JsonWriter& Int(std::int64_t value) {
    json_.Int64(value);
    return *this;
  }
  JsonWriter& Uint(std::uint64_t value) {
    json_.Uint64(value);
    return *this;
  }
  JsonWriter& Bool(bool value) {
    json_.Bool(value);
    return *this;
  }
  JsonWriter& Null() {
    json_.Null();
    return *this;
  }
  JsonWriter& Number(double value) {
    if (std::isfinite(value)) {
      json_.Double(value);
    } else {
      json_.Null();
    }
    return *this;
  }
  /// A value that is JSON already.
  JsonWriter& Raw(std::string_view json) {
    json_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
    return *this;
  }
  JsonWriter& Member(std::string_view name, std::string_view value) {
    return Key(name).Text(value);
  }
  [[nodiscard]] std::string Take() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_;
};

}  // namespace hb
