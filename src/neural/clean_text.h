// neural/clean_text.h - what a post's text becomes before our own transformer's tokenizer.
#pragma once

#include <string>
#include <string_view>

namespace hb::neural {

/// Makes a post's text ready for the shared transformer (models/minilm-heads), which was trained on
/// texts made ready in the same way; other people's models want their own. Steps and their order
/// are those of tools/train/clean.py (tools/train/README.md, "Text"), equal byte for byte:
///
/// 1. literal \u2019 escapes and HTML references decoded, \" and "" to "
/// 2. links dropped; names to @user, several in a row to one; a leading RT @user: dropped
/// 3. hashtags parted at capitals, digits and underscores
/// 4. joiners, variation selectors and skin tones dropped; blanks around each emoji
/// 5. letters thrice or more in a row to two, marks four times or more to three, dots to U+2026
/// 6. blanks joined
///
/// Threads  One thread at a time. Keep one for many posts: a steady state allocates nothing.
/// Errors   None: any bytes are a text. Parts that are not UTF-8 read as U+FFFD.
class TextCleaner {
 public:
  /// Replaces `out`, which may end up empty. Must not alias `text`. Cost: O(text.size()).
  void Clean(std::string_view text, std::string& out);

 private:
  std::u32string text_, next_;
};

}  // namespace hb::neural
