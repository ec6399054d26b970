#include "source/mastodon/mastodon_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "source/feed_source.h"
#include "wire/sse_reader.h"

namespace hb {

namespace {

using How = HttpStreamEnd::How;

constexpr int kPageStatuses = 40;  ///< the most that Mastodon gives
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::milliseconds kPollRewind{15'000};  ///< each round reads these again
constexpr std::chrono::milliseconds kRestSilence{20'000};

/// Letters of a tag as a part of a path.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool IsHashtag(const MastodonStream& stream) { return stream.name.starts_with("hashtag"); }

}  // namespace

std::optional<MastodonStream> MastodonStream::Read(std::string_view text) {
  if (text == "public" || text == "public:local" || text == "public:remote")
    return MastodonStream{.name = std::string(text)};
  for (const std::string_view name : {"hashtag:local", "hashtag"}) {
    if (!text.starts_with(name) || text.size() < name.size() + 2 || text[name.size()] != ':')
      continue;
    return MastodonStream{.name = std::string(name),
                          .tag = std::string(text.substr(name.size() + 1))};
  }
  return std::nullopt;
}

std::string MastodonStream::StreamPath() const {
  std::string path = "/api/v1/streaming/" + name;
  std::replace(path.begin(), path.end(), ':', '/');
  return IsHashtag(*this) ? path + "?tag=" + Escaped(tag) : path;
}

std::string MastodonStream::SocketPath() const {
  const std::string path = "/api/v1/streaming?stream=" + name;
  return IsHashtag(*this) ? path + "&tag=" + Escaped(tag) : path;
}

std::string MastodonStream::TimelinePath() const {
  std::string path = IsHashtag(*this) ? "/api/v1/timelines/tag/" + Escaped(tag)
                                      : std::string("/api/v1/timelines/public");
  const std::size_t colon = name.find(':');
  return colon == std::string::npos ? path : path + "?" + name.substr(colon + 1) + "=true";
}

std::string MastodonConnection::HostOf(std::string_view url) { return hb::HostOf(url); }

std::string MastodonConnection::Before(const std::string& id, std::chrono::milliseconds back) {
  constexpr std::int64_t kLeast = 1'000'000'000'000ll << 16;  // of 2001
  std::int64_t number = 0;
  const char* const end = id.data() + id.size();
  const auto read = std::from_chars(id.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < kLeast) return id;
  return std::to_string(number - std::min<std::int64_t>(back.count() << 16, number - 1));
}

MastodonConnection::MastodonConnection(Options options, std::shared_ptr<MastodonShared> shared)
    : options_(std::move(options)), shared_(std::move(shared)), socket_([&] {
        WebSocket::Options socket;
        if (!options_.token.empty())
          socket.headers.emplace_back("Authorization", "Bearer " + options_.token);
        socket.max_message_bytes = options_.max_message_bytes;
        socket.silence = options_.silence;
        return socket;
      }()) {}

bool MastodonConnection::Say(FeedSink& sink, std::string_view kind, std::string_view what) {
  return sink.Message(std::string(kind).append("\n").append(what));
}

HttpStreamEnd MastodonConnection::Get(HttpStream& http, const std::string& url) {
  HttpStreamCall call;
  call.url = url;
  if (!options_.token.empty()) call.headers.push_back("Authorization: Bearer " + options_.token);
  call.silence = std::min(options_.silence, kRestSilence);
  call.max_body = options_.max_message_bytes;
  HttpStreamEnd end = http.Run(call);
  // An interrupt that was meant for the stream before is still waiting for this one.
  if (end.how == How::kStopped && !interrupted_) end = http.Run(call);
  return end;
}

/// Servers may stream from a host of their own.
std::string MastodonConnection::StreamingBase() {
  if (!options_.streaming_url.empty()) return options_.streaming_url;
  const HttpStreamEnd end = Get(rest_, options_.base_url + "/api/v2/instance");
  if (end.how != How::kDone || end.status != 200) return options_.base_url;
  const std::string url = MastodonPosts::StreamingUrl(end.body);
  const bool secure = options_.base_url.starts_with("https://");
  if (url.starts_with("wss://")) return "https" + url.substr(3);
  if (url.starts_with("https://")) return url;
  // A token that is meant for TLS goes nowhere else.
  if (!secure && url.starts_with("ws://")) return "http" + url.substr(2);
  return options_.base_url;
}

std::optional<Ending> MastodonConnection::Refill(FeedSink& sink, std::chrono::milliseconds rewind) {
  std::string newest;
  {
    const MutexLock lock(shared_->mutex);
    newest = shared_->newest;
  }
  const std::string path = options_.base_url + options_.stream.TimelinePath();
  const char mark = path.find('?') == std::string::npos ? '?' : '&';
  const bool first = newest.empty();  // then one page, so that there is something to see
  std::string since = first ? "" : Before(newest, rewind);
  for (std::size_t pages = 0; pages < options_.most_pages; ++pages) {
    std::string url = fmt::format("{}{}limit={}", path, mark, kPageStatuses);
    if (!first) url += "&min_id=" + since;
    const HttpStreamEnd end = Get(rest_, url);
    if (end.how != How::kDone || end.status != 200) return EndingOf(end);
    const auto page = MastodonPosts::Split(end.body);
    if (!page.ok()) return Ending{.kind = EndKind::kPassing, .detail = page.error().message};
    for (const std::string& status : page.value().statuses) {
      if (!Say(sink, kStatus, status)) return Ending{.detail = "interrupted"};
    }
    const bool further = CompareMastodonIds(page.value().newest, since) > 0;
    if (first || page.value().statuses.empty() || !further) return std::nullopt;
    since = page.value().newest;
  }
  return Ending{.detail = fmt::format("more than {} pages", options_.most_pages)};
}

bool MastodonConnection::Opened(FeedSink& sink) {
  sink.Alive();
  const auto failed = Refill(sink, options_.rewind);
  return !interrupted_ && Say(sink, kRefilled, failed ? failed->detail : "");
}

Ending MastodonConnection::Listen(FeedSink& sink) {
  SseReader reader(
      options_.max_message_bytes,
      [&](std::string_view type, std::string_view data) { return Say(sink, type, data); },
      [&] { sink.Alive(); });
  bool listening = true;
  std::string error;
  HttpStreamCall call;
  call.url = StreamingBase() + options_.stream.StreamPath();
  call.headers.push_back("Accept: text/event-stream");
  if (!options_.token.empty()) call.headers.push_back("Authorization: Bearer " + options_.token);
  call.silence = options_.silence;
  call.on_open = [&] { listening = Opened(sink); };
  call.on_data = [&](std::string_view piece) {
    if (!listening) return false;
    const Status read = reader.Read(piece);
    if (!read.ok() && read.error().code != Code::kCancelled) error = read.error().message;
    return read.ok();
  };
  HttpStreamEnd end = stream_.Run(call);
  if (end.how == How::kStopped && !interrupted_ && error.empty() && end.status == 0)
    end = stream_.Run(call);
  if (!error.empty()) return {.kind = EndKind::kClosed, .detail = error};
  if (end.how == How::kDone && end.status / 100 != 2) return Refused(end.status, end.body);
  return EndingOf(end);
}

Ending MastodonConnection::ListenBySocket(FeedSink& sink) {
  const std::string url =
      "ws" + StreamingBase().substr(std::string_view("http").size()) + options_.stream.SocketPath();
  bool listening = true;
  std::string error, told;  // what is wrong, and the message that says so
  const auto run = [&] {
    return socket_.Run(
        url, [&] { listening = Opened(sink); },
        [&](std::string_view message, bool) {
          if (!listening) return false;
          const auto event = MastodonPosts::SplitMessage(message);
          // What cannot be read becomes a dead letter, as a status that cannot.
          if (event.ok()) return Say(sink, event.value().type, event.value().data);
          if (event.error().code != Code::kUnavailable) return Say(sink, "update", message);
          error = event.error().message;
          told = message;
          return false;
        });
  };
  using SocketHow = WebSocketEnd::How;
  WebSocketEnd end = run();
  if (end.how == SocketHow::kInterrupted && !end.opened && !interrupted_) end = run();
  if (!error.empty()) {
    if (const int status = MastodonPosts::ErrorStatus(told); status != 0)
      return Refused(status, told);
    // The stream was open, but it is not one that ended: it is not opened again at once.
    return {.kind = EndKind::kPassing, .detail = HostOf(url) + ": " + error};
  }
  const std::string detail = HostOf(url) + ": " + end.detail;
  switch (end.how) {
    case SocketHow::kClosed:
    case SocketHow::kInterrupted: return {.kind = EndKind::kClosed, .detail = detail};
    case SocketHow::kNoConnection:
    case SocketHow::kBroken: return {.kind = EndKind::kNetwork, .detail = detail};
    case SocketHow::kSilent: return {.kind = EndKind::kSilent, .detail = detail};
    case SocketHow::kRefused: return Refused(end.http_status, end.body);
    case SocketHow::kTooLong:
    case SocketHow::kWrong: break;
  }
  return {.kind = EndKind::kPassing, .detail = detail};
}

Ending MastodonConnection::Refused(int status, const std::string& body) {
  const bool wants_token = status == 401 || status == 403 || status == 422;
  if (!wants_token || !options_.token.empty()) return EndingOf(status, body);
  polling_ = true;
  const MutexLock lock(shared_->mutex);
  shared_->note = fmt::format(
      "asked every {} s: it does not stream without a token (of a user, with read:statuses)",
      std::chrono::duration_cast<std::chrono::seconds>(options_.poll_every).count());
  return {.kind = EndKind::kClosed, .detail = "it does not stream without a token"};
}

/// The timeline again and again: each round is a refill of what came since the one before.
Ending MastodonConnection::Poll(FeedSink& sink) {
  for (;;) {
    if (auto failed = Refill(sink, std::min(options_.rewind, kPollRewind)))
      return *std::move(failed);
    if (!Say(sink, kRefilled, "") || !Wait(options_.poll_every)) return {.detail = "interrupted"};
  }
}

bool MastodonConnection::Wait(std::chrono::milliseconds time) {
  MutexLock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + time;
  while (!interrupted_ && std::chrono::steady_clock::now() < until) woken_.wait_for(lock, kLook);
  return !interrupted_;
}

Ending MastodonConnection::Run(FeedSink& sink) {
  const bool by_socket = options_.transport == Transport::kWebSocket;
  Ending ending = polling_ ? Poll(sink) : by_socket ? ListenBySocket(sink) : Listen(sink);
  interrupted_ = false;
  return ending;
}

Ending MastodonConnection::EndingOf(const HttpStreamEnd& end) const {
  const std::string host = HostOf(options_.base_url);
  if (end.how == How::kSilent) return {.kind = EndKind::kSilent, .detail = host};
  if (end.how == How::kFailed) return {.kind = EndKind::kNetwork, .detail = end.detail};
  if (end.how == How::kTooLong)
    return {.kind = EndKind::kPassing, .detail = host + ": an answer is too long"};
  if (end.how == How::kStopped || end.status / 100 == 2)
    return {.kind = EndKind::kClosed, .detail = host};
  return EndingOf(end.status, end.body);
}

Ending MastodonConnection::EndingOf(int status, std::string_view body) const {
  const std::string detail = fmt::format("{}: HTTP {} {}", HostOf(options_.base_url), status,
                                         CutBytes(body.substr(0, body.find('\n')), 100));
  if (status == 429) return {.kind = EndKind::kRateLimited, .detail = detail};
  const bool for_good =
      status == 400 || status == 401 || status == 403 || status == 404 || status == 422;
  return {.kind = for_good ? EndKind::kRefused : EndKind::kPassing, .detail = detail};
}

void MastodonConnection::Interrupt() noexcept {
  interrupted_ = true;
  stream_.Interrupt();
  rest_.Interrupt();
  socket_.Interrupt();
  woken_.notify_all();
}

}  // namespace hb
