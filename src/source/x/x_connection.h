// source/x/x_connection.h - one of X's streams as a feed listens to it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_stream.h"
#include "source/feed.h"
#include "source/x/x_client.h"

namespace hb {

/// A never-ending HTTP answer whose messages end with a line break; blank lines keep it alive.
/// https://docs.x.com/x-api/fundamentals/consuming-streaming-data
///
/// Memory   A line longer than max_line_bytes is handed on as far as that, the rest is passed over.
class XConnection : public FeedConnection {
 public:
  struct Options {
    XAccess access;
    std::string path;         ///< "/2/tweets/search/stream"
    XParams params{};         ///< beside the fields
    bool post_fields = true;  ///< ask for all that is read of a post
    /// X sends something at least every 20 s.
    std::chrono::milliseconds silence{21'000};
    std::size_t max_line_bytes = std::size_t{4} << 20;
    /// Asked before each connection: why there must be none now, and nothing to go on. `prepare`:
    /// the server had no rules. May be empty.
    std::function<std::optional<Ending>(bool prepare)> gate{};
  };
  XConnection(Options options, Clock& clock) : options_(std::move(options)), clock_(clock) {}

  std::optional<Ending> Prepare() override;
  Ending Run(FeedSink& sink) override;
  void Interrupt() noexcept override { http_.Interrupt(); }

 private:
  /// False: enough.
  bool Split(std::string_view piece, FeedSink& sink);
  bool Line(std::string_view line, FeedSink& sink);

  const Options options_;
  Clock& clock_;
  HttpStream http_;
  XAnswers answers_;
  XVocabulary vocabulary_ = XVocabulary::kTweet;
  std::string partial_;           ///< of a line
  bool skipping_ = false;         ///< the rest of a line that was too long
  std::optional<Ending> ending_;  ///< that the stream itself announced
};

}  // namespace hb
