#include "source/mastodon/entry.h"

#include <fmt/format.h>

#include <memory>

#include "source/mastodon/mastodon_source.h"

namespace hb {

namespace {

constexpr Field kFields[] = {
    {"base_url", "string", "https://mastodon.social", "The server that is read."},
    {"streaming_url", "string", "", "Where it streams; empty asks the server itself."},
    {"token", "string", "",
     "Access token of a user with read:statuses; without one most servers are asked for their "
     "timeline instead.",
     true},
    {"stream", "string", "public",
     "public, public:local, public:remote, hashtag:TAG or hashtag:local:TAG."},
    {"transport", "string", "sse",
     "How the stream comes: sse (server-sent events) or websocket, which some proxies let through "
     "better."},
    {"keep_bots", "bool", "false", "Posts of accounts that say that they are programs too."},
    {"keep_unlisted", "bool", "false",
     "Posts that are public but kept out of timelines too; private ones are never kept."},
    {"keep_noindex", "bool", "false", "Posts of accounts that ask not to be indexed too."},
    {"poll_every", "duration_ms", "10s",
     "How often the timeline is asked for where there is no stream."},
    {"rewind", "duration_ms", "1m",
     "How far a refill goes back before the newest post; what comes twice is dropped."},
    {"silence", "duration_ms", "60s", "Without a byte for so long the line is dead."},
    {"queue_bytes", "bytes", "32MiB",
     "Messages that wait to be stored; beyond it the server waits."},
    {"max_message_bytes", "bytes", "4MiB", "A longer event ends the connection."},
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  MastodonSource::Options options;
  MastodonConnection::Options& connection = options.connection;
  connection.base_url = settings.Text("base_url");
  connection.streaming_url = settings.Text("streaming_url");
  for (std::string* url : {&connection.base_url, &connection.streaming_url}) {
    while (url->ends_with('/')) url->pop_back();
  }
  const auto is_url = [](const std::string& url) {
    return (url.starts_with("https://") || url.starts_with("http://")) &&
           !MastodonConnection::HostOf(url).empty();
  };
  if (!is_url(connection.base_url))
    return Error{Code::kInvalidArgument,
                 fmt::format("base_url: '{}' is not an https:// address", connection.base_url)};
  if (!connection.streaming_url.empty() && !is_url(connection.streaming_url))
    return Error{Code::kInvalidArgument, "streaming_url: not an https:// address"};
  connection.token = settings.Text("token");
  if (connection.token.find_first_of("\r\n") != std::string::npos)
    return Error{Code::kInvalidArgument, "token: has a line break in it"};
  const auto stream = MastodonStream::Read(settings.Text("stream"));
  if (!stream) {
    return Error{Code::kInvalidArgument,
                 fmt::format("stream: '{}' is none of public, public:local, public:remote, "
                             "hashtag:TAG, hashtag:local:TAG",
                             settings.Text("stream"))};
  }
  connection.stream = *stream;
  const std::string& transport = settings.Text("transport");
  if (transport != "sse" && transport != "websocket") {
    return Error{Code::kInvalidArgument,
                 fmt::format("transport: '{}' is neither sse nor websocket", transport)};
  }
  connection.transport = transport == "sse" ? MastodonConnection::Transport::kEvents
                                            : MastodonConnection::Transport::kWebSocket;
  options.posts = {.host = MastodonConnection::HostOf(connection.base_url),
                   .keep_bots = settings.Bool("keep_bots"),
                   .keep_unlisted = settings.Bool("keep_unlisted"),
                   .keep_noindex = settings.Bool("keep_noindex")};
  struct Duration {
    const char* name;
    std::chrono::milliseconds& value;
    std::int64_t least_ms, most_ms;
  };
  const Duration durations[] = {
      {"poll_every", connection.poll_every, 100, 3'600'000},
      {"rewind", connection.rewind, 0, 3'600'000},
      {"silence", connection.silence, 100, 3'600'000},
  };
  for (const Duration& each : durations) {
    const std::int64_t ms = settings.Int(each.name);
    if (ms < each.least_ms || ms > each.most_ms) {
      return Error{Code::kInvalidArgument,
                   fmt::format("{}: from {} to {}", each.name, DurationText(each.least_ms),
                               DurationText(each.most_ms))};
    }
    each.value = std::chrono::milliseconds(ms);
  }
  const std::int64_t queue = settings.Int("queue_bytes"),
                     message = settings.Int("max_message_bytes");
  if (queue < 1024) return Error{Code::kInvalidArgument, "queue_bytes: at least 1 KiB"};
  if (message < 1024 || message > (std::int64_t{256} << 20))
    return Error{Code::kInvalidArgument, "max_message_bytes: from 1 KiB to 256 MiB"};
  options.queue_bytes = static_cast<std::size_t>(queue);
  connection.max_message_bytes = static_cast<std::size_t>(message);
  return std::unique_ptr<Source>(new MastodonSource(std::move(options), env));
}

}  // namespace

namespace source_mastodon {
const Entry<Source, Env> kEntry = {
    "mastodon",
    "The public posts of a Mastodon server as they happen; most servers stream to users only.",
    kFields, Make};
}  // namespace source_mastodon

}  // namespace hb
