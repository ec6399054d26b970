// wire/html_text.h - what a reader sees of a post that is written in HTML. Internal to wire.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hb {

/// A post's HTML as plain text: line breaks for <br> and the ends of paragraphs, list items and
/// other blocks (several in a row are one, as Mastodon's own plain text has it), no tags, character
/// references resolved, other white space as one blank. What a link hides of its address
/// (class="invisible", the dots of class="ellipsis") is kept, so that the whole address stands in
/// the text; a line "RE: address" for programs that know no quotes (class="quote-inline") is left
/// out.
///
/// Errors   None: what is no HTML is text. An unclosed tag at the end is dropped.
/// Cost     O(html.size()).
struct HtmlText {
  std::string text{};
  /// Addresses of links, in order, without those of hashtags and mentions; references resolved.
  std::vector<std::string> links{};

  void Read(std::string_view html);
};

}  // namespace hb
