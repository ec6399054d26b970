// source/mastodon/mastodon_connection.h - one stream of a Mastodon server after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "net/http_stream.h"
#include "net/web_socket.h"
#include "source/feed.h"
#include "wire/mastodon_posts.h"

namespace hb {

/// What the ingest thread and the connection's tell each other.
struct MastodonShared {
  Mutex mutex;
  std::string newest HB_GUARDED_BY(mutex);  ///< id of the newest status that was read
  std::string note HB_GUARDED_BY(mutex);    ///< what a person should know: "asked every 5 s: ..."
};

/// Which posts of a server: names as its streaming API over WebSocket has them.
struct MastodonStream {
  std::string name = "public";  ///< public, public:local, public:remote, hashtag, hashtag:local
  std::string tag{};            ///< of the last two
  [[nodiscard]] std::string StreamPath() const;    ///< "/api/v1/streaming/public/local"
  [[nodiscard]] std::string SocketPath() const;    ///< "/api/v1/streaming?stream=public:local"
  [[nodiscard]] std::string TimelinePath() const;  ///< "/api/v1/timelines/public?local=true"
  /// "public:local", "hashtag:x", ...; nothing if it is none.
  static std::optional<MastodonStream> Read(std::string_view text);
};

/// Messages of the feed are a kind, a line break, and what came: an event's type and its data; or
/// kStatus and a status of the timeline; or kRefilled and "" or why the refill stopped before its
/// end.
///
/// Source   https://docs.joinmastodon.org/methods/streaming/ and .../methods/timelines/.
/// Order    The stream is opened; then come the timeline's pages since `newest`, oldest first, and
///          kRefilled; then the events of the stream, which waited meanwhile.
/// Waits    A server that refuses its stream without a token is asked for its timeline every
///          `poll_every`.
class MastodonConnection : public FeedConnection {
 public:
  static constexpr std::string_view kStatus = "hb.status", kRefilled = "hb.refilled";

  enum class Transport { kEvents, kWebSocket };  ///< server-sent events, or a WebSocket
  struct Options {
    std::string base_url;       ///< "https://mastodon.social"
    std::string streaming_url;  ///< "": asked for at /api/v2/instance
    std::string token;          ///< "": none
    MastodonStream stream{};
    Transport transport = Transport::kEvents;
    std::chrono::milliseconds silence{60'000};
    std::chrono::milliseconds poll_every{10'000};
    std::chrono::milliseconds rewind{60'000};  ///< of a refill: posts reach a server late
    std::size_t max_message_bytes = std::size_t{4} << 20;
    std::size_t most_pages = 250;  ///< of a refill
  };
  MastodonConnection(Options options, std::shared_ptr<MastodonShared> shared);

  Ending Run(FeedSink& sink) override;
  void Interrupt() noexcept override;

  /// "https://host:port/x" -> "host:port".
  static std::string HostOf(std::string_view url);
  /// The id that a status made `back` before that of `id` has, for ids that hold their time
  /// (milliseconds since 1970 in the bits from 16 up); others as they are.
  static std::string Before(const std::string& id, std::chrono::milliseconds back);

 private:
  HttpStreamEnd Get(HttpStream& http, const std::string& url);
  std::string StreamingBase();
  /// The pages since the newest status that was read. Nothing: all of them came; else why not.
  std::optional<Ending> Refill(FeedSink& sink, std::chrono::milliseconds rewind);
  Ending Listen(FeedSink& sink);
  Ending ListenBySocket(FeedSink& sink);
  /// The stream is open: what was missed comes before what it says. False: nobody listens.
  bool Opened(FeedSink& sink);
  /// What it means that the server does not stream to us.
  Ending Refused(int status, const std::string& body);
  [[nodiscard]] Ending EndingOf(int status, std::string_view body) const;
  Ending Poll(FeedSink& sink);
  [[nodiscard]] Ending EndingOf(const HttpStreamEnd& end) const;
  bool Wait(std::chrono::milliseconds time);
  static bool Say(FeedSink& sink, std::string_view kind, std::string_view what);

  const Options options_;
  const std::shared_ptr<MastodonShared> shared_;
  HttpStream stream_, rest_;
  WebSocket socket_;
  bool polling_ = false;
  std::atomic<bool> interrupted_{false};
  Mutex mutex_;
  std::condition_variable_any woken_;
};

}  // namespace hb
