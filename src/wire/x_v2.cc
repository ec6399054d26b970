#include "wire/x_v2.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "record/identity.h"
#include "wire/post_fields.h"
#include "wire/times.h"

namespace hb {

namespace {

bool IsXId(std::string_view id) {
  return !id.empty() && id.size() <= 19 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool Either(std::string_view key, std::string_view a, std::string_view b) {
  return key == a || key == b;
}

/// Members of a post, gathered in one walk over them.
struct Members {
  std::string_view id, text, created_at, author_id, lang, conversation, reply_to_user, place_id;
  std::optional<JsonObject> entities, note, withheld, attachments, metrics, author, geo;
  std::optional<JsonArray> references, history;
  bool has_text = false, sensitive = false;
};

Members Gather(const JsonObject& post, IdBuffer& id) {
  Members m;
  for (const auto [key, value] : post) {
    switch (key.empty() ? '\0' : key[0]) {
      case 'a':
        if (key == "author_id") m.author_id = AsString(value);
        if (key == "attachments") m.attachments = AsObject(value);
        if (key == "author") m.author = AsObject(value);
        break;
      case 'c':
        if (key == "created_at") m.created_at = AsString(value);
        if (key == "conversation_id") m.conversation = AsString(value);
        break;
      case 'e':
        if (key == "entities") m.entities = AsObject(value);
        if (Either(key, "edit_history_tweet_ids", "edit_history_post_ids")) {
          JsonArray list;
          if (value.get(list) == simdjson::SUCCESS) m.history = list;
        }
        break;
      case 'g':
        if (key == "geo") m.geo = AsObject(value);
        break;
      case 'i':
        if (key == "id") m.id = AsId(value, id);
        if (key == "in_reply_to_user_id") m.reply_to_user = AsString(value);
        break;
      case 'l':
        if (key == "lang") m.lang = AsString(value);
        break;
      case 'n':
        if (Either(key, "note_tweet", "note_post")) m.note = AsObject(value);
        break;
      case 'p':
        if (key == "possibly_sensitive")
          m.sensitive = value.is_bool() && bool(value.get_bool().value_unsafe());
        if (key == "public_metrics") m.metrics = AsObject(value);
        break;
      case 'r':
        if (Either(key, "referenced_tweets", "referenced_posts")) {
          JsonArray list;
          if (value.get(list) == simdjson::SUCCESS) m.references = list;
        }
        break;
      case 't':
        if (key == "text") {
          m.has_text = value.is_string();
          m.text = AsString(value);
        }
        break;
      case 'w':
        if (key == "withheld") m.withheld = AsObject(value);
        break;
      default: break;
    }
  }
  return m;
}

/// Text and entities of a post, of its long form where it has one.
void LongForm(const JsonObject& post, std::string_view& text, std::optional<JsonObject>& entities) {
  auto note = JsonMember(post, "note_tweet");
  if (!note) note = JsonMember(post, "note_post");
  if (note) {
    const std::string_view whole = JsonString(*note, "text");
    if (!whole.empty()) {
      text = whole;
      if (auto inner = JsonMember(*note, "entities")) entities = inner;
    }
  }
}

void PushEntities(const std::optional<JsonObject>& entities, PostBatch& posts) {
  if (!entities) return;
  if (const auto tags = JsonList(*entities, "hashtags")) {
    for (const JsonElement& element : *tags) {
      if (const auto tag = AsObject(element)) {
        const std::string_view name = JsonString(*tag, "tag");
        if (!name.empty()) posts.hashtags.Push(name);
      }
    }
  }
  if (const auto urls = JsonList(*entities, "urls")) {
    for (const JsonElement& element : *urls) {
      const auto url = AsObject(element);
      if (!url) continue;
      std::string_view address = JsonString(*url, "unwound_url");
      if (address.empty()) address = JsonString(*url, "expanded_url");
      if (address.empty()) address = JsonString(*url, "url");
      if (!address.empty()) posts.urls.Push(address);
    }
  }
}

std::optional<EventTime> TimeOf(std::string_view created_at, std::string_view id) {
  return created_at.empty() ? TimeOfXId(id) : ParsePostTime(created_at);
}

std::string Countries(const JsonObject& withheld, std::string_view key) {
  std::string joined;
  if (const auto codes = JsonList(withheld, key)) {
    for (const JsonElement& code : *codes) {
      const std::string_view text = AsString(code);
      if (text.empty() || joined.size() > 1024) continue;
      if (!joined.empty()) joined += ',';
      joined += text;
    }
  }
  return joined;
}

Redaction OfPost(RedactionKind kind, EventTime time, std::string_view id, std::string_view author,
                 const WireRow& row) {
  return {.time = time,
          .kind = kind,
          .key = KeyOf(id),
          .id = std::string(id),
          .author = std::string(author),
          .source = std::string(row.source),
          .countries = {}};
}

Redaction OfAccount(RedactionKind kind, EventTime time, std::string_view author,
                    const WireRow& row) {
  return {.time = time,
          .kind = kind,
          .key = PostKey{0},
          .id = {},
          .author = std::string(author),
          .source = std::string(row.source),
          .countries = {}};
}

/// A line of a batch compliance job. Jobs of posts and of users look alike; a user's id made before
/// ids held a time, or one whose time is not that of created_at, can only be a user's.
Status BatchCompliance(const JsonObject& root, const WireRow& row, WireSink& sink) {
  IdBuffer buffer;
  const std::string_view id = JsonId(root, "id", buffer);
  if (!IsXId(id)) return FieldError("id", "missing or no number of 1 to 19 digits");
  const std::string_view action = JsonString(root, "action");
  if (action != "delete")
    return FieldError("action", fmt::format("unknown: '{}'", action.substr(0, 64)));
  auto when = ParsePostTime(JsonString(root, "redacted_at"));
  const auto created = ParsePostTime(JsonString(root, "created_at"));
  if (!when) when = row.arrival;
  const auto inside = TimeOfXId(id);
  const std::string_view reason = JsonString(root, "reason");
  const bool user =
      created && (!inside || std::chrono::abs(*inside - *created) > std::chrono::seconds(2));
  if (user) {
    const bool hide = reason == "protected" || reason == "suspended" || reason == "deactivated";
    sink.redactions.push_back(OfAccount(
        hide ? RedactionKind::kAccountHide : RedactionKind::kAccountDelete, *when, id, row));
  } else if (reason == "scrub_geo") {
    sink.redactions.push_back(OfPost(RedactionKind::kScrubGeo, *when, id, {}, row));
  } else {
    sink.redactions.push_back(OfPost(RedactionKind::kDelete, *when, id, {}, row));
  }
  return Ok();
}

/// What the object is, if it is no post.
std::string_view WhatElse(const JsonObject& object) {
  if (!JsonString(object, "username").empty()) return "missing: this is a user, not a post";
  if (object.at_key("tweet_count").error() == simdjson::SUCCESS ||
      object.at_key("post_count").error() == simdjson::SUCCESS) {
    return "missing: this is a count, not a post";
  }
  if (!JsonString(object, "owner_id").empty()) return "missing: this is a list, not a post";
  if (!JsonString(object, "value").empty()) return "missing: this is a rule, not a post";
  return "missing";
}

/// Who wrote it: included, or put inside by twarc.
void ReadAuthor(const Members& m, const XIncludes& includes, PostView& post) {
  const JsonObject* user = m.author ? &*m.author : XIncludes::Find(includes.users, m.author_id);
  if (user == nullptr) return;
  post.handle = JsonString(*user, "username");
  if (JsonTrue(*user, "verified")) post.flags |= kFlagVerified;
  if (const auto metrics = JsonMember(*user, "public_metrics")) {
    post.followers = JsonInt(*metrics, "followers_count").value_or(-1);
  }
}

/// Handle, or at least id, of the author of `original`.
std::string_view WriterOf(const JsonObject& original, const XIncludes& includes) {
  const std::string_view author = JsonString(original, "author_id");
  const auto inside = JsonMember(original, "author");
  const JsonObject* writer = inside ? &*inside : XIncludes::Find(includes.users, author);
  return writer != nullptr ? JsonString(*writer, "username") : author;
}

/// What it answers, quotes or repeats. Requires: m.references.
void ReadReferences(const Members& m, const XIncludes& includes, PostView& post,
                    std::optional<JsonObject>& entities) {
  for (const JsonElement& element : *m.references) {
    const auto reference = AsObject(element);
    if (!reference) continue;
    IdBuffer buffer;
    const std::string_view type = JsonString(*reference, "type");
    const JsonObject* original = XIncludes::Find(includes.posts, JsonId(*reference, "id", buffer));
    // twarc puts the original inside.
    if (original == nullptr && !JsonString(*reference, "text").empty()) original = &*reference;
    const std::string_view of =
        original != nullptr ? WriterOf(*original, includes) : std::string_view();
    if (type == "retweeted" || type == "reposted") {
      post.kind = PostKind::kRepost;
      post.repost_of = of.empty() ? RepostedHandle(m.text) : of;
      const std::string_view text =
          original != nullptr ? JsonString(*original, "text") : std::string_view();
      if (text.empty()) continue;
      post.content = text;
      entities = JsonMember(*original, "entities");
      LongForm(*original, post.content, entities);
    } else if (type == "quoted") {
      if (post.kind == PostKind::kPost) post.kind = PostKind::kQuote;
      if (post.kind != PostKind::kRepost) post.repost_of = of;
    } else if (type == "replied_to" && post.kind != PostKind::kRepost) {
      post.kind = PostKind::kReply;
      post.reply_to = of;
    }
  }
}

void ReadReplyTo(const Members& m, const XIncludes& includes, PostView& post) {
  if (m.reply_to_user.empty() || !post.reply_to.empty() || post.kind == PostKind::kRepost) return;
  const JsonObject* answered = XIncludes::Find(includes.users, m.reply_to_user);
  if (answered != nullptr) post.reply_to = JsonString(*answered, "username");
  if (post.reply_to.empty()) post.reply_to = m.reply_to_user;
  if (post.kind == PostKind::kPost) post.kind = PostKind::kReply;
}

void ReadPlaceAndMedia(const Members& m, const XIncludes& includes, PostView& post) {
  if (m.geo) {
    post.flags |= kFlagGeo;
    const JsonObject* place = XIncludes::Find(includes.places, JsonString(*m.geo, "place_id"));
    post.country = JsonString(place != nullptr ? *place : *m.geo, "country_code");
  }
  const auto keys = m.attachments ? JsonList(*m.attachments, "media_keys") : std::nullopt;
  if (!keys) return;
  for (const JsonElement& key : *keys) {
    post.flags |= kFlagMedia;
    const JsonObject* media = XIncludes::Find(includes.media, AsString(key));
    if (media == nullptr) continue;
    const std::string_view type = JsonString(*media, "type");
    if (type == "photo") post.flags |= kFlagImages;
    if (type == "video") post.flags |= kFlagVideo;
  }
}

/// Redacts the versions before this one (each edit is a post of its own), and gives the first id of
/// the chain, "" for a post that is no edit. Nothing if the history does not hold the post: then it
/// cannot be told which versions are older. The view lives as long as the JSON. Requires:
/// m.history.
std::string_view ReadHistory(const Members& m, EventTime time, const WireRow& row, WireSink& sink) {
  constexpr std::size_t kMostVersions = 16;  // X allows 6
  std::vector<std::string_view> older;
  for (const JsonElement& element : *m.history) {
    const std::string_view version = AsString(element);
    if (version == m.id) {
      for (const std::string_view id : older) {
        sink.redactions.push_back(OfPost(RedactionKind::kEdit, time, id, m.author_id, row));
      }
      return older.empty() ? std::string_view() : older.front();
    }
    if (older.size() == kMostVersions) return {};
    if (IsXId(version)) older.push_back(version);
  }
  return {};
}

}  // namespace

bool XV2::Recognise(const JsonObject& root) {
  const auto has = [&](std::string_view key) {
    return root.at_key(key).error() == simdjson::SUCCESS;
  };
  if (has("data")) return true;
  if (has("errors") && !has("did")) return true;
  if (has("endpoint") && has("response")) return true;
  if (!has("id")) return false;
  if (has("action") && has("reason")) return true;
  if (!has("text") || has("user")) return false;
  return has("author_id") || has("edit_history_tweet_ids") || has("edit_history_post_ids") ||
         has("conversation_id") || has("public_metrics") || has("referenced_tweets");
}

void XIncludes::Clear() {
  for (Index* index : {&users, &posts, &media, &places}) index->clear();
}

void XIncludes::Read(const JsonObject& root) {
  Clear();
  const auto includes = JsonMember(root, "includes");
  if (!includes) return;
  for (const auto [key, value] : *includes) {
    Index* index = nullptr;
    if (key == "users") index = &users;
    if (Either(key, "tweets", "posts")) index = &posts;
    if (key == "media") index = &media;
    if (key == "places") index = &places;
    JsonArray list;
    if (index == nullptr || value.get(list) != simdjson::SUCCESS) continue;
    for (const JsonElement& element : list) {
      const auto object = AsObject(element);
      if (!object) continue;
      const std::string_view id = JsonString(*object, index == &media ? "media_key" : "id");
      if (!id.empty()) index->emplace_back(id, *object);
    }
    std::stable_sort(index->begin(), index->end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
}

const JsonObject* XIncludes::Find(const Index& index, std::string_view id) {
  if (id.empty()) return nullptr;
  const auto found =
      std::lower_bound(index.begin(), index.end(), id,
                       [](const auto& a, std::string_view b) { return a.first < b; });
  return found != index.end() && found->first == id ? &found->second : nullptr;
}

Status XV2::Post(const JsonObject& object, bool repaired, const WireRow& row, WireSink& sink) {
  IdBuffer buffer;
  const Members m = Gather(object, buffer);
  if (!m.has_text) return FieldError("text", WhatElse(object));
  if (!IsXId(m.id)) return FieldError("id", "missing or no number of 1 to 19 digits");
  const auto time = TimeOf(m.created_at, m.id);
  if (!time) {
    return FieldError("created_at", m.created_at.empty()
                                        ? std::string("missing, and the id holds no time")
                                        : fmt::format("not a date between 1970 and 2100: '{}'",
                                                      m.created_at.substr(0, 64)));
  }
  PostView post;
  post.time = *time;
  post.id = m.id;
  post.key = KeyOf(m.id);
  post.source = row.source;
  post.content = m.text;
  post.lang = m.lang;
  post.author = m.author_id;
  post.conversation = m.conversation;
  if (repaired) post.flags |= kFlagRepaired;
  if (m.sensitive) post.flags |= kFlagSensitive;

  std::optional<JsonObject> entities = m.entities;
  if (m.note) LongForm(object, post.content, entities);
  ReadAuthor(m, includes_, post);
  if (m.references) ReadReferences(m, includes_, post, entities);
  ReadReplyTo(m, includes_, post);
  ReadPlaceAndMedia(m, includes_, post);
  if (m.history) post.chain = ReadHistory(m, post.time, row, sink);
  if (m.withheld) {
    Redaction withheld = OfPost(RedactionKind::kWithheld, post.time, m.id, m.author_id, row);
    withheld.countries = Countries(*m.withheld, "country_codes");
    if (!withheld.countries.empty()) sink.redactions.push_back(std::move(withheld));
  }
  PushEntities(entities, sink.posts);
  sink.posts.Append(post);
  return Ok();
}

Status XV2::Event(std::string_view name, const JsonObject& event, const WireRow& row,
                  WireSink& sink) {
  const EventTime time = ParsePostTime(JsonString(event, "event_at")).value_or(row.arrival);
  auto post = JsonMember(event, "tweet");
  if (!post) post = JsonMember(event, "post");
  const auto user = JsonMember(event, "user");
  IdBuffer id_buffer, author_buffer;
  const std::string_view id = post ? JsonId(*post, "id", id_buffer) : std::string_view();
  std::string_view author = post ? JsonId(*post, "author_id", author_buffer) : std::string_view();
  if (user) author = JsonId(*user, "id", author_buffer);

  const auto need_post = [&]() -> Status {
    return IsXId(id) ? Ok() : Status(FieldError(fmt::format("{}.tweet.id", name), "missing"));
  };
  const auto account = [&](RedactionKind kind) -> Status {
    if (author.empty()) return FieldError(fmt::format("{}.user.id", name), "missing");
    sink.redactions.push_back(OfAccount(kind, time, author, row));
    return Ok();
  };
  if (name == "delete" || name == "drop") {
    HB_TRY(need_post());
    sink.redactions.push_back(OfPost(RedactionKind::kDelete, time, id, author, row));
    return Ok();
  }
  if (name == "withheld") {
    HB_TRY(need_post());
    Redaction withheld = OfPost(RedactionKind::kWithheld, time, id, author, row);
    withheld.countries = Countries(event, "withheld_in_countries");
    sink.redactions.push_back(std::move(withheld));
    return Ok();
  }
  if (Either(name, "tweet_edit", "post_edit")) {
    auto ids = JsonList(event, "edit_tweet_ids");
    if (!ids) ids = JsonList(event, "edit_post_ids");
    if (!ids) return FieldError(fmt::format("{}.edit_tweet_ids", name), "missing");
    IdBuffer next_buffer;
    std::string previous;
    for (const JsonElement& element : *ids) {
      const std::string_view next = AsId(element, next_buffer);
      if (!previous.empty())
        sink.redactions.push_back(OfPost(RedactionKind::kEdit, time, previous, author, row));
      previous = IsXId(next) ? std::string(next) : std::string();
    }
    return Ok();
  }
  if (name == "scrub_geo") {
    auto up_to = JsonId(event, "up_to_tweet_id", id_buffer);
    if (up_to.empty()) up_to = JsonId(event, "up_to_post_id", id_buffer);
    if (author.empty()) return FieldError("scrub_geo.user.id", "missing");
    sink.redactions.push_back(OfPost(RedactionKind::kScrubGeo, time, up_to, author, row));
    return Ok();
  }
  if (name == "user_delete") return account(RedactionKind::kAccountDelete);
  if (name == "user_protect" || name == "user_suspend") return account(RedactionKind::kAccountHide);
  if (name == "user_undelete" || name == "user_unprotect" || name == "user_unsuspend") {
    return account(RedactionKind::kAccountShow);
  }
  if (name == "user_withheld") {
    HB_TRY(account(RedactionKind::kWithheld));
    sink.redactions.back().countries = Countries(event, "withheld_in_countries");
    return Ok();
  }
  if (name == "undrop" || name == "user_profile_modification") {
    ++sink.skipped;
    return Ok();
  }
  return FieldError("data", fmt::format("unknown event '{}'", name.substr(0, 64)));
}

Status XV2::Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink) {
  if (const auto response = JsonMember(root, "response"); response && JsonMember(root, "fields")) {
    return Parse(*response, repaired, row, sink);  // X's playground wraps its answers
  }
  JsonElement data;
  if (root.at_key("data").get(data) != simdjson::SUCCESS) {
    if (const auto errors = JsonList(root, "errors")) {
      std::string what = "error of the stream";
      for (const JsonElement& element : *errors) {
        if (const auto error = AsObject(element)) {
          std::string_view kind = JsonString(*error, "disconnect_type");
          if (kind.empty()) kind = JsonString(*error, "title");
          what += fmt::format(": {}: {}", kind.substr(0, 100),
                              JsonString(*error, "detail").substr(0, 300));
          break;
        }
      }
      return Error{Code::kInvalidArgument, what};
    }
    if (!JsonString(root, "action").empty()) return BatchCompliance(root, row, sink);
    if (JsonMember(root, "meta")) {
      ++sink.skipped;  // an answer with no results
      return Ok();
    }
    includes_.Clear();
    return Post(root, repaired, row, sink);
  }
  includes_.Read(root);
  if (const auto object = AsObject(data)) {
    if (object->at_key("text").error() != simdjson::SUCCESS && object->size() == 1) {
      for (const auto [key, value] : *object) {
        if (const auto event = AsObject(value)) return Event(key, *event, row, sink);
      }
    }
    return Post(*object, repaired, row, sink);
  }
  JsonArray list;
  if (data.get(list) != simdjson::SUCCESS)
    return FieldError("data", "neither an object nor an array");
  std::size_t at = 0;
  for (const JsonElement& element : list) {
    const auto object = AsObject(element);
    const Status status = object ? Post(*object, repaired, row, sink)
                                 : Status(Error{Code::kInvalidArgument, "not an object"});
    if (!status.ok()) {
      sink.faults.push_back(
          {fmt::format("data[{}]", at), status.error().message, simdjson::minify(element)});
    }
    ++at;
  }
  return Ok();
}

}  // namespace hb
