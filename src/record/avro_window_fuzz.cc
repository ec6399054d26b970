// First byte: which decoder. What it accepts must be written again and read to the same, and merge.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/avro_window.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string first, second;
  if (data[0] % 2 == 0) {
    hb::Aggregate aggregate, again;
    if (!hb::DecodeAggregate(bytes, aggregate).ok()) return 0;
    hb::EncodeAggregate(aggregate, first);
    if (!hb::DecodeAggregate(first, again).ok() || aggregate != again) std::abort();
    again.Merge(aggregate);
    (void)again.authors.Count();
    (void)again.words.Top(10);
  } else {
    hb::Trend trend, again;
    if (!hb::DecodeTrend(bytes, trend).ok()) return 0;
    hb::EncodeTrend(trend, first);
    if (!hb::DecodeTrend(first, again).ok()) std::abort();
    hb::EncodeTrend(again, second);
    if (first != second) std::abort();  // bytes, since NaN is not equal to itself
  }
  return 0;
}
