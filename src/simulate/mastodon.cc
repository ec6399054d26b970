#include "simulate/mastodon.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/split_mix.h"
#include "simulate/jetstream_json.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kStreaming = "/api/v1/streaming/",
                           kTagTimeline = "/api/v1/timelines/tag/";
constexpr std::string_view kRemote = "remote.example";
constexpr std::chrono::milliseconds kTick{5};
constexpr std::size_t kSlowBytes = 16, kMostStatuses = 40;
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

/// One stream on its way.
class MastodonApi::Player {
 public:
  Player(MastodonApi& api, Exchange& exchange, Choice choice)
      : api_(api),
        exchange_(exchange),
        choice_(std::move(choice)),
        path_(exchange.request().path),
        host_(HostOf(exchange.request())),
        random_(Hash64(path_, exchange.connection())) {}

  void Play() {
    const Corpus& corpus = *api_.world_.corpus;
    next_ = corpus.FirstAt(Now());
    stream_ = api_.world_.ledger.Open("mastodon", path_, Now());
    bool going = exchange_.Send(":)\n");
    touched_ = api_.world_.clock.Steady();
    while (going && Meet() && PlayDue(corpus)) {
      if (api_.world_.clock.Steady() - touched_ >= api_.options_.thump_every && !Write(":thump\n"))
        break;
      going = exchange_.Wait(kTick);
    }
    api_.world_.ledger.Close(stream_, how_, Now());
  }

 private:
  struct Event {
    std::uint64_t post = Post::npos;  ///< that it creates
    std::string text;
  };
  [[nodiscard]] EventTime Now() const { return api_.world_.clock.Now(); }

  bool Write(std::string_view text) {
    touched_ = api_.world_.clock.Steady();
    if (touched_ >= slow_until_) return exchange_.Send(text);
    for (; !text.empty(); text.remove_prefix(std::min(kSlowBytes, text.size()))) {
      if (!exchange_.Send(text.substr(0, kSlowBytes)) || !exchange_.Wait(kTick)) return false;
    }
    return true;
  }

  bool PlayDue(const Corpus& corpus) {
    for (const std::uint64_t due = corpus.FirstAt(Now() + std::chrono::milliseconds(1));
         next_ < due; ++next_) {
      const Post post = corpus.Get(next_);
      const Post first = post.edits ? FirstVersion(corpus, post) : post;
      if (IsTold(first, choice_)) {
        const char* const type = post.edits ? "status.update" : "update";
        const std::string text =
            fmt::format("event: {}\ndata: {}\n\n", type, api_.StatusOf(post, host_));
        if (!Meet() || !Give({post.edits ? Post::npos : post.index, text})) return false;
      }
      for (const std::uint64_t gone : corpus.Deletes(next_)) {
        const Post old = FirstVersion(corpus, corpus.Get(gone));
        if (!IsTold(old, choice_)) continue;
        if (!Meet() ||
            !Give({Post::npos, fmt::format("event: delete\ndata: {}\n\n", MastodonApi::IdOf(old))}))
          return false;
      }
    }
    return true;
  }

  bool Give(const Event& event) {
    const int times = twice_ > 0 ? 2 : 1;
    twice_ -= twice_ > 0;
    for (int i = 0; i < times; ++i) {
      if (shuffle_ > 0) {
        held_.push_back(event);
      } else if (!Send(event)) {
        return false;
      }
    }
    if (shuffle_ == 0 || held_.size() < shuffle_) return true;
    shuffle_ = 0;
    for (std::size_t i = held_.size(); i > 1; --i)
      std::swap(held_[i - 1], held_[random_.Next() % i]);
    const std::vector<Event> held = std::exchange(held_, {});
    return std::all_of(held.begin(), held.end(), [&](const Event& each) { return Send(each); });
  }

  bool Send(const Event& event) {
    if (!Write(event.text)) return false;
    if (event.post != Post::npos) api_.world_.ledger.Sent(stream_, event.post);
    return true;
  }

  /// Does what the next fault says once its time has come. False: the stream is over.
  bool Meet() {
    if (!fault_) {
      fault_ = api_.world_.faults.Take(path_);
      if (!fault_) return true;
      fault_from_ = exchange_.bytes_written();
      if (fault_->kind == FaultKind::kCut || fault_->kind == FaultKind::kReset) {
        const bool reset = fault_->kind == FaultKind::kReset;
        how_ = reset ? "reset" : "cut";
        exchange_.CutAfter(fault_->after_bytes, reset ? End::kReset : End::kClose);
      }
    }
    if (exchange_.bytes_written() - fault_from_ < fault_->after_bytes) return true;
    switch (fault_->kind) {
      case FaultKind::kRefuse:
      case FaultKind::kPartial: break;
      case FaultKind::kCut:
      case FaultKind::kReset: return false;
      case FaultKind::kClose:
      case FaultKind::kDisconnect:
        how_ = "closed";
        exchange_.Finish();
        return false;
      case FaultKind::kStall:
        if (!exchange_.Wait(fault_->length)) {
          how_ = "left during a stall";
          return false;
        }
        break;
      case FaultKind::kSlow: slow_until_ = api_.world_.clock.Steady() + fault_->length; break;
      case FaultKind::kDouble: twice_ = static_cast<int>(fault_->messages); break;
      case FaultKind::kShuffle: shuffle_ = std::max<std::size_t>(fault_->messages, 2); break;
      case FaultKind::kMalformed:
        if (!Write("event: update\ndata: {\"id\":\"1\",\"content\":\"this is cut o\n\n"))
          return false;
        break;
      case FaultKind::kUnknown:
        if (!Write("event: something.new\ndata: {\"list\":[1,2,{}]}\n\n")) return false;
        break;
    }
    fault_.reset();
    return true;
  }

  MastodonApi& api_;
  Exchange& exchange_;
  const Choice choice_;
  const std::string path_, host_;
  SplitMix64 random_;
  std::uint64_t next_ = 0, stream_ = 0;
  std::chrono::steady_clock::time_point touched_{}, slow_until_{};
  std::string how_ = "left";  ///< how it ended, if nothing else is said
  std::optional<Fault> fault_;
  std::uint64_t fault_from_ = 0;
  int twice_ = 0;
  std::size_t shuffle_ = 0;
  std::vector<Event> held_;
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
  Choice choice{.local = IsTrue(request, "local") || path.ends_with("/local"),
                .remote = IsTrue(request, "remote") || path.ends_with("/remote")};
  if (path == "/api/v1/timelines/public") return Timeline(exchange, choice);
  if (path.starts_with(kTagTimeline)) {
    choice.tag = path.substr(kTagTimeline.size());
    return Timeline(exchange, choice);
  }
  if (!streams) return missing();
  const std::string_view which = std::string_view(path).substr(kStreaming.size());
  if (which.starts_with("hashtag")) {
    const std::string* tag = request.Param("tag");
    if (tag == nullptr || tag->empty()) {
      exchange.Answer(400, kJson, R"({"error":"Missing tag name parameter"})");
      return;
    }
    choice.tag = *tag;
  } else if (!which.starts_with("public")) {
    return missing();
  }
  const std::string* given = request.Param("access_token");
  if (!options_.token.empty() && request.Header("authorization") != "Bearer " + options_.token &&
      (given == nullptr || *given != options_.token)) {
    exchange.Answer(401, kJson, R"({"error":"Missing access token"})");
    return;
  }
  if (exchange.Begin(200, "text/event-stream")) Player(*this, exchange, std::move(choice)).Play();
}

}  // namespace hb::simulate
