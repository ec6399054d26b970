// The decoder of stored batches against damaged bytes. Input: the length of the head in two bytes
// (little-endian), the head, then the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/hash.h"
#include "log/embedded/batch_format.h"
#include "log/embedded/bytes.h"

namespace {

using namespace hb;
using namespace hb::embedded;

void Decode(const std::string& head_bytes, const std::string& body) {
  const Result<BatchHead> head = DecodeHead(head_bytes);
  std::uint32_t count = 0;
  RecordBatch out;
  if (head.ok()) {
    count = head.value().count;
    if (DecodeColumns(head_bytes, head.value(), out).ok() && out.keys.size() != count) std::abort();
  }
  if (const Result<std::uint32_t> said = BodyCount(body); said.ok()) count = said.value();
  const std::uint32_t rows[] = {0, 2, 5};
  StringColumn values;
  const Result<bool> decoded = DecodeBody(body, count, rows, values);
  if (decoded.ok() != (values.size() == count && count > 0) && count > 0) std::abort();
  const Result<std::optional<std::string>> blanked = BlankBody(body, rows, 1);
  if (decoded.ok() != blanked.ok()) std::abort();
  if (!blanked.ok() || !blanked.value()) return;
  // What we write ourselves must be readable, with the same values but for the rows.
  StringColumn again;
  if (!DecodeBody(*blanked.value(), count, {}, again).ok() || again.size() != values.size())
    std::abort();
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (again[row] != values[row]) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size < 2) return 0;
  const std::size_t cut = std::min<std::size_t>(GetFixed<std::uint16_t>(input, 0), size - 2);
  std::string head(input.substr(2, cut)), body(input.substr(2 + cut));
  Decode(head, body);
  // Once more with checksums that hold, so that what lies behind them is tried too.
  if (head.size() >= kHeadFixedBytes) {
    SetFixed(head, 40, Hash64(std::string_view(head).substr(kHeadFixedBytes)));
    SetFixed(head, 48, Hash64(std::string_view(head).substr(0, 48)));
  }
  if (body.size() >= kBodyFixedBytes) {
    SetFixed(body, 16, Hash64(body.substr(0, 16) + body.substr(kBodyFixedBytes)));
  }
  Decode(head, body);
  return 0;
}
