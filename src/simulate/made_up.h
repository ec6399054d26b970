// simulate/made_up.h - authors and sentences out of a seed. Internal to simulate.
#pragma once

#include <cstdint>

#include "simulate/corpus.h"

namespace hb::simulate {

/// Author `number` of the seed's population of kAuthors.
inline constexpr std::uint64_t kAuthors = 4'000;
Author MakeAuthor(std::uint64_t seed, std::uint64_t number);
/// An author of that handle, whoever it is.
Author AuthorNamed(std::string_view handle);

/// Fills text, lang, author, hashtags, urls and flags of post `index`: what it says by itself.
void MakeText(std::uint64_t seed, std::uint64_t index, Post& post);

}  // namespace hb::simulate
