// base/require.h - for fuzz targets: ends the program where something that must hold does not.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hb {

/// Aborts unless `holds`, so that the fuzzer keeps the input; `what` is for who reads its log.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace hb
