// Any bytes, read as this format: an error or posts of valid UTF-8, and nothing appended by halves.
#include "wire/fuzz_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hb::FuzzJson(hb::JsonFormat::kJetstream, data, size);
}
