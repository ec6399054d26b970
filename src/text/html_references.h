// text/html_references.h - what &amp;, &#8217; and the like stand for.
#pragma once

#include <string>
#include <string_view>

namespace hb {

/// Appends `text` with its HTML character references resolved as the HTML standard does in text
/// (https://html.spec.whatwg.org/multipage/parsing.html, "character reference state") and Python's
/// html.unescape: the longest known name counts, the older names need no semicolon, and numbers
/// that are no character are dropped or read as U+FFFD. What is no reference stays as it is.
/// Cost: O(text.size()).
void UnescapeHtml(std::u32string_view text, std::u32string& out);

}  // namespace hb
