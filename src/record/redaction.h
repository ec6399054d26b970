// record/redaction.h - deletes, edits and account events, as every stage reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"

namespace hb {

/// Stored: append only.
enum class RedactionKind : std::uint8_t {
  kDelete = 0,         ///< one post (and its edit chain) is gone
  kEdit = 1,           ///< `id` was replaced by a newer version of the same chain
  kWithheld = 2,       ///< hide in `countries`
  kAccountDelete = 3,  ///< every post of `author` is gone
  kAccountHide = 4,    ///< protected or suspended: every post of `author`, reversible
  kAccountShow = 5,    ///< the reverse of kAccountHide
  kScrubGeo = 6,       ///< places of `author`'s posts up to `id` are gone
};
std::string_view RedactionKindName(RedactionKind kind) noexcept;

/// "x_stream", "x_search" and "x_sample" are one network, "x": ids mean the same there.
inline std::string_view NetworkOf(std::string_view source) {
  return source.substr(0, source.find('_'));
}
/// True if an account event of `network` (as NetworkOf; "" is any) speaks of the author of a post
/// from `source`. A file that is replayed may hold posts of any network.
inline bool IsSameNetwork(std::string_view network, std::string_view source) {
  return network.empty() || source == "replay" || network == NetworkOf(source);
}

struct Redaction {
  EventTime time{};  ///< when it happened, as the source says; else arrival
  RedactionKind kind = RedactionKind::kDelete;
  PostKey key{};            ///< of `id`; 0 for account events
  std::string id{};         ///< native id of the post, "" for account events
  std::string author{};     ///< native author id, where known
  std::string source{};     ///< catalogue name
  std::string countries{};  ///< comma separated ISO codes, for kWithheld
};

}  // namespace hb
