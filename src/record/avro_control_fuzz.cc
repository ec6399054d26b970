// First byte: which decoder. What it accepts must be written again and read to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/avro_control.h"

namespace {

template <typename Record>
void Check(std::string_view bytes, hb::Status (*decode)(std::string_view, Record&),
           void (*encode)(const Record&, std::string&)) {
  Record record, again;
  if (!decode(bytes, record).ok()) return;
  std::string first, second;
  encode(record, first);
  if (!decode(first, again).ok()) std::abort();
  encode(again, second);
  if (first != second) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0: Check<hb::Redaction>(bytes, hb::DecodeRedaction, hb::EncodeRedaction); break;
    case 1: Check<hb::Task>(bytes, hb::DecodeTask, hb::EncodeTask); break;
    case 2: Check<hb::DeadLetter>(bytes, hb::DecodeDeadLetter, hb::EncodeDeadLetter); break;
    default: Check<hb::Gap>(bytes, hb::DecodeGap, hb::EncodeGap);
  }
  return 0;
}
