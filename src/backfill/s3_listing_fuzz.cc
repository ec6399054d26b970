// Listings of a bucket, as a server may send them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backfill/s3_staging.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto listing = hb::backfill::ParseS3Listing(body);
  // A listing cannot name more than its bytes hold.
  if (listing.ok() && listing.value().keys.size() > size) std::abort();
  return 0;
}
