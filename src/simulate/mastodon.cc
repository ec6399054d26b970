#include "simulate/mastodon.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"
#include "simulate/jetstream_json.h"
#include "simulate/stream_player.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kStreaming = "/api/v1/streaming",
                           kTagTimeline = "/api/v1/timelines/tag/";
constexpr std::string_view kRemote = "remote.example";
constexpr std::size_t kMostStatuses = 40;
constexpr std::uint64_t kUnlistedEvery = 7;

bool IsLocal(const Author& author) { return author.id % 2 == 0; }

std::string Iso(EventTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

void AppendHtml(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\n': out += "<br />"; break;
      default: out += c;
    }
  }
}

/// The text as Mastodon writes it: a paragraph, tags and links as elements.
std::string Html(const Post& post) {
  std::string html = "<p>";
  std::string_view rest = post.text;
  while (!rest.empty()) {
    std::size_t at = std::string_view::npos;
    std::string_view found;
    bool tag = false;
    const auto look = [&](std::string_view shown, bool is_tag) {
      const std::size_t place = rest.find(shown);
      if (place >= at || shown.size() < 2) return;
      at = place;
      found = rest.substr(place, shown.size());
      tag = is_tag;
    };
    for (const std::string& each : post.hashtags) look("#" + each, true);
    for (const std::string& each : post.urls) look(each, false);
    AppendHtml(rest.substr(0, at), html);
    if (at == std::string_view::npos) break;
    std::string shown;
    AppendHtml(found, shown);
    if (tag) {
      html += R"(<a href="https://here.example/tags/)" + shown.substr(1) +
              R"(" class="mention hashtag" rel="tag">#<span>)" + shown.substr(1) + "</span></a>";
    } else {
      const std::size_t visible =
          shown.find("://") == std::string::npos ? 0 : shown.find("://") + 3;
      html += fmt::format(
          R"(<a href="{}" rel="nofollow noopener" target="_blank"><span class="invisible">{}</span><span class="ellipsis">{}</span><span class="invisible"></span></a>)",
          shown, shown.substr(0, visible), shown.substr(visible));
    }
    rest.remove_prefix(at + found.size());
  }
  return html + "</p>";
}

std::string AccountOf(const Author& author, const std::string& host) {
  const std::string name = author.handle;
  const std::string home = IsLocal(author) ? host : std::string(kRemote);
  const std::string acct = IsLocal(author) ? name : name + "@" + home;
  return fmt::format(
      R"({{"id":"{}","username":{},"acct":{},"display_name":{},"locked":false,"bot":{},"discoverable":true,"group":false,"created_at":"2020-01-01T00:00:00.000Z","note":"","url":{},"uri":{},"avatar":"","avatar_static":"","header":"","header_static":"","followers_count":{},"following_count":1,"statuses_count":1,"last_status_at":"2026-01-01","noindex":false,"emojis":[],"fields":[]}})",
      author.id, JsonQuote(name), JsonQuote(acct), JsonQuote(author.name),
      author.bot ? "true" : "false", JsonQuote("https://" + home + "/@" + name),
      JsonQuote("https://" + home + "/users/" + name), author.followers);
}

std::string HostOf(const Request& request) {
  const std::string_view host = request.Header("host");
  return host.empty() ? "here.example" : std::string(host);
}

std::uint64_t NumberOf(const std::string* text, std::uint64_t fallback) {
  std::uint64_t number = fallback;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

bool IsTrue(const Request& request, std::string_view name) {
  const std::string* text = request.Param(name);
  return text != nullptr && (*text == "true" || *text == "1");
}

}  // namespace

std::optional<MastodonApi::Channel> MastodonApi::ChannelOf(const std::string& name,
                                                           const std::string& tag) {
  if (name == "public" || name == "public:local" || name == "public:remote")
    return Channel{name, {.local = name == "public:local", .remote = name == "public:remote"}};
  if ((name == "hashtag" || name == "hashtag:local") && !tag.empty())
    return Channel{name, {.local = name == "hashtag:local", .tag = tag}};
  return std::nullopt;
}

bool MastodonApi::IsTold(const Post& post, const Choice& choice) {
  if (post.kind == PostKind::kRepost) return false;  // as on Mastodon's public timelines
  if (post.index % kUnlistedEvery == 0) return false;
  if (choice.local && !IsLocal(post.author)) return false;
  if (choice.remote && IsLocal(post.author)) return false;
  return choice.tag.empty() ||
         std::find(post.hashtags.begin(), post.hashtags.end(), choice.tag) != post.hashtags.end();
}

std::string MastodonApi::IdOf(const Post& post) {
  return std::to_string((static_cast<std::uint64_t>(ToMillis(post.time)) << 16) |
                        (post.index & 0xFFFF));
}

std::string MastodonApi::UriOf(const Post& post) const {
  const Post first = FirstVersion(*world_.corpus, post);
  return fmt::format("https://{}/users/{}/statuses/{}",
                     IsLocal(first.author) ? "here.example" : kRemote, first.author.handle,
                     IdOf(first));
}

std::string MastodonApi::StatusOf(const Post& post, const std::string& host) const {
  const bool edit = post.edits.has_value();
  const Post first = edit ? FirstVersion(*world_.corpus, post) : post;
  std::string tags;
  for (const std::string& tag : post.hashtags) {
    tags += fmt::format(R"({}{{"name":{},"url":{}}})", tags.empty() ? "" : ",", JsonQuote(tag),
                        JsonQuote("https://" + host + "/tags/" + tag));
  }
  const bool reply = post.kind == PostKind::kReply && post.original;
  const std::string mention =
      reply
          ? fmt::format(
                R"({{"id":"{}","username":{},"acct":{},"url":{}}})", post.original->author.id,
                JsonQuote(post.original->author.handle),
                JsonQuote(post.original->author.handle + "@" + std::string(kRemote)),
                JsonQuote("https://" + std::string(kRemote) + "/@" + post.original->author.handle))
          : "";
  const std::string uri = JsonQuote(UriOf(post));
  return fmt::format(
      R"({{"id":"{}","created_at":"{}","in_reply_to_id":{},"in_reply_to_account_id":{},"sensitive":{},"spoiler_text":"","visibility":"{}","language":{},"uri":{},"url":{},"replies_count":0,"reblogs_count":0,"favourites_count":0,"edited_at":{},"content":{},"reblog":null,"account":{},"media_attachments":[{}],"mentions":[{}],"tags":[{}],"emojis":[],"card":null,"poll":null}})",
      IdOf(first), Iso(first.time), reply ? "\"" + IdOf(*post.original) + "\"" : "null",
      reply ? fmt::format("\"{}\"", post.original->author.id) : "null",
      (post.flags & kFlagSensitive) != 0 ? "true" : "false",
      post.index % kUnlistedEvery == 0 ? "unlisted" : "public",
      post.lang.empty() ? "null" : JsonQuote(post.lang), uri, uri,
      edit ? "\"" + Iso(post.time) + "\"" : "null", JsonQuote(Html(post)),
      AccountOf(first.author, host),
      (post.flags & kFlagMedia) != 0
          ? R"({"id":"1","type":"image","url":"","preview_url":"","description":null})"
          : "",
      mention, tags);
}

/// One stream on its way, by server-sent events or over a WebSocket.
class MastodonApi::Player : private StreamPlayer {
 public:
  /// `socket`: null for server-sent events.
  Player(MastodonApi& api, Exchange& exchange, WebSocket* socket)
      : StreamPlayer(api.world_, exchange, "mastodon"),
        api_(api),
        socket_(socket),
        host_(HostOf(exchange.request())) {}

  /// From now on the client hears this too.
  void Subscribe(Channel channel) {
    Unsubscribe(channel);
    channels_.push_back(std::move(channel));
  }

  /// From the post `next` on.
  void Play(std::uint64_t next) {
    const Corpus& corpus = *world_.corpus;
    next_ = next;
    bool going = socket_ != nullptr || SendBytes(":)\n");
    while (going && Meet() && PlayDue(corpus)) {
      if (Quiet() >= api_.options_.thump_every && !Thump()) break;
      going = socket_ != nullptr ? Hear() : exchange_.Wait(kTick);
    }
  }

 private:
  bool PlayDue(const Corpus& corpus) {
    for (const std::uint64_t due = corpus.FirstAt(Now() + std::chrono::milliseconds(1));
         next_ < due; ++next_) {
      const Post post = corpus.Get(next_);
      const bool edit = post.edits.has_value();
      if (!Tell(edit ? FirstVersion(corpus, post) : post, edit ? "status.update" : "update",
                edit ? Post::npos : post.index, [&] { return api_.StatusOf(post, host_); }))
        return false;
      for (const std::uint64_t gone : corpus.Deletes(next_)) {
        const Post old = FirstVersion(corpus, corpus.Get(gone));
        if (!Tell(old, "delete", Post::npos, [&] { return MastodonApi::IdOf(old); })) return false;
      }
    }
    return true;
  }

  /// An event about `post` on each channel that has it.
  template <typename Data>
  bool Tell(const Post& post, const char* type, std::uint64_t brings, const Data& data) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      if (!IsTold(post, channels_[i].choice)) continue;
      if (!Meet() || !Give({brings, EventOf(channels_[i], type, data())})) return false;
    }
    return true;
  }

  [[nodiscard]] std::string EventOf(const Channel& channel, const char* type,
                                    const std::string& data) const {
    if (socket_ == nullptr) return fmt::format("event: {}\ndata: {}\n\n", type, data);
    const std::string& tag = channel.choice.tag;
    return fmt::format(R"({{"stream":[{}{}],"event":"{}","payload":{}}})", JsonQuote(channel.name),
                       tag.empty() ? "" : "," + JsonQuote(tag), type, JsonQuote(data));
  }

  bool Thump() { return socket_ != nullptr ? SendPing(*socket_) : SendBytes(":thump\n"); }

  /// What a client over WebSocket says: other channels, or an end to one. False: it has gone.
  bool Hear() {
    const auto message = socket_->Receive(kTick);
    if (socket_->ended()) return false;
    if (!message) return true;
    rapidjson::Document root;
    root.Parse(message->bytes.data(), message->bytes.size());
    const auto text = [&](const char* name) {
      const bool there = root.IsObject() && root.HasMember(name) && root[name].IsString();
      return std::string(there ? root[name].GetString() : "");
    };
    auto channel = ChannelOf(text("stream"), text("tag"));
    const std::string type = text("type");
    if (!channel || (type != "subscribe" && type != "unsubscribe"))
      return Write(R"({"error":"Unknown stream type","status":400})");
    if (type == "subscribe") {
      Subscribe(*std::move(channel));
    } else {
      Unsubscribe(*channel);
    }
    return true;
  }

  void Unsubscribe(const Channel& channel) {
    std::erase_if(channels_, [&](const Channel& each) {
      return each.name == channel.name && each.choice.tag == channel.choice.tag;
    });
  }

  bool Write(std::string_view text) override {
    return socket_ != nullptr ? SendFrame(*socket_, text) : SendBytes(text);
  }
  void Close() override {
    if (socket_ == nullptr) {
      exchange_.Finish();
    } else {
      socket_->Close(1001, "going away");
    }
  }
  void Disconnect(const std::string&) override { Close(); }  // no reason is told
  std::string Malformed() override {
    return socket_ == nullptr ? "event: update\ndata: {\"id\":\"1\",\"content\":\"this is cut o\n\n"
                              : R"({"stream":["public"],"event":"update","payload":"{\"id\":)";
  }
  std::string Unknown() override {
    return EventOf({.name = "public"}, "something.new", R"({"list":[1,2,{}]})");
  }

  MastodonApi& api_;
  WebSocket* const socket_;
  const std::string host_;
  std::vector<Channel> channels_;
  std::uint64_t next_ = 0;
};

void MastodonApi::Timeline(Exchange& exchange, const Choice& choice) const {
  const Request& request = exchange.request();
  const Corpus& corpus = *world_.corpus;
  const std::uint64_t limit =
      std::clamp<std::uint64_t>(NumberOf(request.Param("limit"), 20), 1, kMostStatuses);
  const std::uint64_t now_index = corpus.FirstAt(world_.clock.Now() + std::chrono::milliseconds(1));
  const auto index_of = [&](std::uint64_t id) {
    return corpus.FirstAt(FromMillis(static_cast<std::int64_t>(id >> 16)));
  };
  const std::uint64_t min_id = NumberOf(request.Param("min_id"), 0),
                      since_id = NumberOf(request.Param("since_id"), 0),
                      max_id = NumberOf(request.Param("max_id"), UINT64_MAX);
  const std::uint64_t least = std::max(min_id, since_id);
  std::uint64_t end = max_id == UINT64_MAX ? now_index : std::min(now_index, index_of(max_id) + 64);
  std::uint64_t begin = least == 0 ? 0 : std::min(index_of(least), end);
  std::vector<std::string> statuses;
  const auto take = [&](std::uint64_t index) {
    const Post post = corpus.Get(index);
    if (post.edits || !IsTold(post, choice)) return;
    const std::string own = IdOf(post);
    const std::uint64_t id = NumberOf(&own, 0);
    if (id <= least || id >= max_id) return;
    const auto gone = corpus.DeletedBy(index);
    if (gone && *gone < now_index) return;
    statuses.push_back(StatusOf(post, HostOf(request)));
  };
  if (min_id > 0) {  // the ones right behind it
    for (; begin < end && statuses.size() < limit; ++begin) take(begin);
    std::reverse(statuses.begin(), statuses.end());
  } else {  // the newest
    for (; end > begin && statuses.size() < limit; --end) take(end - 1);
  }
  std::string body = "[";
  for (const std::string& status : statuses) body += (body.size() > 1 ? "," : "") + status;
  exchange.Answer(200, kJson, body + "]");
}

void MastodonApi::Instance(Exchange& exchange, bool v2) const {
  const std::string host = HostOf(exchange.request());
  const std::string about =
      R"("title":"heartbeat simulate","version":"4.4.0","description":"posts that are made up","languages":["en"],"rules":[])";
  exchange.Answer(
      200, kJson,
      v2 ? fmt::format(
               R"({{"domain":"{}",{},"source_url":"","usage":{{"users":{{"active_month":1}}}},"configuration":{{"urls":{{"streaming":"ws://{}"}}}},"registrations":{{"enabled":false,"approval_required":false,"message":null}},"api_versions":{{"mastodon":6}}}})",
               host, about, host)
         : fmt::format(
               R"({{"uri":"{}",{},"short_description":"","email":"","urls":{{"streaming_api":"ws://{}"}},"stats":{{"user_count":1,"status_count":1,"domain_count":1}},"thumbnail":null,"registrations":false,"approval_required":false,"invites_enabled":false,"contact_account":null}})",
               host, about, host));
}

void MastodonApi::Handle(Exchange& exchange) {
  const Request& request = exchange.request();
  const std::string& path = request.path;
  const auto missing = [&] { exchange.Answer(404, kJson, R"({"error":"Record not found"})"); };
  if (path == "/api/v1/instance" || path == "/api/v2/instance")
    return Instance(exchange, path == "/api/v2/instance");
  if (path == "/api/v1/streaming/health") {
    exchange.Answer(200, "text/plain", "OK");
    return;
  }
  const bool streams = path.starts_with(kStreaming);
  if (const auto fault = world_.faults.TakeRefusal(path, streams)) {
    const int status = fault->reason == "rate-limit"     ? 429
                       : fault->reason == "unauthorized" ? 401
                       : fault->reason == "forbidden"    ? 403
                                                         : 503;
    exchange.Answer(status, kJson, R"({"error":"refused"})");
    return;
  }
  Choice choice{.local = IsTrue(request, "local"), .remote = IsTrue(request, "remote")};
  if (path == "/api/v1/timelines/public") return Timeline(exchange, choice);
  if (path.starts_with(kTagTimeline)) {
    choice.tag = path.substr(kTagTimeline.size());
    return Timeline(exchange, choice);
  }
  if (!streams) return missing();
  Stream(exchange);
}

/// Its last part names the channel; for a WebSocket a parameter does, or messages later.
void MastodonApi::Stream(Exchange& exchange) {
  const Request& request = exchange.request();
  std::string name = request.path.substr(std::min(kStreaming.size() + 1, request.path.size()));
  const bool by_socket = name.empty();
  const auto param = [&](const char* which) {
    const std::string* text = request.Param(which);
    return text == nullptr ? std::string() : *text;
  };
  if (by_socket) {
    name = param("stream");
  } else {
    std::replace(name.begin(), name.end(), '/', ':');
  }
  const std::string tag = param("tag");
  auto channel = ChannelOf(name, tag);
  if (!channel && name.starts_with("hashtag") && tag.empty()) {
    exchange.Answer(400, kJson, R"({"error":"Missing tag name parameter"})");
    return;
  }
  if (!channel && !(by_socket && name.empty())) {
    exchange.Answer(404, kJson, R"({"error":"Record not found"})");
    return;
  }
  // A browser cannot set a header: it gives the token as a parameter or as the sub-protocol.
  const std::string protocol(by_socket ? request.Header("sec-websocket-protocol") : "");
  if (!options_.token.empty() && request.Header("authorization") != "Bearer " + options_.token &&
      param("access_token") != options_.token && protocol != options_.token) {
    exchange.Answer(401, kJson, R"({"error":"Missing access token"})");
    return;
  }
  // Before the client knows that it is heard: what it asks the timeline for then ends later.
  const std::uint64_t next = world_.corpus->FirstAt(world_.clock.Now());
  WebSocket* socket = nullptr;
  if (by_socket) {
    socket = exchange.Upgrade(protocol);
    if (socket == nullptr) return;
  } else if (!exchange.Begin(200, "text/event-stream")) {
    return;
  }
  Player player(*this, exchange, socket);
  if (channel) player.Subscribe(*std::move(channel));
  player.Play(next);
}

}  // namespace hb::simulate
