// A writer's schema, a zero byte, and bytes that claim to be a message of it, or of any other id.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/confluent_format.h"
#include "record/schema.h"

namespace {

/// Knows the fuzzed schema as number 1 and ours as number 2.
class TwoSchemas : public hb::SchemaSource {
 public:
  explicit TwoSchemas(std::string_view writer) : writer_(writer) {}
  hb::Result<std::uint32_t> IdOf(const std::string&, std::string_view) override { return 2u; }
  hb::Result<std::string> SchemaOf(std::uint32_t id) override {
    if (id == 1) return std::string(writer_);
    if (id == 2) return std::string(hb::SchemaText(hb::RecordType::kTweet));
    return hb::Error{hb::Code::kNotFound, "no such schema"};
  }

 private:
  const std::string_view writer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = input.find('\0');
  if (middle == std::string_view::npos) return 0;
  TwoSchemas schemas(input.substr(0, middle));
  hb::ConfluentFormat format({}, schemas);
  // The message as it is, and as a message of the fuzzed schema whatever its header says.
  const std::string message(input.substr(middle));
  std::string forced(message);
  for (std::size_t i = 0; i < 4 && i + 1 < forced.size(); ++i) forced[i + 1] = i == 3 ? '\1' : '\0';
  for (const std::string& bytes : {message, forced}) {
    std::string avro = "kept";
    const hb::Status decoded = format.Decode("ingest", bytes, avro);
    if (avro.rfind("kept", 0) != 0 || (!decoded.ok() && avro != "kept")) std::abort();
  }
  return 0;
}
