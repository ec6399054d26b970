// Any bytes as a value of any topic: an error, or a record of ours.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/avro_schema.h"
#include "wire/json_values.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hb::JsonValues values;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const char* topic : {"ingest", "sentiment", "analysis", "windows", "redactions", "trends"}) {
    std::string avro;
    if (!values.Decode(topic, input, avro).ok()) {
      if (!avro.empty()) std::abort();
    } else if (!hb::AvroSchema::Of(*hb::RecordTypeOfTopic(topic)).Check(avro).ok()) {
      std::abort();
    }
  }
  return 0;
}
