// simulate/jetstream.h - a stand-in for Bluesky's Jetstream, both wires.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulate/http_server.h"
#include "simulate/jetstream_json.h"
#include "simulate/world.h"

namespace hb::simulate {

/// Plays the corpus as Jetstream does:
///
///   GET /subscribe                                         v1, a WebSocket
///   GET /xrpc/network.bsky.jetstream.subscribeEvents       v2, a WebSocket
///   GET /xrpc/network.bsky.jetstream.getZstdDictionary     the dictionary of packed messages
///
/// with filters, cursors, a history of a stated length, packed messages, options_update and
/// requireHello. The dictionary is our own, made of the corpus: a client of v1 that expects the
/// published one must be given it.
///
/// Source   https://github.com/bluesky-social/jetstream: README of v1, docs/README.md of v2.
/// Threads  Any number of Handle at once.
class JetstreamApi {
 public:
  struct Options {
    std::chrono::milliseconds history{36ll * 3'600'000};  ///< how far back a cursor reaches
  };
  /// Requires: world.corpus is set. Outlived by `world`.
  JetstreamApi(Options options, World& world);
  static bool Serves(std::string_view path);
  void Handle(Exchange& exchange);
  [[nodiscard]] const std::string& dictionary() const { return dictionary_; }
  [[nodiscard]] std::uint32_t dictionary_id() const;  ///< 0: there is none

 private:
  class Player;
  void Refuse(Exchange& exchange, const std::string& error, const std::string& message) const;
  const Options options_;
  World& world_;
  const JetstreamScript script_;
  std::string dictionary_;
};

}  // namespace hb::simulate
