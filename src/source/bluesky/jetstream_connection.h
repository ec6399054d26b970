// source/bluesky/jetstream_connection.h - one connection to Jetstream after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/http_stream.h"
#include "net/web_socket.h"
#include "source/bluesky/zstd_frames.h"
#include "source/feed.h"

namespace hb {

/// What the ingest thread and the connection's tell each other.
struct JetstreamShared {
  /// Server's time of the newest event that was read, microseconds; 0: begin with what comes.
  std::atomic<std::int64_t> read_us{0};
  Mutex mutex;
  std::string host HB_GUARDED_BY(mutex);  ///< spoken with now, or tried
  std::string note HB_GUARDED_BY(mutex);  ///< what a person should know: "not compressed: ..."
};

/// Connects to one of several Jetstream servers, from some seconds before what was read, and hands
/// over each event as JSON text.
///
/// Source   v1: https://github.com/bluesky-social/jetstream (README, "Consuming Jetstream"); v2:
/// its
///          docs/README.md, section 5, and lexicons/network/bsky/jetstream/. Cursors are times in
///          both, which every instance understands; v2 reads values from 1e15 up as microseconds.
/// Hosts    After a connection that was refused, failed or fell silent the next of the list is
///          tried; after a goodbye the same one again.
/// Packing  v2 gives its dictionary itself; that of v1 is a file. If a frame cannot be unpacked, or
///          the server does not know the dictionary, it goes on without.
class JetstreamConnection : public FeedConnection {
 public:
  struct Options {
    std::vector<std::string> urls;  ///< at least one
    std::vector<std::string> dids;  ///< only these authors; empty: all
    std::chrono::milliseconds rewind{5'000};
    bool compress = false;
    std::string dictionary{};  ///< for v1: its bytes
    WebSocket::Options socket{};
  };
  JetstreamConnection(Options options, std::shared_ptr<JetstreamShared> shared);

  Ending Run(FeedSink& sink) override;
  void Interrupt() noexcept override;

  /// Whether the server at `url` agrees to stream: connects, and leaves at once. kUnavailable says
  /// why not, at the latest after `within`, which bounds name, TCP, TLS and the upgrade together.
  static Status Knock(const std::string& url, std::chrono::milliseconds within);
  /// The address as it is asked: without a path it is the first wire's.
  static std::string Whole(std::string url);
  /// True for addresses of the second wire.
  static bool IsV2(const std::string& url);
  /// "wss://host:port/path" -> "host:port".
  static std::string HostOf(const std::string& url);

 private:
  [[nodiscard]] std::string Address(const std::string& url) const;
  void Prepare(const std::string& url);
  void FetchDictionary(const std::string& url);
  void UseDictionary(std::string_view bytes);
  void GiveUpPacking(const std::string& why);
  [[nodiscard]] Ending EndingOf(const WebSocketEnd& end, const std::string& error);

  const Options options_;
  const std::shared_ptr<JetstreamShared> shared_;
  WebSocket socket_;
  HttpStream http_;
  std::atomic<bool> interrupted_{false};
  std::size_t at_ = 0;  ///< of options_.urls
  bool pack_;
  bool from_now_ = false;  ///< the cursor was too old for this server
  std::optional<ZstdFrames> frames_;
};

}  // namespace hb
