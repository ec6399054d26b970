// simulate/mastodon.h - a stand-in for a Mastodon server.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulate/http_server.h"
#include "simulate/world.h"

namespace hb::simulate {

/// Plays the corpus as the public conversation of a server:
///
///   GET /api/v1/streaming/public[/local|/remote], /hashtag[/local]?tag=x   server-sent events
///   GET /api/v1/streaming?stream=public[:local|:remote], hashtag[:local]&tag=x  WebSocket, which
///                                                     also hears subscribe and unsubscribe
///   GET /api/v1/streaming/health                                           OK
///   GET /api/v1/timelines/public, /api/v1/timelines/tag/x                  pages: limit, min_id,
///                                                     since_id, max_id, local, remote
///   GET /api/v1/instance, /api/v2/instance
///
/// A stream tells posts, edits and deletes when they happen, and `:thump`, or pings, in between.
/// Every second author lives here, the others at remote.example; each seventh post is unlisted, so
/// that it is told to nobody.
///
/// Source   https://docs.joinmastodon.org/methods/streaming/, .../timelines/, .../instance/.
/// Threads  Any number of Handle at once.
class MastodonApi {
 public:
  struct Options {
    std::string token{};  ///< streams want it; "": nobody is asked. Timelines are open.
    std::chrono::milliseconds thump_every{15'000};
  };
  /// Requires: world.corpus is set. Outlived by `world`.
  MastodonApi(Options options, World& world) : options_(std::move(options)), world_(world) {}
  static bool Serves(std::string_view path) { return path.starts_with("/api/"); }
  void Handle(Exchange& exchange);

  /// Which posts a stream or a timeline has.
  struct Choice {
    bool local = false, remote = false;
    std::string tag{};  ///< "": all
  };
  /// True if it is public and among `choice`; edits are not told as posts.
  static bool IsTold(const Post& post, const Choice& choice);
  /// This server's id of a post: its moment in the bits from 16 up.
  static std::string IdOf(const Post& post);
  /// The ActivityPub uri of a post; of an edit that of its first version.
  std::string UriOf(const Post& post) const;
  std::string StatusOf(const Post& post, const std::string& host) const;

 private:
  class Player;
  /// What a stream tells, by the name that it has there.
  struct Channel {
    std::string name;  ///< "public:local", "hashtag"
    Choice choice{};
  };
  /// Nothing: there is none of that name, or a hashtag's without a tag.
  static std::optional<Channel> ChannelOf(const std::string& name, const std::string& tag);
  void Stream(Exchange& exchange);
  void Timeline(Exchange& exchange, const Choice& choice) const;
  void Instance(Exchange& exchange, bool v2) const;
  const Options options_;
  World& world_;
};

}  // namespace hb::simulate
