#include "wire/x_v1.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "record/identity.h"
#include "wire/times.h"

namespace hb {

namespace {

/// "id_str" where it is, since numbers above 2^53 are often rounded; else "id".
std::string_view IdOf(const JsonObject& object, IdBuffer& buffer) {
  const std::string_view text = JsonString(object, "id_str");
  return text.empty() ? JsonId(object, "id", buffer) : text;
}

/// Members of a post, gathered in one walk over them.
struct Members {
  std::string_view id, id_str, text, full_text, created_at, timestamp_ms, lang, reply_to,
      reply_to_id;
  std::optional<JsonObject> user, entities, extended_entities, extended_tweet, place,
      retweeted_status, quoted_status;
  bool has_text = false, sensitive = false, quote = false, located = false, withheld = false;
};

bool IsTrue(const JsonElement& element) {
  bool value = false;
  return element.get(value) == simdjson::SUCCESS && value;
}

Members Gather(const JsonObject& post, IdBuffer& id) {
  Members m;
  for (const auto [key, value] : post) {
    switch (key.empty() ? '\0' : key[0]) {
      case 'c':
        if (key == "created_at") m.created_at = AsString(value);
        if (key == "coordinates") m.located = m.located || value.is_object();
        break;
      case 'e':
        if (key == "entities") m.entities = AsObject(value);
        if (key == "extended_entities") m.extended_entities = AsObject(value);
        if (key == "extended_tweet") m.extended_tweet = AsObject(value);
        break;
      case 'f':
        if (key == "full_text") {
          m.full_text = AsString(value);
          m.has_text = true;
        }
        break;
      case 'g':
        if (key == "geo") m.located = m.located || value.is_object();
        break;
      case 'i':
        if (key == "id") m.id = AsId(value, id);
        if (key == "id_str") m.id_str = AsString(value);
        if (key == "in_reply_to_screen_name") m.reply_to = AsString(value);
        if (key == "in_reply_to_status_id_str") m.reply_to_id = AsString(value);
        if (key == "is_quote_status") m.quote = IsTrue(value);
        break;
      case 'l':
        if (key == "lang") m.lang = AsString(value);
        break;
      case 'p':
        if (key == "place") m.place = AsObject(value);
        if (key == "possibly_sensitive") m.sensitive = IsTrue(value);
        break;
      case 'q':
        if (key == "quoted_status") m.quoted_status = AsObject(value);
        break;
      case 'r':
        if (key == "retweeted_status") m.retweeted_status = AsObject(value);
        break;
      case 't':
        if (key == "timestamp_ms") m.timestamp_ms = AsString(value);
        if (key == "text") {
          m.text = AsString(value);
          m.has_text = true;
        }
        break;
      case 'u':
        if (key == "user") m.user = AsObject(value);
        break;
      case 'w':
        if (key == "withheld_in_countries") m.withheld = true;
        break;
      default: break;
    }
  }
  return m;
}

/// Text and entities of "extended_tweet", where it has them.
void LongForm(const JsonObject& extended_tweet, std::string_view& text,
              std::optional<JsonObject>& entities, std::optional<JsonObject>& extended_entities) {
  const std::string_view whole = JsonString(extended_tweet, "full_text");
  if (whole.empty()) return;
  text = whole;
  if (auto inner = JsonMember(extended_tweet, "entities")) entities = inner;
  if (auto inner = JsonMember(extended_tweet, "extended_entities")) extended_entities = inner;
}

/// The whole text of a post: extended_tweet.full_text, full_text or text; and its entities.
std::string_view TextOf(const JsonObject& post, std::optional<JsonObject>& entities,
                        std::optional<JsonObject>& extended_entities) {
  entities = JsonMember(post, "entities");
  extended_entities = JsonMember(post, "extended_entities");
  std::string_view text = JsonString(post, "full_text");
  if (text.empty()) text = JsonString(post, "text");
  if (const auto extended = JsonMember(post, "extended_tweet")) {
    LongForm(*extended, text, entities, extended_entities);
  }
  return text;
}

void PushEntities(const std::optional<JsonObject>& entities, PostBatch& posts) {
  if (!entities) return;
  if (const auto tags = JsonList(*entities, "hashtags")) {
    for (const JsonElement& element : *tags) {
      if (const auto tag = AsObject(element)) {
        const std::string_view name = JsonString(*tag, "text");
        if (!name.empty()) posts.hashtags.Push(name);
      }
    }
  }
  if (const auto urls = JsonList(*entities, "urls")) {
    for (const JsonElement& element : *urls) {
      const auto url = AsObject(element);
      if (!url) continue;
      std::string_view address = JsonString(*url, "expanded_url");
      if (address.empty()) address = JsonString(*url, "url");
      if (!address.empty()) posts.urls.Push(address);
    }
  }
}

std::uint16_t MediaFlags(const std::optional<JsonObject>& entities) {
  std::uint16_t flags = 0;
  const auto media = entities ? JsonList(*entities, "media") : std::nullopt;
  if (!media) return 0;
  for (const JsonElement& element : *media) {
    const auto item = AsObject(element);
    if (!item) continue;
    const std::string_view type = JsonString(*item, "type");
    flags |= kFlagMedia;
    if (type == "photo") flags |= kFlagImages;
    if (type == "video") flags |= kFlagVideo;
  }
  return flags;
}

std::string_view HandleOf(const JsonObject& post) {
  const auto user = JsonMember(post, "user");
  return user ? JsonString(*user, "screen_name") : std::string_view();
}

std::string Countries(const JsonObject& object) {
  std::string joined;
  if (const auto list = JsonList(object, "withheld_in_countries")) {
    for (const JsonElement& code : *list) {
      const std::string_view text = AsString(code);
      if (text.empty() || joined.size() > 1024) continue;
      if (!joined.empty()) joined += ',';
      joined += text;
    }
  }
  return joined;
}

/// True if `root` was a notice; then `status` says how it went.
bool Notice(const JsonObject& root, const WireRow& row, WireSink& sink, Status& status) {
  Redaction redaction;
  redaction.time = row.arrival;
  redaction.source = row.source;
  IdBuffer id_buffer, user_buffer;
  const auto need = [&](bool there, std::string_view field) {
    if (there) {
      sink.redactions.push_back(std::move(redaction));
    } else {
      status = FieldError(field, "missing");
    }
    return true;
  };
  const auto author = [&](const JsonObject& object) {
    const std::string_view text = JsonString(object, "user_id_str");
    return text.empty() ? JsonId(object, "user_id", user_buffer) : text;
  };
  if (const auto deleted = JsonMember(root, "delete")) {
    const auto post = JsonMember(*deleted, "status");
    if (post) {
      redaction.id = IdOf(*post, id_buffer);
      redaction.author = author(*post);
    }
    if (const auto at = ParsePostTime(JsonString(*deleted, "timestamp_ms"))) redaction.time = *at;
    redaction.key = KeyOf(redaction.id);
    return need(!redaction.id.empty(), "delete.status.id");
  }
  if (const auto scrub = JsonMember(root, "scrub_geo")) {
    redaction.kind = RedactionKind::kScrubGeo;
    const std::string_view up_to = JsonString(*scrub, "up_to_status_id_str");
    redaction.id = up_to.empty() ? JsonId(*scrub, "up_to_status_id", id_buffer) : up_to;
    redaction.key = KeyOf(redaction.id);
    redaction.author = author(*scrub);
    return need(!redaction.author.empty(), "scrub_geo.user_id");
  }
  if (const auto withheld = JsonMember(root, "status_withheld")) {
    redaction.kind = RedactionKind::kWithheld;
    redaction.id = IdOf(*withheld, id_buffer);
    redaction.key = KeyOf(redaction.id);
    redaction.author = author(*withheld);
    redaction.countries = Countries(*withheld);
    return need(!redaction.id.empty(), "status_withheld.id");
  }
  if (const auto withheld = JsonMember(root, "user_withheld")) {
    redaction.kind = RedactionKind::kWithheld;
    redaction.author = IdOf(*withheld, id_buffer);
    redaction.countries = Countries(*withheld);
    return need(!redaction.author.empty(), "user_withheld.id");
  }
  for (const std::string_view other :
       {"limit", "warning", "disconnect", "friends", "friends_str", "event"}) {
    if (HasMember(root, other) && !HasMember(root, "text")) {
      ++sink.skipped;
      return true;
    }
  }
  return false;
}

/// The time a post was made at; its id's where it has none of its own.
Result<EventTime> TimeOf(const Members& m, std::string_view id) {
  std::optional<EventTime> time =
      m.timestamp_ms.empty() ? std::nullopt : ParsePostTime(m.timestamp_ms);
  if (!time) time = m.created_at.empty() ? TimeOfXId(id) : ParsePostTime(m.created_at);
  if (time) return *time;
  return FieldError("created_at", fmt::format("not a date between 1970 and 2100: '{}'",
                                              m.created_at.substr(0, 64)));
}

void TakeAuthor(const JsonObject& user, IdBuffer& buffer, PostView& post) {
  post.author = IdOf(user, buffer);
  post.handle = JsonString(user, "screen_name");
  if (post.author.empty()) post.author = post.handle;
  if (JsonTrue(user, "verified")) post.flags |= kFlagVerified;
  post.followers = JsonInt(user, "followers_count").value_or(-1);
}

/// What a post says, and what it shows: of a repost the original's, because its own is cut.
struct Content {
  std::string_view text;
  std::optional<JsonObject> entities, extended_entities;
};

Content ContentOf(const Members& m) {
  Content own{m.full_text.empty() ? m.text : m.full_text, m.entities, m.extended_entities};
  if (m.extended_tweet) LongForm(*m.extended_tweet, own.text, own.entities, own.extended_entities);
  if (!m.retweeted_status) return own;
  Content original;
  original.text = TextOf(*m.retweeted_status, original.entities, original.extended_entities);
  return original.text.empty() ? own : original;
}

/// Repost, reply, quote or neither, and of whom.
void TakeKind(const Members& m, PostView& post) {
  if (m.retweeted_status) {
    post.kind = PostKind::kRepost;
    post.repost_of = HandleOf(*m.retweeted_status);
    return;
  }
  post.reply_to = m.reply_to;
  post.conversation = m.reply_to_id;
  if (!m.reply_to.empty() || !m.reply_to_id.empty()) post.kind = PostKind::kReply;
  if (m.quoted_status) post.repost_of = HandleOf(*m.quoted_status);
  if ((m.quoted_status || m.quote) && post.kind == PostKind::kPost) post.kind = PostKind::kQuote;
}

/// A post that says itself where it is withheld.
void NoteWithheld(const JsonObject& root, const PostView& post, WireSink& sink) {
  const std::string countries = Countries(root);
  if (countries.empty()) return;
  sink.redactions.push_back({.time = post.time,
                             .kind = RedactionKind::kWithheld,
                             .key = post.key,
                             .id = std::string(post.id),
                             .author = std::string(post.author),
                             .source = std::string(post.source),
                             .countries = countries});
}

}  // namespace

bool XV1::Recognise(const JsonObject& root) {
  if (HasMember(root, "user")) {
    return (HasMember(root, "text") || HasMember(root, "full_text")) &&
           (HasMember(root, "id_str") || HasMember(root, "id"));
  }
  if (HasMember(root, "text") || HasMember(root, "content") || HasMember(root, "did")) return false;
  for (const std::string_view key : {"delete", "scrub_geo", "status_withheld", "user_withheld",
                                     "limit", "warning", "disconnect", "friends", "friends_str"}) {
    if (HasMember(root, key)) return true;
  }
  return false;
}

Status XV1::Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink) {
  IdBuffer id_buffer, author_buffer;
  const Members m = Gather(root, id_buffer);
  if (!m.user) {
    Status noticed = Ok();
    if (Notice(root, row, sink, noticed)) return noticed;
  }
  PostView post;
  post.source = row.source;
  post.id = m.id_str.empty() ? m.id : m.id_str;
  if (post.id.empty()) return FieldError("id_str", "missing");
  post.key = KeyOf(post.id);
  if (!m.has_text) return FieldError("text", "missing");
  HB_ASSIGN(post.time, TimeOf(m, post.id));
  const Content content = ContentOf(m);
  post.content = content.text;
  post.lang = m.lang;
  if (repaired) post.flags |= kFlagRepaired;
  if (m.sensitive) post.flags |= kFlagSensitive;
  if (m.user) TakeAuthor(*m.user, author_buffer, post);
  if (m.place) post.country = JsonString(*m.place, "country_code");
  if (m.place || m.located) post.flags |= kFlagGeo;
  post.flags |= MediaFlags(content.entities);
  post.flags |= MediaFlags(content.extended_entities);
  TakeKind(m, post);
  if (m.withheld) NoteWithheld(root, post, sink);
  PushEntities(content.entities, sink.posts);
  sink.posts.Append(post);
  return Ok();
}

}  // namespace hb
