// backfill/scrub.h - takes deleted posts out of what is staged.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/staging.h"
#include "base/result.h"
#include "record/post_batch.h"

namespace hb::backfill {

/// Sets `gone` of each post that was deleted, or whose author was. Comes with as many false as
/// there are posts.
using FindGone = std::function<void(const PostBatch& posts, std::vector<bool>& gone)>;

struct Scrubbed {
  std::uint64_t pages = 0;  ///< written anew
  std::uint64_t posts = 0;  ///< taken out of them
};

/// Looks at every page of a staging and writes those anew that hold a post that is gone: in its
/// place stands its id and the time, so that the posts behind it keep their place; reposts of it go
/// as well, and what other posts include of it, and its author unless another post there has the
/// same. Cost: reads all pages. An error ends it, kCancelled once `stopped` says so; what was
/// written stays.
Result<Scrubbed> ScrubStaging(Staging& staging, const FindGone& find,
                              const std::function<bool()>& stopped = {});

/// One page without what is gone; the same bytes if nothing is, or if it is no page of X's search.
std::string ScrubPage(std::string_view page, const FindGone& find, std::uint64_t& posts);

/// Whether a post that was read from a page only holds the place of one that is gone.
inline bool IsPlaceholder(const PostBatch& posts, std::size_t row) {
  return posts.content[row].empty() && posts.author[row].empty();
}

}  // namespace hb::backfill
