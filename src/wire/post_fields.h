// wire/post_fields.h - what follows from the columns of somebody's file. Internal to wire.
#pragma once

#include <string_view>

#include "record/post_batch.h"

namespace hb {

/// Kind by the words that tools write; kPost with `said` false if the text says nothing.
PostKind PostKindOf(std::string_view text, bool& said);
/// "1", "true", "yes", ...
bool IsTrueWord(std::string_view text);
/// "RT @name: ..." -> "name"; "" for other texts.
std::string_view RepostedHandle(std::string_view content);

/// Fills what the other fields of `post` imply: its key, the handle where the author is one (and
/// the other way round), its kind from `type`, `repost` or "RT @", and the followers.
void CompletePost(std::string_view type, bool repost, std::string_view followers, PostView& post);

}  // namespace hb
