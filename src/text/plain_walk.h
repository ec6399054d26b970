// text/plain_walk.h - the answer of WalkText worked out the long way, for tests and benchmarks.
#pragma once

#include <string_view>

#include "text/text_walk.h"

namespace hb {

/// Does what WalkText does, as its definition reads: each pattern of twitter-text on its own, tried
/// at every place, on decoded code points; overlaps removed; then emoji, then words, in what lies
/// between. Quadratic and allocating. WalkText must equal it on every input.
void PlainWalk(std::string_view text, TextWalk& walk);

}  // namespace hb
