// text/tweet_length.h - how long X takes a post to be.
#pragma once

#include <string_view>

namespace hb {

/// Weights by which X counted; the configurations v1, v2 and v3 of twitter-text.
struct TweetRules {
  int max_weighted;    ///< The longest post.
  bool narrow_halves;  ///< Latin, Greek, Cyrillic and the like count 1, the rest 2; else all
                       ///< count 1.
  bool emoji_as_one;   ///< An emoji counts 2, however many code points it has.
};
inline constexpr TweetRules kTweetRules2010{140, false, false};
inline constexpr TweetRules kTweetRules2017{280, true, false};
inline constexpr TweetRules kTweetRules2018{280, true, true};

struct TweetLength {
  int weighted;     ///< Each link counts 23.
  int permillage;   ///< Of the longest post.
  bool valid;       ///< Not empty, not too long, no U+FFFE, U+FEFF or U+FFFF.
  int display_end;  ///< Last UTF-16 unit of the text.
  int valid_end;    ///< Last UTF-16 unit that still fits.
};

/// Measures `text` after normalising it to NFC, as X does.
TweetLength MeasureTweet(std::string_view text, const TweetRules& rules = kTweetRules2018);

}  // namespace hb
