// record/identity.h - who a post is, and where it goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace hb {

/// The 64-bit key of a native id. An X id (1 to 19 decimal digits, value below 2^63) is its own
/// key; anything else is Hash64 of its bytes with the top bit set, so the two never meet. What IdOf
/// gave has the key that it was made from.
PostKey KeyOf(std::string_view native_id);

/// An id for a post of which nothing but its key is known: an X id, or "key:" and 16 hex digits.
std::string IdOf(PostKey key);

/// The id of a version of a post that keeps its native id when it is edited (Bluesky, Mastodon):
/// that id and a word that orders its versions, by length, then by its characters.
std::string EditedId(std::string_view id, std::string_view version);
struct EditedParts {
  std::string_view id, version;
};
/// What EditedId was given; nothing for other ids.
std::optional<EditedParts> SplitEditedId(std::string_view id);

/// Partition of a post, from the first id of its edit chain, so that a post and its edits are
/// handled by one thread in order. Requires: partitions > 0.
Partition PartitionOf(PostKey chain_key, std::int32_t partitions);

}  // namespace hb
