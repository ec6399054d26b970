// A schema as JSON, a zero byte, a value: parsed, shown, and brought into the form of each of ours.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/avro_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = input.find('\0');
  const std::string_view bytes =
      middle == std::string_view::npos ? std::string_view() : input.substr(middle + 1);
  const auto schema = hb::AvroSchema::Parse(input.substr(0, middle));
  if (!schema.ok()) return 0;

  const auto json = schema.value().ToJson(bytes);
  if (json.ok() != schema.value().Check(bytes).ok()) std::abort();
  if (json.ok()) {
    simdjson::dom::parser parser;
    if (parser.parse(json.value()).error() != simdjson::SUCCESS) std::abort();
  }
  for (const hb::RecordType type : hb::AllRecordTypes()) {
    auto resolver = hb::AvroResolver::Create(schema.value(), type);
    if (!resolver.ok()) continue;
    std::string out;
    if (resolver.value().Resolve(bytes, out).ok()) {
      if (!json.ok() || !hb::AvroSchema::Of(type).Check(out).ok()) std::abort();
    } else if (!out.empty()) {
      std::abort();
    }
  }
  return 0;
}
