// Whatever a folder's config.json says, it is an error or heads that lie side by side.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "neural/transformer_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Half of the inputs give a tokenizer_config.json too, after a NUL.
  const std::size_t cut = bytes.find('\0');
  const auto config = hb::neural::ParseTransformerConfig(
      bytes.substr(0, cut), cut == std::string_view::npos ? "" : bytes.substr(cut + 1));
  std::string masked;
  hb::neural::MaskUsersAndLinks(bytes, masked);
  hb::Require(masked.size() <= 3 * size, "a mask made a text longer than its words allow");
  if (!config.ok()) return 0;
  hb::Require(config.value().max_tokens >= 3, "no room for a token");
  std::size_t outputs = 0;
  for (const hb::neural::Head& head : config.value().heads) {
    const std::size_t count = head.labels.size();
    outputs += count;
    hb::Require(head.begin + count <= config.value().outputs, "a head lies outside");
    hb::Require(head.shift.size() == count, "a shift is missing");
    const std::vector<float> logits(count, 1.0F);
    std::vector<float> found(count);
    head.Probabilities(logits, found);
    for (const float value : found) hb::Require(value >= 0 && value <= 1, "no probability");
  }
  hb::Require(outputs == config.value().outputs, "an output has no head");
  return 0;
}
