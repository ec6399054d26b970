// Any bytes: repairing gives valid text and is idempotent, cuts fall on borders, folding twice
// folds no more.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/require.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string repaired;
  const std::size_t bad = AppendRepairedUtf8(text, repaired);
  Require((bad == 0) == IsValidUtf8(text), "as many repairs as faults");
  Require(bad != 0 || repaired == text, "valid text stays");
  Require(IsValidUtf8(repaired), "repaired is valid");
  Require(CountCodePoints(text) == CountCodePoints(repaired), "one U+FFFD a fault");
  std::string again;
  Require(AppendRepairedUtf8(repaired, again) == 0 && again == repaired, "repairing is idempotent");

  const std::string folded = Folded(text);
  Require(IsValidUtf8(folded), "folded is valid");
  Require(Folded(folded) == folded, "folding is idempotent");
  Require(Folded(repaired) == folded, "folding repairs");

  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = at + DecodeUtf8(text, at).size;
    Require(next <= text.size() && PreviousUtf8(text, next) == at, "steps back as forward");
    at = next;
  }
  for (std::size_t n = 0; n <= repaired.size() && n < 64; ++n) {
    const std::string_view cut = CutBytes(repaired, n);
    Require(cut.size() <= n && n - cut.size() < 4 && IsValidUtf8(cut), "cut by bytes");
    Require(IsValidUtf8(CutCodePoints(repaired, n)), "cut by code points");
  }
  return 0;
}
