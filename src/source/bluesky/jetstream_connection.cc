#include "source/bluesky/jetstream_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace hb {

namespace {

using How = WebSocketEnd::How;

constexpr std::string_view kPosts = "app.bsky.feed.post";
constexpr std::string_view kV2 = "network.bsky.jetstream.subscribeEvents";
constexpr std::string_view kGetDictionary = "network.bsky.jetstream.getZstdDictionary";
constexpr std::size_t kMostErrorBytes = 1024;
constexpr std::size_t kMostDictionaryBytes = std::size_t{4} << 20;

std::string_view PathOf(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

/// An error within the stream of v2, behind which the server closes; "" for events.
std::string_view ErrorOf(std::string_view text) {
  constexpr std::string_view kError = R"("$type":"error")";
  if (text.size() > kMostErrorBytes) return {};
  const std::size_t at = text.find(kError);
  return at != std::string_view::npos && at < 8 ? text : std::string_view();
}

std::chrono::milliseconds SecondsIn(const std::string& text) {
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 3600));
}

}  // namespace

bool JetstreamConnection::IsV2(const std::string& url) { return PathOf(url).ends_with(kV2); }

std::string JetstreamConnection::HostOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

JetstreamConnection::JetstreamConnection(Options options, std::shared_ptr<JetstreamShared> shared)
    : options_(std::move(options)),
      shared_(std::move(shared)),
      socket_([&] {
        WebSocket::Options socket = options_.socket;
        if (std::any_of(options_.urls.begin(), options_.urls.end(), IsV2))
          socket.subprotocol = "xrpc.v1.json";
        return socket;
      }()),
      pack_(options_.compress) {}

std::string JetstreamConnection::Address(const std::string& url) const {
  const bool v2 = IsV2(url);
  std::string address = url;
  char mark = url.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](std::string_view name, std::string_view value) {
    address.append(1, mark).append(name).append("=").append(value);
    mark = '&';
  };
  add(v2 ? "collections" : "wantedCollections", kPosts);
  for (const std::string& did : options_.dids) add(v2 ? "dids" : "wantedDids", did);
  if (const std::int64_t read_us = shared_->read_us; read_us > 0 && !from_now_) {
    const std::int64_t back =
        std::chrono::duration_cast<std::chrono::microseconds>(options_.rewind).count();
    add("cursor", std::to_string(std::max<std::int64_t>(read_us - back, 1)));
  }
  if (frames_ && v2) add("zstdDictionary", std::to_string(frames_->dictionary_id()));
  if (frames_ && !v2) add("compress", "true");
  return address;
}

void JetstreamConnection::GiveUpPacking(const std::string& why) {
  pack_ = false;
  frames_.reset();
  const MutexLock lock(shared_->mutex);
  shared_->note = "not compressed: " + why;
}

void JetstreamConnection::UseDictionary(std::string_view bytes) {
  auto frames = ZstdFrames::Create(bytes, options_.socket.max_message_bytes);
  if (!frames.ok()) return GiveUpPacking(frames.error().message);
  frames_ = std::move(frames).value();
}

/// The dictionary of a v2 server: a file beside the stream.
void JetstreamConnection::FetchDictionary(const std::string& url) {
  std::string address(PathOf(url));
  address.replace(address.size() - kV2.size(), kV2.size(), kGetDictionary);
  address.replace(0, 2, "http");  // ws -> http, wss -> https
  HttpStreamCall call;
  call.url = address;
  call.headers = {"Accept: application/octet-stream"};
  call.connect_timeout = options_.socket.connect_within;
  call.silence = options_.socket.silence;
  call.max_body = kMostDictionaryBytes;
  HttpStreamEnd end = http_.Run(call);
  // An interrupt that was meant for the socket before is still waiting for this one.
  if (end.how == HttpStreamEnd::How::kStopped && !interrupted_) end = http_.Run(call);
  if (end.how == HttpStreamEnd::How::kStopped) return;
  if (end.how != HttpStreamEnd::How::kDone || end.status != 200) {
    return GiveUpPacking(
        fmt::format("its dictionary did not come: {}",
                    end.status != 0 ? fmt::format("HTTP {}", end.status) : end.detail));
  }
  UseDictionary(end.body);
}

void JetstreamConnection::Prepare(const std::string& url) {
  {
    const MutexLock lock(shared_->mutex);
    shared_->host = HostOf(url);
  }
  frames_.reset();  // another host may have another one
  if (!pack_) return;
  if (IsV2(url)) return FetchDictionary(url);
  if (options_.dictionary.empty()) return GiveUpPacking("no dictionary is given for this wire");
  UseDictionary(options_.dictionary);
}

Status JetstreamConnection::Knock(const std::string& url, std::chrono::milliseconds within) {
  Options options;
  options.urls = {Whole(url)};
  options.socket.connect_within = within;
  JetstreamConnection connection(std::move(options), std::make_shared<JetstreamShared>());
  WebSocket& socket = connection.socket_;
  const WebSocketEnd end = socket.Run(
      connection.Address(Whole(url)), [&] { socket.Interrupt(); },
      [](std::string_view, bool) { return false; });
  if (end.opened) return Ok();
  return Error{Code::kUnavailable, connection.EndingOf(end, "").detail};
}

std::string JetstreamConnection::Whole(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with(HostOf(url)) ? url + "/subscribe" : url;
}

Ending JetstreamConnection::Run(FeedSink& sink) {
  const std::string& url = options_.urls[at_ % options_.urls.size()];
  Prepare(url);
  std::string error;
  const WebSocketEnd end = socket_.Run(
      Address(url), [&] { sink.Alive(); },
      [&](std::string_view message, bool binary) {
        if (binary && frames_) {
          const auto text = frames_->Unpack(message);
          if (!text.ok()) {
            GiveUpPacking(text.error().message);
            error = "a frame cannot be unpacked: " + text.error().message;
            return false;
          }
          message = text.value();
        }
        if (const std::string_view said = ErrorOf(message); !said.empty()) {
          error = CutBytes(said, 200);
          return false;
        }
        return sink.Message(message);
      });
  interrupted_ = false;
  if (end.opened) from_now_ = false;
  return EndingOf(end, error);
}

Ending JetstreamConnection::EndingOf(const WebSocketEnd& end, const std::string& error) {
  if (!error.empty()) return {.kind = EndKind::kClosed, .detail = error};
  const std::string detail =
      fmt::format("{}: {}", HostOf(options_.urls[at_ % options_.urls.size()]),
                  end.detail.empty() && end.close_code != 0 ? fmt::format("code {}", end.close_code)
                                                            : end.detail);
  if (end.how == How::kClosed || end.how == How::kInterrupted)
    return {.kind = EndKind::kClosed, .detail = detail};
  if (end.how == How::kRefused && end.http_status == 400) {
    if (end.body.find("CursorTooOld") != std::string::npos) {
      from_now_ = true;
      return {.kind = EndKind::kClosed, .detail = "its history does not reach back"};
    }
    if (frames_ && end.body.find("Dictionary") != std::string::npos) {
      GiveUpPacking("the server does not know the dictionary");
      return {.kind = EndKind::kClosed, .detail = "it does not know the dictionary"};
    }
  }
  ++at_;
  if (end.how == How::kSilent) return {.kind = EndKind::kSilent, .detail = detail};
  if (end.how != How::kRefused) return {.kind = EndKind::kNetwork, .detail = detail};
  const std::string said =
      fmt::format("{} {}", detail, CutBytes(end.body.substr(0, end.body.find('\n')), 100));
  if (end.http_status == 429) {
    return {
        .kind = EndKind::kRateLimited, .detail = said, .retry_after = SecondsIn(end.retry_after)};
  }
  // One host's refusal says nothing about the others.
  const bool for_good = end.http_status == 400 || end.http_status == 401 ||
                        end.http_status == 403 || end.http_status == 404;
  return {.kind = for_good && options_.urls.size() == 1 ? EndKind::kRefused : EndKind::kPassing,
          .detail = said};
}

void JetstreamConnection::Interrupt() noexcept {
  interrupted_ = true;
  socket_.Interrupt();
  http_.Interrupt();
}

}  // namespace hb
