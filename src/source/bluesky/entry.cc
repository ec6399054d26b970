#include "source/bluesky/entry.h"

#include <fmt/format.h>

#include <memory>

#include "source/bluesky/bluesky_source.h"

namespace hb {

namespace {

constexpr Field kFields[] = {
    {"url", "list",
     "wss://jetstream2.us-east.bsky.network/subscribe,wss://jetstream1.us-east.bsky.network/"
     "subscribe,wss://jetstream2.us-west.bsky.network/subscribe,wss://jetstream1.us-west.bsky."
     "network/subscribe",
     "Jetstream servers in the order in which they are tried; /subscribe is the first wire, "
     "/xrpc/network.bsky.jetstream.subscribeEvents the second."},
    {"dids", "list", "", "Only these authors (did:plc:...), at most 100; empty is everybody."},
    {"history", "duration_ms", "5m", "How much of the past the first start asks for."},
    {"rewind", "duration_ms", "5s",
     "How far each new connection goes back; what comes twice is dropped."},
    {"compress", "bool", "false",
     "Asks for packed messages: the second wire gives its dictionary itself, the first needs "
     "zstd_dictionary."},
    {"zstd_dictionary", "string", "",
     "File with the dictionary of the first wire (zstd_dictionary in Jetstream's repository)."},
    {"silence", "duration_ms", "20s",
     "Without a byte for so long, answers to pings included, the line is dead."},
    {"quiet", "duration_ms", "60s",
     "Without an event for so long the server is left for the next; 0 is never."},
    {"queue_bytes", "bytes", "64MiB",
     "Messages that wait to be stored; beyond it the server waits."},
    {"max_message_bytes", "bytes", "4MiB", "A longer message ends the connection."},
    {"ca_file", "string", "", "Certificates to trust (PEM); empty is those of the system."},
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  BlueskySource::Options options;
  JetstreamConnection::Options& connection = options.connection;
  connection.urls = settings.List("url");
  if (connection.urls.empty()) return Error{Code::kInvalidArgument, "url: names no server"};
  for (std::string& url : connection.urls) {
    if (!url.starts_with("ws://") && !url.starts_with("wss://"))
      return Error{Code::kInvalidArgument, fmt::format("url: '{}' is not ws:// or wss://", url)};
    url = JetstreamConnection::Whole(std::move(url));
  }
  connection.dids = settings.List("dids");
  if (connection.dids.size() > 100)
    return Error{Code::kInvalidArgument, "dids: more than 100 authors"};
  for (const std::string& did : connection.dids) {
    if (!did.starts_with("did:") || did.find_first_of("&?# ") != std::string::npos)
      return Error{Code::kInvalidArgument, fmt::format("dids: '{}' is not a did", did)};
  }
  struct Duration {
    const char* name;
    std::chrono::milliseconds& value;
    std::int64_t least_ms, most_ms;
  };
  const Duration durations[] = {
      {"history", options.history, 0, 36ll * 3'600'000},
      {"rewind", connection.rewind, 1000, 3'600'000},
      {"silence", connection.socket.silence, 100, 3'600'000},
      {"quiet", connection.socket.quiet, 0, 24ll * 3'600'000},
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
  connection.compress = settings.Bool("compress");
  if (const std::string& file = settings.Text("zstd_dictionary"); !file.empty()) {
    auto bytes = ReadFile(file);
    if (!bytes.ok())
      return Error{Code::kInvalidArgument, "zstd_dictionary: " + bytes.error().message};
    const auto frames = ZstdFrames::Create(bytes.value(), 1);
    if (!frames.ok())
      return Error{Code::kInvalidArgument,
                   fmt::format("zstd_dictionary: {}: {}", file, frames.error().message)};
    connection.dictionary = std::move(bytes).value();
  }
  const std::int64_t queue = settings.Int("queue_bytes"),
                     message = settings.Int("max_message_bytes");
  if (queue < 1024) return Error{Code::kInvalidArgument, "queue_bytes: at least 1 KiB"};
  if (message < 1024 || message > (std::int64_t{256} << 20))
    return Error{Code::kInvalidArgument, "max_message_bytes: from 1 KiB to 256 MiB"};
  options.queue_bytes = static_cast<std::size_t>(queue);
  connection.socket.max_message_bytes = static_cast<std::size_t>(message);
  connection.socket.ca_file = settings.Text("ca_file");
  return std::unique_ptr<Source>(new BlueskySource(std::move(options), env));
}

}  // namespace

namespace source_bluesky {
const Entry<Source, Env> kEntry = {
    "bluesky", "The public posts of Bluesky as they happen, by Jetstream; needs no account.",
    kFields, Make};
}  // namespace source_bluesky

}  // namespace hb
