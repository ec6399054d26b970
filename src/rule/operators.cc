#include "rule/operators.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

namespace hb::rule {

namespace {

constexpr std::string_view kNoPage = "pages behind links are not fetched";
constexpr std::string_view kNoBio = "author descriptions are not part of a post here";
constexpr std::string_view kNoPlace = "posts carry no coordinates or place names here";
constexpr std::string_view kNoContext = "context annotations come from X alone";
constexpr std::string_view kNoCount = "this count of the author is not part of a post here";
constexpr std::string_view kSearch = "works in X's search only, not in a stream";

constexpr Standing kAlone = Standing::kAlone;
constexpr Standing kWith = Standing::kConjunction;

// Classes and negation as in X's documentation of filtered stream operators.
constexpr Named kOperators[] = {
    {"from", Operator::kFrom, kAlone, Value::kText, true, "by the author %v", ""},
    {"to", Operator::kTo, kAlone, Value::kText, true, "in reply to %v", ""},
    {"retweets_of", Operator::kRetweetsOf, kAlone, Value::kText, true, "that repost %v", ""},
    {"conversation_id", Operator::kConversation, kAlone, Value::kText, true,
     "in the conversation %v", ""},
    {"url", Operator::kUrl, kAlone, Value::kText, true, "with a link that has %v", ""},
    {"url_contains", Operator::kUrlContains, kAlone, Value::kText, true,
     "with a link that contains %v", ""},
    {"place_country", Operator::kPlaceCountry, kAlone, Value::kCountry, true, "from the country %v",
     ""},
    {"followers_count", Operator::kFollowers, kAlone, Value::kRange, true,
     "whose author has %v followers", ""},
    {"min_followers", Operator::kMinFollowers, kAlone, Value::kNumber, true,
     "whose author has at least %v followers", ""},
    {"lang", Operator::kLang, kWith, Value::kLanguage, true, "in the language %v", ""},
    {"sample", Operator::kSample, kWith, Value::kPercent, false, "of which a random %v % are taken",
     ""},
    {"is:retweet", Operator::kIsRetweet, kWith, Value::kText, true, "that are reposts", ""},
    {"is:reply", Operator::kIsReply, kWith, Value::kText, true, "that are replies", ""},
    {"is:quote", Operator::kIsQuote, kWith, Value::kText, true, "that quote another post", ""},
    {"is:verified", Operator::kIsVerified, kWith, Value::kText, true, "whose author is verified",
     ""},
    {"is:nullcast", Operator::kIsNullcast, kWith, Value::kText, true, "that are promoted only", ""},
    {"has:hashtags", Operator::kHasHashtags, kWith, Value::kText, true, "with a hashtag", ""},
    {"has:cashtags", Operator::kHasCashtags, kWith, Value::kText, true, "with a cashtag", ""},
    {"has:links", Operator::kHasLinks, kWith, Value::kText, true, "with a link", ""},
    {"has:mentions", Operator::kHasMentions, kWith, Value::kText, true, "that mention somebody",
     ""},
    {"has:media", Operator::kHasMedia, kWith, Value::kText, true, "with a picture or video", ""},
    {"has:images", Operator::kHasImages, kWith, Value::kText, true, "with a picture", ""},
    {"has:video_link", Operator::kHasVideo, kWith, Value::kText, true, "with a video", ""},
    {"has:videos", Operator::kHasVideo, kWith, Value::kText, true, "with a video", ""},
    {"has:geo", Operator::kHasGeo, kWith, Value::kText, true, "with a place", ""},
    {"context", Operator::kUnknowable, kAlone, Value::kText, true, "annotated with %v", kNoContext},
    {"entity", Operator::kUnknowable, kAlone, Value::kText, true, "about %v", kNoContext},
    {"bio", Operator::kUnknowable, kAlone, Value::kText, true, "whose author's description has %v",
     kNoBio},
    {"bio_name", Operator::kUnknowable, kAlone, Value::kText, true, "whose author's name has %v",
     kNoBio},
    {"bio_location", Operator::kUnknowable, kAlone, Value::kText, true,
     "whose author's location has %v", kNoBio},
    {"place", Operator::kUnknowable, kAlone, Value::kText, true, "from the place %v", kNoPlace},
    {"point_radius", Operator::kUnknowable, kAlone, Value::kPoint, true, "from around %v",
     kNoPlace},
    {"bounding_box", Operator::kUnknowable, kAlone, Value::kBox, true, "from the box %v", kNoPlace},
    {"embedding", Operator::kUnknowable, kAlone, Value::kText, false, "that mean %v",
     "embeddings come from X alone"},
    {"embedding_threshold", Operator::kUnknowable, kWith, Value::kFraction, true,
     "at a likeness of %v", "embeddings come from X alone"},
    {"from_affiliate_of", Operator::kUnknowable, kAlone, Value::kText, true,
     "by an affiliate of %v", "affiliations are known to X alone"},
    {"to_affiliate_of", Operator::kUnknowable, kAlone, Value::kText, true, "to an affiliate of %v",
     "affiliations are known to X alone"},
    {"url_title", Operator::kUnknowable, kAlone, Value::kText, true, "with a link titled %v",
     kNoPage},
    {"url_description", Operator::kUnknowable, kAlone, Value::kText, true,
     "with a link described by %v", kNoPage},
    {"source", Operator::kUnknowable, kAlone, Value::kText, true, "sent with %v",
     "the sending program is not kept"},
    {"in_reply_to_tweet_id", Operator::kUnknowable, kAlone, Value::kText, true,
     "in reply to the post %v", "the id that is replied to is not kept"},
    {"retweets_of_tweet_id", Operator::kUnknowable, kAlone, Value::kText, true,
     "that repost the post %v", "the reposted id is not kept"},
    {"following_count", Operator::kUnknowable, kAlone, Value::kRange, true,
     "whose author follows %v", kNoCount},
    {"tweets_count", Operator::kUnknowable, kAlone, Value::kRange, true,
     "whose author has written %v posts", kNoCount},
    {"listed_count", Operator::kUnknowable, kAlone, Value::kRange, true,
     "whose author is on %v lists", kNoCount},
    {"list", Operator::kSearchOnly, kAlone, Value::kText, true, "", kSearch},
    {"quotes_of_tweet_id", Operator::kSearchOnly, kAlone, Value::kText, true, "", kSearch},
    {"min_likes", Operator::kSearchOnly, kAlone, Value::kNumber, true, "", kSearch},
    {"min_replies", Operator::kSearchOnly, kAlone, Value::kNumber, true, "", kSearch},
    {"min_reposts", Operator::kSearchOnly, kAlone, Value::kNumber, true, "", kSearch},
};

constexpr std::array<std::string_view, 51> kLanguages = {
    "am", "ar", "hy", "eu", "bn", "bg", "ca", "hr",    "cs", "da", "nl", "en", "et",
    "fi", "fr", "de", "ka", "el", "gu", "iw", "hi",    "hu", "in", "it", "ja", "kn",
    "ko", "lv", "lt", "ml", "mr", "no", "fa", "pl",    "pt", "ro", "ru", "sr", "zh-cn",
    "sk", "sl", "es", "sv", "ta", "te", "th", "zh-tw", "tr", "uk", "ur", "vi"};

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::span<const Named> NamedOperators() { return kOperators; }

const Named* FindOperator(std::string_view name) {
  const auto* at = std::find_if(std::begin(kOperators), std::end(kOperators),
                                [&](const Named& named) { return SameLetters(named.name, name); });
  return at == std::end(kOperators) ? nullptr : at;
}

bool IsRuleLanguage(std::string_view code) {
  return std::any_of(kLanguages.begin(), kLanguages.end(),
                     [&](std::string_view known) { return SameLetters(known, code); });
}

std::string_view OurLanguage(std::string_view code) {
  if (SameLetters(code, "iw")) return "he";
  if (SameLetters(code, "in")) return "id";
  if (SameLetters(code, "zh-cn")) return "zh";
  if (SameLetters(code, "zh-tw")) return "zh-TW";
  return code;
}

}  // namespace hb::rule
