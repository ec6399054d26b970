// base/hash.h - the one hash of everything that is stored or sent.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace hb {

/// XXH3 64 bits (https://xxhash.com). Same value on every machine; stored data depends on it.
inline std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace hb
