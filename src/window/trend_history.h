// window/trend_history.h - what a trend detector remembers of one hashtag in one scope.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace hb {

/// One use of a key.
struct Mention {
  std::int64_t bucket = 0;
  std::uint64_t author = 0;
  std::uint64_t text = 0;  ///< fingerprint (record/near_duplicates.h)
  std::uint32_t language = 0;
  std::uint32_t post = 0;  ///< number of the post
};

/// Lists of mentions, oldest first, in one arena: most keys are used once or twice, and a container
/// each would be a heap object each.
///
/// Threads  One thread at a time.
class MentionLists {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct List {
    std::uint32_t oldest = kNone, newest = kNone, size = 0;
  };
  void Append(List& list, const Mention& mention) {
    std::uint32_t at = free_;
    if (at == kNone) {
      at = static_cast<std::uint32_t>(links_.size());
      links_.emplace_back();
    } else {
      free_ = links_[at].next;
    }
    links_[at] = {mention, kNone};
    (list.newest == kNone ? list.oldest : links_[list.newest].next) = at;
    list.newest = at;
    ++list.size;
  }
  /// Requires: `list` is not empty.
  void DropOldest(List& list) {
    const std::uint32_t at = list.oldest;
    list.oldest = links_[at].next;
    if (list.oldest == kNone) list.newest = kNone;
    links_[at].next = free_;
    free_ = at;
    --list.size;
  }
  void Drop(List& list) {
    while (list.size > 0) DropOldest(list);
  }
  [[nodiscard]] const Mention& Oldest(const List& list) const {
    return links_[list.oldest].mention;
  }
  template <typename Visit>
  void ForEach(const List& list, Visit visit) const {
    for (std::uint32_t at = list.oldest; at != kNone; at = links_[at].next)
      visit(links_[at].mention);
  }
  void Clear() {
    links_.clear();
    free_ = kNone;
  }

 private:
  struct Link {
    Mention mention;
    std::uint32_t next = kNone;
  };
  std::vector<Link> links_;
  std::uint32_t free_ = kNone;
};

/// Posts by bucket or slot number.
using CountRun = boost::container::small_vector<std::pair<std::int64_t, std::uint32_t>, 2>;

struct KeyHistory {
  std::uint32_t scope = 0, key = 0;
  CountRun buckets;  ///< ascending; those before `first` are past
  CountRun slots;    ///< past spans, by slot number
  std::size_t first = 0;
  MentionLists::List mentions;
  double decayed = 0;           ///< sum of past counts, halved every half_life
  std::int64_t decayed_at = 0;  ///< bucket to which `decayed` holds
  bool active = false;          ///< reported as a trend
  bool live = false;            ///< has posts in the present span, or is active

  /// Counts a post; true if it is the first of its bucket.
  bool Count(std::int64_t bucket);
  /// Forgets the buckets before `first` where that is worth it.
  void Trim();
  [[nodiscard]] bool quiet() const { return !active && first == buckets.size(); }
};

}  // namespace hb
