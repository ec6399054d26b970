#include "simulate/x_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <span>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/entities.h"

namespace hb::simulate {

namespace {

constexpr std::size_t kShortPost = 280;  ///< characters; longer ones are cut and have a note

constexpr std::array<std::string_view, 27> kPostFields = {"article",
                                                          "attachments",
                                                          "author_id",
                                                          "card_uri",
                                                          "context_annotations",
                                                          "conversation_id",
                                                          "created_at",
                                                          "display_text_range",
                                                          "edit_controls",
                                                          "edit_history_tweet_ids",
                                                          "entities",
                                                          "geo",
                                                          "id",
                                                          "in_reply_to_user_id",
                                                          "lang",
                                                          "media_metadata",
                                                          "note_tweet",
                                                          "possibly_sensitive",
                                                          "public_metrics",
                                                          "referenced_tweets",
                                                          "reply_settings",
                                                          "scopes",
                                                          "source",
                                                          "text",
                                                          "withheld",
                                                          "community_id",
                                                          "suggested_source_links"};
constexpr std::array<std::string_view, 12> kExpansions = {"attachments.media_keys",
                                                          "attachments.poll_ids",
                                                          "author_id",
                                                          "edit_history_tweet_ids",
                                                          "entities.mentions.username",
                                                          "geo.place_id",
                                                          "in_reply_to_user_id",
                                                          "referenced_tweets.id",
                                                          "referenced_tweets.id.author_id",
                                                          "attachments.media_source_tweet",
                                                          "article.cover_media",
                                                          "article.media_entities"};
constexpr std::array<std::string_view, 20> kUserFields = {"affiliation",
                                                          "connection_status",
                                                          "created_at",
                                                          "description",
                                                          "entities",
                                                          "id",
                                                          "location",
                                                          "most_recent_tweet_id",
                                                          "name",
                                                          "pinned_tweet_id",
                                                          "profile_banner_url",
                                                          "profile_image_url",
                                                          "protected",
                                                          "public_metrics",
                                                          "subscription_type",
                                                          "url",
                                                          "username",
                                                          "verified",
                                                          "verified_type",
                                                          "withheld"};
constexpr std::array<std::string_view, 9> kPlaceFields = {
    "contained_within", "country", "country_code", "full_name", "geo", "id", "name",
    "place_type",       ""};
constexpr std::array<std::string_view, 12> kMediaFields = {
    "alt_text", "duration_ms", "height",   "media_key", "preview_image_url",  "public_metrics",
    "type",     "url",         "variants", "width",     "non_public_metrics", "organic_metrics"};
constexpr std::array<std::string_view, 9> kPollFields = {
    "duration_minutes", "end_datetime", "id", "options", "voting_status", "", "", "", ""};

/// The name in the other vocabulary: edit_history_tweet_ids -> edit_history_post_ids.
std::string Renamed(std::string_view name, Vocabulary vocabulary) {
  if (vocabulary == Vocabulary::kTweet) return std::string(name);
  static constexpr std::array<std::string_view, 8> kRenamed = {"edit_history_tweet_ids",
                                                               "note_tweet",
                                                               "referenced_tweets",
                                                               "referenced_tweets.id",
                                                               "referenced_tweets.id.author_id",
                                                               "most_recent_tweet_id",
                                                               "pinned_tweet_id",
                                                               "attachments.media_source_tweet"};
  if (std::find(kRenamed.begin(), kRenamed.end(), name) == kRenamed.end()) return std::string(name);
  std::string other(name);
  const std::size_t at = other.find("tweet");
  return other.replace(at, 5, "post");
}

void Add(std::string& out, std::string_view comma_name, std::string_view text) {
  out += comma_name;
  AppendJsonString(text, out);
}

/// Bytes into code points, as X counts: begin and end of each entity.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}
  /// Requires: never goes back.
  std::size_t At(std::size_t byte) {
    points_ += CountCodePoints(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return points_;
  }

 private:
  std::string_view text_;
  std::size_t byte_ = 0, points_ = 0;
};

std::string Entities(std::string_view text) {
  std::map<EntityKind, std::string> lists;
  Places places(text);
  for (const Entity& entity : ExtractEntities(text)) {
    if (entity.kind == EntityKind::kEmoji) continue;
    std::string& list = lists[entity.kind];
    if (!list.empty()) list += ',';
    const std::size_t begin = places.At(entity.begin), end = places.At(entity.end);
    fmt::format_to(std::back_inserter(list), R"({{"start":{},"end":{})", begin, end);
    const std::string_view value = entity.Value(text);
    if (entity.kind == EntityKind::kUrl) {
      Add(list, R"(,"url":)", value);
      Add(list, R"(,"expanded_url":)", value);
      const std::size_t scheme = value.find("://");
      Add(list, R"(,"display_url":)",
          scheme == std::string_view::npos ? value : value.substr(scheme + 3));
    } else if (entity.kind == EntityKind::kMention) {
      Add(list, R"(,"username":)", value);
      Add(list, R"(,"id":)", std::to_string(Hash64(value) % 1'000'000'000'000'000'000ull + 1));
    } else {
      Add(list, R"(,"tag":)", value);
    }
    list += '}';
  }
  std::string out;
  for (const auto& [kind, list] : lists) {
    const std::string_view name = kind == EntityKind::kHashtag   ? "hashtags"
                                  : kind == EntityKind::kMention ? "mentions"
                                  : kind == EntityKind::kCashtag ? "cashtags"
                                                                 : "urls";
    fmt::format_to(std::back_inserter(out), R"({}"{}":[{}])", out.empty() ? "{" : ",", name, list);
  }
  return out.empty() ? out : out + "}";
}

std::string Cut(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t points = 0; points + 1 < most && at < text.size(); ++points) {
    at += DecodeUtf8(text, at).size;
  }
  return std::string(text.substr(0, at)) + "…";
}

/// What `text` of the API says: a repost and a long post are cut there.
std::string ShownText(const Post& post) {
  if (post.kind == PostKind::kRepost && post.original) {
    const std::string whole = "RT @" + post.original->author.handle + ": " + post.original->text;
    return CountCodePoints(whole) > 140 ? Cut(whole, 140) : whole;
  }
  return CountCodePoints(post.text) > kShortPost ? Cut(post.text, kShortPost) : post.text;
}

std::string MediaKey(const Post& post) {
  return fmt::format("{}_{}", (post.flags & kFlagVideo) != 0 ? 7 : 3, post.id);
}

std::string PlaceId(const Author& author) { return fmt::format("{:016x}", Hash64(author.country)); }

std::uint64_t Conversation(const Post& post) {
  const bool answers = post.kind == PostKind::kReply && post.original;
  return answers ? post.original->id : post.edits ? post.edited_id : post.id;
}

std::string PostObject(const Post& post, const XFields& fields) {
  const auto named = [&](std::string_view name) { return Renamed(name, fields.vocabulary); };
  std::string out = fmt::format(R"({{"id":"{}")", post.id);
  const std::string shown = ShownText(post);
  Add(out, R"(,"text":)", shown);
  fmt::format_to(std::back_inserter(out), R"(,"{}":[)", named("edit_history_tweet_ids"));
  if (post.edits) fmt::format_to(std::back_inserter(out), R"("{}",)", post.edited_id);
  fmt::format_to(std::back_inserter(out), R"("{}"])", post.id);
  if (fields.Has("created_at")) Add(out, R"(,"created_at":)", XTime(post.time));
  if (fields.Has("author_id"))
    fmt::format_to(std::back_inserter(out), R"(,"author_id":"{}")", post.author.id);
  if (fields.Has("lang")) Add(out, R"(,"lang":)", post.lang.empty() ? "und" : post.lang);
  if (fields.Has("conversation_id"))
    fmt::format_to(std::back_inserter(out), R"(,"conversation_id":"{}")", Conversation(post));
  if (fields.Has("entities")) {
    if (const std::string entities = Entities(shown); !entities.empty())
      out += ",\"entities\":" + entities;
  }
  if (fields.Has("possibly_sensitive")) {
    out += ",\"possibly_sensitive\":";
    out += (post.flags & kFlagSensitive) != 0 ? "true" : "false";
  }
  if (fields.Has("reply_settings")) out += R"(,"reply_settings":"everyone")";
  if (fields.Has("source")) out += R"(,"source":"Simulated Web App")";
  if (fields.Has("public_metrics")) {
    const auto many = [&](std::uint64_t salt, std::uint64_t most) {
      return Hash64({}, post.id + salt) % most;
    };
    fmt::format_to(
        std::back_inserter(out),
        R"(,"public_metrics":{{"{}":{},"reply_count":{},"like_count":{},"quote_count":{},)"
        R"("bookmark_count":{},"impression_count":{}}})",
        fields.vocabulary == Vocabulary::kTweet ? "retweet_count" : "repost_count", many(1, 50),
        many(2, 20), many(3, 300), many(4, 9), many(5, 30), many(6, 9'000));
  }
  if (fields.Has("edit_controls")) {
    fmt::format_to(
        std::back_inserter(out),
        R"(,"edit_controls":{{"edits_remaining":{},"is_edit_eligible":{},"editable_until":"{}"}})",
        post.edits ? 4 : 5, post.kind == PostKind::kPost,
        XTime(post.time + std::chrono::minutes(30)));
  }
  if (fields.Has(named("note_tweet")) && post.kind != PostKind::kRepost &&
      CountCodePoints(post.text) > kShortPost) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":{{)", named("note_tweet"));
    Add(out, R"("text":)", post.text);
    if (const std::string entities = Entities(post.text); !entities.empty())
      out += ",\"entities\":" + entities;
    out += '}';
  }
  if (post.original) {
    const bool reply = post.kind == PostKind::kReply;
    if (fields.Has(named("referenced_tweets"))) {
      const bool renamed = fields.vocabulary == Vocabulary::kPost;
      fmt::format_to(std::back_inserter(out), R"(,"{}":[{{"type":"{}","id":"{}"}}])",
                     named("referenced_tweets"),
                     reply                           ? "replied_to"
                     : post.kind == PostKind::kQuote ? "quoted"
                     : renamed                       ? "reposted"
                                                     : "retweeted",
                     post.original->id);
    }
    if (reply && fields.Has("in_reply_to_user_id")) {
      fmt::format_to(std::back_inserter(out), R"(,"in_reply_to_user_id":"{}")",
                     post.original->author.id);
    }
  }
  if (fields.Has("geo") && (post.flags & kFlagGeo) != 0)
    fmt::format_to(std::back_inserter(out), R"(,"geo":{{"place_id":"{}"}})", PlaceId(post.author));
  if (fields.Has("attachments") && (post.flags & kFlagMedia) != 0)
    fmt::format_to(std::back_inserter(out), R"(,"attachments":{{"media_keys":["{}"]}})",
                   MediaKey(post));
  return out + "}";
}

std::string UserObject(const Author& author, const XFields& fields) {
  std::string out = fmt::format(R"({{"id":"{}")", author.id);
  Add(out, R"(,"name":)", author.name);
  Add(out, R"(,"username":)", author.handle);
  const auto has = [&](std::string_view name) { return fields.user.contains(name); };
  if (has("verified")) out += author.verified ? R"(,"verified":true)" : R"(,"verified":false)";
  if (has("verified_type"))
    out += author.verified ? R"(,"verified_type":"blue")" : R"(,"verified_type":"none")";
  if (has("protected")) out += R"(,"protected":false)";
  if (has("created_at")) {
    const auto age = std::chrono::hours(Hash64(author.handle, 5) % 100'000);
    Add(out, R"(,"created_at":)", XTime(FromMillis(1'200'000'000'000) + age));
  }
  if (has("description")) Add(out, R"(,"description":)", "made up by a simulator");
  if (has("location") && !author.country.empty()) Add(out, R"(,"location":)", author.country);
  if (has("public_metrics")) {
    fmt::format_to(
        std::back_inserter(out),
        R"(,"public_metrics":{{"followers_count":{},"following_count":{},"tweet_count":{},"listed_count":{}}})",
        author.followers, Hash64(author.handle, 1) % 900, Hash64(author.handle, 2) % 50'000,
        Hash64(author.handle, 3) % 40);
  }
  return out + "}";
}

/// What posts refer to, each thing once.
struct Includes {
  std::map<std::string, std::string> users, posts, places, media;

  void Add(const Post& post, const XFields& fields) {
    if (fields.Expands("author_id")) AddUser(post.author, fields);
    if (post.original) {
      const Post& original = *post.original;
      if (fields.Expands(Renamed("referenced_tweets.id", fields.vocabulary)))
        posts.try_emplace(std::to_string(original.id), PostObject(original, fields));
      if (fields.Expands(Renamed("referenced_tweets.id.author_id", fields.vocabulary)) ||
          (fields.Expands("in_reply_to_user_id") && post.kind == PostKind::kReply)) {
        AddUser(original.author, fields);
      }
    }
    if (fields.Expands("geo.place_id") && (post.flags & kFlagGeo) != 0) AddPlace(post, fields);
    if (fields.Expands("attachments.media_keys") && (post.flags & kFlagMedia) != 0) {
      media.try_emplace(MediaKey(post),
                        fmt::format(R"({{"media_key":"{}","type":"{}"}})", MediaKey(post),
                                    (post.flags & kFlagVideo) != 0 ? "video" : "photo"));
    }
  }
  [[nodiscard]] std::string Json(Vocabulary vocabulary) const {
    std::string out;
    for (const auto& [name, objects] :
         {std::pair{"users", &users},
          std::pair{vocabulary == Vocabulary::kTweet ? "tweets" : "posts", &posts},
          std::pair{"places", &places}, std::pair{"media", &media}}) {
      if (objects->empty()) continue;
      fmt::format_to(std::back_inserter(out), R"({}"{}":[)", out.empty() ? "" : ",", name);
      for (const auto& [id, object] : *objects) {
        if (out.back() != '[') out += ',';
        out += object;
      }
      out += ']';
    }
    return out.empty() ? out : R"(,"includes":{)" + out + "}";
  }

 private:
  void AddUser(const Author& author, const XFields& fields) {
    users.try_emplace(std::to_string(author.id), UserObject(author, fields));
  }
  void AddPlace(const Post& post, const XFields& fields) {
    std::string place = fmt::format(R"({{"id":"{}","full_name":"somewhere in {}")",
                                    PlaceId(post.author), post.author.country);
    if (fields.place.contains("country_code"))
      simulate::Add(place, R"(,"country_code":)", post.author.country);
    places.try_emplace(PlaceId(post.author), place + "}");
  }
};

std::string JoinedNames(std::span<const std::string_view> names, Vocabulary vocabulary) {
  std::string joined;
  for (const std::string_view name : names) {
    if (name.empty()) continue;
    if (!joined.empty()) joined += ',';
    joined += Renamed(name, vocabulary);
  }
  return joined;
}

}  // namespace

XFields XFields::All(Vocabulary vocabulary) {
  XFields fields;
  fields.vocabulary = vocabulary;
  for (const std::string_view name : kPostFields) fields.post.insert(Renamed(name, vocabulary));
  for (const std::string_view name : kExpansions)
    fields.expansions.insert(Renamed(name, vocabulary));
  for (const std::string_view name : kUserFields) fields.user.insert(Renamed(name, vocabulary));
  fields.place.insert(kPlaceFields.begin(), kPlaceFields.end());
  fields.media.insert(kMediaFields.begin(), kMediaFields.end());
  return fields;
}

std::optional<BadParameter> ReadFields(const Request& request, Vocabulary vocabulary,
                                       const std::vector<std::string_view>& others, XFields& out) {
  out.vocabulary = vocabulary;
  std::set<std::string, std::less<>> polls;
  struct Known {
    std::string_view name;
    std::span<const std::string_view> values;
    std::set<std::string, std::less<>>* into;
  };
  const std::array<Known, 6> lists = {{
      {vocabulary == Vocabulary::kTweet ? "tweet.fields" : "post.fields", kPostFields, &out.post},
      {"expansions", kExpansions, &out.expansions},
      {"user.fields", kUserFields, &out.user},
      {"place.fields", kPlaceFields, &out.place},
      {"media.fields", kMediaFields, &out.media},
      {"poll.fields", kPollFields, &polls},
  }};
  for (const auto& [name, value] : request.params) {
    const auto list = std::find_if(lists.begin(), lists.end(),
                                   [&](const Known& known) { return known.name == name; });
    if (list == lists.end()) {
      if (std::find(others.begin(), others.end(), name) != others.end()) continue;
      std::string known;
      for (const std::string_view other : others) known += std::string(other) + ",";
      for (const Known& each : lists) known += std::string(each.name) + ",";
      known.pop_back();
      return BadParameter{name, value,
                          fmt::format("The query parameter [{}] is not one of [{}]", name, known)};
    }
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      const bool good =
          std::any_of(list->values.begin(), list->values.end(), [&](std::string_view each) {
            return !each.empty() && Renamed(each, vocabulary) == item;
          });
      if (!good) {
        return BadParameter{name, std::string(item),
                            fmt::format("The `{}` query parameter value [{}] is not one of [{}]",
                                        name, item, JoinedNames(list->values, vocabulary))};
      }
      list->into->emplace(item);
    }
  }
  // What is expanded is named in the post too.
  for (const std::string& expansion : out.expansions)
    out.post.insert(expansion.substr(0, expansion.find('.')));
  return std::nullopt;
}

std::string XTime(EventTime time) {
  const std::int64_t ms = ToMillis(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

std::string XMessage(const Post& post, const XFields& fields, const std::vector<XMatch>* matches) {
  std::string out = R"({"data":)" + PostObject(post, fields);
  Includes includes;
  includes.Add(post, fields);
  out += includes.Json(fields.vocabulary);
  if (matches != nullptr) {
    out += R"(,"matching_rules":[)";
    for (const XMatch& match : *matches) {
      if (out.back() != '[') out += ',';
      fmt::format_to(std::back_inserter(out), R"({{"id":"{}","tag":)", match.id);
      AppendJsonString(match.tag, out);
      out += '}';
    }
    out += ']';
  }
  return out + "}";
}

std::string XPage(const std::vector<Post>& posts, const XFields& fields) {
  if (posts.empty()) return "{";
  std::string out = R"({"data":[)";
  Includes includes;
  for (const Post& post : posts) {
    if (out.back() != '[') out += ',';
    out += PostObject(post, fields);
    includes.Add(post, fields);
  }
  return out + "]" + includes.Json(fields.vocabulary);
}

std::string XProblem(int status, std::string_view title, std::string_view type,
                     std::string_view detail, std::string_view more) {
  std::string out = R"({"title":)";
  AppendJsonString(title, out);
  Add(out, R"(,"detail":)", detail);
  const bool blank = type == "about:blank";
  Add(out, R"(,"type":)", (blank ? "" : "https://api.twitter.com/2/problems/") + std::string(type));
  fmt::format_to(std::back_inserter(out), R"(,"status":{}{}{}}})", status, more.empty() ? "" : ",",
                 more);
  return out;
}

std::string XBadParameters(const std::vector<BadParameter>& bad) {
  std::string out = R"({"errors":[)";
  for (const BadParameter& each : bad) {
    if (out.back() != '[') out += ',';
    out += R"({"parameters":{)";
    AppendJsonString(each.name, out);
    out += ":[";
    AppendJsonString(each.value, out);
    Add(out, R"(]},"message":)", each.message);
    out += '}';
  }
  return out +
         R"(],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.",)"
         R"("type":"https://api.twitter.com/2/problems/invalid-request"})";
}

}  // namespace hb::simulate
