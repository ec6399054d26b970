// rule/operators.h - every operator of X's rule grammar, as a table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hb::rule {

/// What a leaf of a rule asks.
enum class Operator : std::uint8_t {
  kWord,
  kPhrase,
  kProximity,
  kHashtag,
  kCashtag,
  kMention,
  kEmoji,
  kFrom,
  kTo,
  kRetweetsOf,
  kConversation,
  kUrl,
  kUrlContains,
  kPlaceCountry,
  kIsRetweet,
  kIsReply,
  kIsQuote,
  kIsVerified,
  kIsNullcast,
  kHasHashtags,
  kHasCashtags,
  kHasLinks,
  kHasMentions,
  kHasMedia,
  kHasImages,
  kHasVideo,
  kHasGeo,
  kLang,
  kSample,
  kFollowers,
  kMinFollowers,
  kUnknowable,  ///< part of the grammar, but a post as we hold it cannot tell
  kSearchOnly,  ///< refused: works in X's search alone
};

/// Whether an operator may stand alone in a rule.
enum class Standing : std::uint8_t { kAlone, kConjunction };

/// What may follow the colon.
enum class Value : std::uint8_t {
  kText,
  kNumber,
  kRange,
  kPercent,
  kLanguage,
  kCountry,
  kPoint,
  kBox,
  kFraction
};

/// One operator that is written with a name: "from:", "is:retweet".
struct Named {
  std::string_view
      name;  ///< "from", or with its value when only that value is allowed: "is:retweet"
  Operator op;
  Standing standing;
  Value value;
  bool negatable;
  std::string_view meaning;  ///< for explanations; %v is the value
  std::string_view why;      ///< for kUnknowable and kSearchOnly
};

std::span<const Named> NamedOperators();
/// The operator of that name, or null.
const Named* FindOperator(std::string_view name);
/// Whether `code` may follow lang:, in X's spelling ("iw", "zh-CN"); case does not matter.
bool IsRuleLanguage(std::string_view code);
/// Our code for one of X's: iw -> he, in -> id, zh-CN -> zh.
std::string_view OurLanguage(std::string_view code);

}  // namespace hb::rule
