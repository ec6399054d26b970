// text/url_match.h - the link grammar of twitter-text. For src/text only.
//
// The patterns are those of twitter-text 3.1 (Regex.java, and the JavaScript twin for Unicode
// sub-domains), as hand-written scanners, because no regular expression engine at hand keeps them
// linear.
#pragma once

#include <cstddef>
#include <string_view>

namespace hb::text {

/// A link found in a text; all are byte offsets.
struct UrlMatch {
  std::size_t begin;
  std::size_t end;     ///< As reported: t.co links are cut after their path.
  std::size_t resume;  ///< Where the search goes on; the grammar's own end.
  bool accepted;       ///< False: well-formed, yet no link (host too long, preceded by "-", ...).
};

/// Looks for links from left to right, told where to look by its caller. Every character is looked
/// at a bounded number of times, whatever the text.
class UrlFinder {
 public:
  explicit UrlFinder(std::string_view text) : text_(text) {}

  /// Looks for a link whose "://" stands at byte `colon`. Requires: text[colon] is ':'.
  bool AtColon(std::size_t colon, UrlMatch& match);
  /// Looks for a link without protocol whose first dot stands at byte `dot`.
  bool AtDot(std::size_t dot, UrlMatch& match);

 private:
  bool MayFollow(std::size_t begin) const;
  std::size_t HostEnd(std::size_t begin) const;
  bool Finish(std::size_t begin, std::size_t host, std::size_t host_end, UrlMatch& match);

  std::string_view text_;
  std::size_t resume_ = 0;  ///< Text before it belongs to links found before.
  std::size_t no_domain_until_ =
      0;  ///< Dots before it were tried: no domain ends after a later one.
};

/// One host label as RFC 3492 encodes it is 1 .. 63 bytes long, for each label of `host`.
bool IsValidHost(std::string_view host);

}  // namespace hb::text
