// Pages of a search, as they may lie in a staging.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backfill/scrub.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  std::uint64_t posts = 0;
  const auto none = [](const hb::PostBatch&, std::vector<bool>&) {};
  const auto all = [](const hb::PostBatch&, std::vector<bool>& gone) {
    gone.assign(gone.size(), true);
  };
  if (hb::backfill::ScrubPage(page, none, posts) != page || posts != 0) std::abort();
  const std::string once = hb::backfill::ScrubPage(page, all, posts);
  // What is out stays out, and nothing else goes.
  if (hb::backfill::ScrubPage(once, all, posts) != once) std::abort();
  return 0;
}
