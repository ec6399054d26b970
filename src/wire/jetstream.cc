#include "wire/jetstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "record/identity.h"
#include "wire/times.h"

namespace hb {

namespace {

constexpr std::string_view kPosts = "app.bsky.feed.post";
constexpr std::chrono::hours kMaxLie{24};

/// "at://did:plc:x/app.bsky.feed.post/3k" -> "did:plc:x".
std::string_view DidOf(std::string_view uri) {
  if (!uri.starts_with("at://")) return {};
  uri.remove_prefix(5);
  return uri.substr(0, uri.find('/'));
}

/// The record that an embed quotes, if it does.
std::string_view QuotedUri(const JsonObject& embed) {
  const std::string_view type = JsonString(embed, "$type");
  auto record = JsonMember(embed, "record");
  if (type == "app.bsky.embed.recordWithMedia" && record) record = JsonMember(*record, "record");
  return record ? JsonString(*record, "uri") : std::string_view();
}

void ReadEmbed(const JsonObject& embed, PostView& post, PostBatch& posts) {
  const std::string_view type = JsonString(embed, "$type");
  const auto flag = [&](std::string_view of) {
    if (of == "app.bsky.embed.images") post.flags |= kFlagMedia | kFlagImages;
    if (of == "app.bsky.embed.video") post.flags |= kFlagMedia | kFlagVideo;
  };
  const auto external = [&](const JsonObject& of) {
    if (const auto page = JsonMember(of, "external")) {
      const std::string_view uri = JsonString(*page, "uri");
      if (!uri.empty()) posts.urls.Push(uri);
    }
  };
  flag(type);
  external(embed);
  if (const auto media = JsonMember(embed, "media")) {
    flag(JsonString(*media, "$type"));
    external(*media);
  }
}

void ReadFacets(const JsonArray& facets, PostBatch& posts) {
  for (const JsonElement& element : facets) {
    const auto facet = AsObject(element);
    const auto features = facet ? JsonList(*facet, "features") : std::nullopt;
    if (!features) continue;
    for (const JsonElement& inner : *features) {
      const auto feature = AsObject(inner);
      if (!feature) continue;
      const std::string_view type = JsonString(*feature, "$type");
      if (type == "app.bsky.richtext.facet#tag") {
        const std::string_view tag = JsonString(*feature, "tag");
        if (!tag.empty()) posts.hashtags.Push(tag);
      } else if (type == "app.bsky.richtext.facet#link") {
        const std::string_view uri = JsonString(*feature, "uri");
        if (!uri.empty()) posts.urls.Push(uri);
      }
    }
  }
}

Status Account(std::string_view did, EventTime time, const JsonObject& account, const WireRow& row,
               WireSink& sink) {
  bool active = false;
  if (account.at_key("active").get(active) != simdjson::SUCCESS)
    return FieldError("account.active", "missing");
  const std::string_view status = JsonString(account, "status");
  RedactionKind kind = RedactionKind::kAccountShow;
  if (!active) {
    const bool gone = status == "deleted" || status == "takendown";
    kind = gone ? RedactionKind::kAccountDelete : RedactionKind::kAccountHide;
  }
  sink.redactions.push_back({.time = time,
                             .kind = kind,
                             .key = PostKey{0},
                             .id = {},
                             .author = std::string(did),
                             .source = std::string(row.source),
                             .countries = {}});
  return Ok();
}

}  // namespace

bool Jetstream::Recognise(const JsonObject& root) {
  const auto has = [&](std::string_view key) {
    return root.at_key(key).error() == simdjson::SUCCESS;
  };
  if (has("did")) return has("kind") || has("commit") || has("time_us");
  return has("$type") && (has("payload") || has("error"));
}

Status Jetstream::Post(std::string_view did, EventTime server_time, const JsonObject& record,
                       bool repaired, const WireRow& row, WireSink& sink) {
  if (record.at_key("text").error() != simdjson::SUCCESS)
    return FieldError("record.text", "missing");
  PostView post;
  post.time = server_time;
  const auto created = ParsePostTime(JsonString(record, "createdAt"));
  const bool first = edit_.empty();  // an update keeps the time at which the first was made
  if (first && created && *created < server_time && server_time - *created <= kMaxLie)
    post.time = *created;
  post.id = first ? uri_ : edit_;
  post.key = KeyOf(post.id);
  if (!first) post.chain = uri_;
  post.source = row.source;
  post.content = JsonString(record, "text");
  post.author = did;
  if (repaired) post.flags |= kFlagRepaired;
  if (const auto langs = JsonList(record, "langs")) {
    for (const JsonElement& lang : *langs) {
      post.lang = AsString(lang);
      break;
    }
  }
  post.conversation = uri_;
  if (const auto reply = JsonMember(record, "reply")) {
    post.kind = PostKind::kReply;
    if (const auto parent = JsonMember(*reply, "parent"))
      post.reply_to = DidOf(JsonString(*parent, "uri"));
    if (const auto root = JsonMember(*reply, "root")) {
      const std::string_view uri = JsonString(*root, "uri");
      if (!uri.empty()) post.conversation = uri;
    }
  }
  const auto embed = JsonMember(record, "embed");
  if (embed) {
    const std::string_view quoted = QuotedUri(*embed);
    if (!quoted.empty()) {
      if (post.kind == PostKind::kPost) post.kind = PostKind::kQuote;
      post.repost_of = DidOf(quoted);
    }
    ReadEmbed(*embed, post, sink.posts);
  }
  if (const auto facets = JsonList(record, "facets")) ReadFacets(*facets, sink.posts);
  if (const auto tags = JsonList(record, "tags")) {
    for (const JsonElement& tag : *tags) {
      if (!AsString(tag).empty()) sink.posts.hashtags.Push(AsString(tag));
    }
  }
  if (JsonMember(record, "labels")) post.flags |= kFlagSensitive;  // self-labels are all warnings
  sink.posts.Append(post);
  return Ok();
}

Status Jetstream::Commit(std::string_view did, EventTime server_time, const JsonObject& commit,
                         bool repaired, const WireRow& row, WireSink& sink) {
  if (JsonString(commit, "collection") != kPosts) {
    ++sink.skipped;
    return Ok();
  }
  const std::string_view rkey = JsonString(commit, "rkey");
  if (rkey.empty()) return FieldError("commit.rkey", "missing");
  uri_.assign("at://");
  uri_.append(did).append("/").append(kPosts).append("/").append(rkey);
  const std::string_view operation = JsonString(commit, "operation");
  const auto record = JsonMember(commit, "record");
  edit_.clear();
  if (operation == "create" && !record) return FieldError("commit.record", "missing");
  if (operation == "create") return Post(did, server_time, *record, repaired, row, sink);
  if (operation != "delete" && operation != "update") {
    return FieldError("commit.operation", fmt::format("unknown: '{}'", operation.substr(0, 64)));
  }
  if (operation == "update" && record) {
    edit_ = EditedId(uri_, JsonString(commit, "rev"));
    HB_TRY(Post(did, server_time, *record, repaired, row, sink));
  }
  sink.redactions.push_back(
      {.time = server_time,
       .kind = operation == "delete" ? RedactionKind::kDelete : RedactionKind::kEdit,
       .key = KeyOf(uri_),
       .id = uri_,
       .author = std::string(did),
       .source = std::string(row.source),
       .countries = {}});
  return Ok();
}

Status Jetstream::Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink) {
  if (const std::string_view error = JsonString(root, "error"); !error.empty()) {
    return Error{Code::kInvalidArgument,
                 fmt::format("error of the stream: {}", error.substr(0, 100))};
  }
  const auto payload = JsonMember(root, "payload");
  const JsonObject& event = payload ? *payload : root;
  std::string_view kind = JsonString(event, "kind");
  if (payload) {  // v2: "network.bsky.jetstream.subscribeEvents#commit"
    kind = JsonString(event, "$type");
    kind = kind.substr(std::min(kind.find('#') + 1, kind.size()));
  }
  if (kind != "commit" && kind != "account") {
    if (kind.empty()) return FieldError(payload ? "payload.$type" : "kind", "missing");
    ++sink.skipped;  // identity, sync, info, and what will be thought of later
    return Ok();
  }
  const std::string_view did = JsonString(event, "did");
  if (did.empty()) return FieldError("did", "missing");
  std::optional<EventTime> time;
  if (const auto micros = JsonInt(event, "time_us"); micros && *micros > 0) {
    const EventTime exact = FromMillis(*micros / 1000);
    if (exact < kMaxPostTime) time = exact;
  } else {
    time = ParsePostTime(JsonString(event, "time"));
  }
  if (!time)
    return FieldError(payload ? "time" : "time_us", "missing or not between 1970 and 2100");

  if (kind == "account") {
    const auto account = JsonMember(event, "account");
    return Account(did, *time, account ? *account : event, row, sink);
  }
  const auto commit = JsonMember(event, "commit");
  if (!commit && !payload) return FieldError("commit", "missing");
  return Commit(did, *time, commit ? *commit : event, repaired, row, sink);
}

}  // namespace hb
