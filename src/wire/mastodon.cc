#include "wire/mastodon.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "record/identity.h"
#include "wire/times.h"

namespace hb {

namespace {

constexpr std::size_t kLongestId = 64;

/// "https://host/..." -> "host".
std::string_view HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

/// "user@host": `acct` has no host where the account lives on the server that tells of it.
void FullName(const JsonObject& account, std::string& name) {
  name = JsonString(account, "acct");
  if (name.empty()) name = JsonString(account, "username");
  if (name.empty() || name.find('@') != std::string::npos) return;
  std::string_view host = HostOf(JsonString(account, "url"));
  if (host.empty()) host = HostOf(JsonString(account, "uri"));
  if (!host.empty()) name.append("@").append(host);
}

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7F && c != '/'; });
}

void ReadMedia(const JsonObject& status, PostView& post) {
  const auto list = JsonList(status, "media_attachments");
  if (!list) return;
  for (const JsonElement& element : *list) {
    const auto media = AsObject(element);
    if (!media) continue;
    const std::string_view type = JsonString(*media, "type");
    post.flags |= kFlagMedia;
    if (type == "image") post.flags |= kFlagImages;
    if (type == "video" || type == "gifv") post.flags |= kFlagVideo;
  }
}

/// To whom a reply goes: named among the mentions, or the author.
void ReadReplyTo(const JsonObject& status, const JsonObject& account, const std::string& author,
                 std::string& out) {
  const std::string_view to = JsonString(status, "in_reply_to_account_id");
  if (to == JsonString(account, "id")) {
    out = author;
    return;
  }
  out.clear();
  const auto mentions = JsonList(status, "mentions");
  if (!mentions) return;
  for (const JsonElement& element : *mentions) {
    const auto mention = AsObject(element);
    if (mention && !to.empty() && JsonString(*mention, "id") == to) FullName(*mention, out);
  }
}

/// The status that this one quotes (since 4.4), whichever way it is written.
std::optional<JsonObject> Quoted(const JsonObject& status) {
  const auto quote = JsonMember(status, "quote");
  if (!quote) return std::nullopt;
  if (auto inner = JsonMember(*quote, "quoted_status")) return inner;
  return JsonMember(*quote, "account") ? quote : std::nullopt;
}

}  // namespace

bool Mastodon::Recognise(const JsonObject& root) {
  if (HasMember(root, "event") && HasMember(root, "payload")) return HasMember(root, "stream");
  return HasMember(root, "uri") && HasMember(root, "content") && HasMember(root, "visibility") &&
         JsonMember(root, "account").has_value();
}

bool Mastodon::IsWanted(const JsonObject& status) const {
  const std::string_view visibility = JsonString(status, "visibility");
  if (visibility != "public" && !(visibility == "unlisted" && options_.keep_unlisted)) return false;
  const auto account = JsonMember(status, "account");
  if (!account) return true;  // said as an error by who reads it
  if (!options_.keep_bots && JsonTrue(*account, "bot")) return false;
  return options_.keep_noindex || !JsonTrue(*account, "noindex");
}

Status Mastodon::ReadStatus(const JsonObject& status, bool repaired, const WireRow& row,
                            WireSink& sink) {
  const std::string_view uri = JsonString(status, "uri");
  if (uri.empty()) return FieldError("uri", "missing");
  const auto account = JsonMember(status, "account");
  if (!account) return FieldError("account", "missing");
  const auto boosted = JsonMember(status, "reblog");
  const JsonObject& text_of = boosted ? *boosted : status;
  if (!HasMember(text_of, "content")) return FieldError("content", "missing");
  std::optional<EventTime> time = ParsePostTime(JsonString(status, "created_at"));
  if (!time) return FieldError("created_at", "missing, or not a time between 1970 and 2100");
  FullName(*account, author_);
  if (author_.empty()) return FieldError("account.acct", "missing");
  if (!IsWanted(status) || (boosted && !IsWanted(*boosted))) {
    ++sink.skipped;
    return Ok();
  }

  PostView post;
  id_ = uri;
  chain_.clear();
  const std::string_view local = JsonString(status, "id");
  if (!options_.host.empty() && IsId(local)) chain_ = options_.host + "/" + std::string(local);
  const auto edited = ParsePostTime(JsonString(status, "edited_at"));
  if (edited && !boosted) {
    sink.redactions.push_back({.time = *edited,
                               .kind = RedactionKind::kEdit,
                               .key = KeyOf(uri),
                               .id = std::string(uri),
                               .author = author_,
                               .source = std::string(row.source),
                               .countries = {}});
    id_ = EditedId(uri, std::to_string(ToMillis(*edited)));
    if (chain_.empty()) chain_ = uri;
    time = edited;
  }
  // A clock that runs ahead would open windows of the future.
  if (row.arrival != EventTime{} && *time > row.arrival) time = row.arrival;
  post.time = *time;
  post.id = id_;
  post.key = KeyOf(id_);
  post.chain = chain_;
  post.source = row.source;
  post.author = post.handle = author_;
  if (repaired) post.flags |= kFlagRepaired;
  if (const auto followers = JsonInt(*account, "followers_count")) {
    post.followers = std::max<std::int64_t>(*followers, -1);
  }

  html_.Read(JsonString(text_of, "content"));
  content_ = JsonString(text_of, "spoiler_text");
  if (!content_.empty() && !html_.text.empty()) content_ += '\n';
  content_ += html_.text;
  post.content = content_;
  post.lang = JsonString(text_of, "language");
  if (JsonTrue(text_of, "sensitive")) post.flags |= kFlagSensitive;
  ReadMedia(text_of, post);
  for (const std::string& link : html_.links) sink.posts.urls.Push(link);
  if (const auto tags = JsonList(text_of, "tags")) {
    for (const JsonElement& element : *tags) {
      const auto tag = AsObject(element);
      const std::string_view name = tag ? JsonString(*tag, "name") : std::string_view();
      if (!name.empty()) sink.posts.hashtags.Push(name);
    }
  }

  const auto quoted = boosted ? boosted : Quoted(status);
  if (boosted) {
    post.kind = PostKind::kRepost;
  } else if (!JsonString(status, "in_reply_to_id").empty()) {
    post.kind = PostKind::kReply;
    ReadReplyTo(status, *account, author_, other_);
    post.reply_to = other_;
  } else if (quoted) {
    post.kind = PostKind::kQuote;
  }
  std::string whose;
  if (quoted) {
    if (const auto other = JsonMember(*quoted, "account")) FullName(*other, whose);
    post.repost_of = whose;
  }
  if (post.kind == PostKind::kPost) post.conversation = uri;
  sink.posts.Append(post);
  return Ok();
}

Status Mastodon::Event(std::string_view event, std::string_view data, const WireRow& row,
                       WireSink& sink) {
  if (event == "update" || event == "status.update") {
    HB_ASSIGN(const JsonElement root, payload_.Parse(data, 0));
    const auto status = AsObject(root);
    if (!status) return Error{Code::kInvalidArgument, "JSON, but not an object"};
    return ReadStatus(*status, payload_.repaired(), row, sink);
  }
  if (event != "delete" || options_.host.empty()) {
    ++sink.skipped;
    return Ok();
  }
  if (!IsId(data)) return FieldError("delete", "not the id of a status");
  const std::string name = options_.host + "/" + std::string(data);
  sink.redactions.push_back({.time = row.arrival,
                             .kind = RedactionKind::kDelete,
                             .key = KeyOf(name),
                             .id = name,
                             .author = {},
                             .source = std::string(row.source),
                             .countries = {}});
  return Ok();
}

Status Mastodon::Parse(const JsonObject& root, bool repaired, const WireRow& row, WireSink& sink) {
  if (HasMember(root, "event")) {
    return Event(JsonString(root, "event"), JsonString(root, "payload"), row, sink);
  }
  if (const std::string_view error = JsonString(root, "error"); !error.empty()) {
    return Error{Code::kInvalidArgument,
                 fmt::format("error of the server: {}", error.substr(0, 100))};
  }
  return ReadStatus(root, repaired, row, sink);
}

}  // namespace hb
