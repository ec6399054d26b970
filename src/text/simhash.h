// text/simhash.h - a number that posts of nearly the same words nearly share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/text_walk.h"

namespace hb {

/// What counts of a post: links, mentions and emoji do not, so that a copy that names others or
/// points elsewhere is still a copy.
inline constexpr std::size_t kSimHashWords = 256;  ///< The first of a post.

/// 64-bit SimHash (Charikar, STOC 2002) of a post's folded words and hashtags, alone and in pairs
/// of neighbours. 0: it has no word. Posts whose words nearly agree differ in few bits (see
/// record/near_duplicates.h); unrelated ones in about 32. Stored: the same words must give the same
/// number for ever.
std::uint64_t SimHash(const TextWalk& walk);
/// The same from a text, with a walk of its own: for single posts.
std::uint64_t SimHash(std::string_view text);

}  // namespace hb
