// simulate/stream_player.h - a stream on its way, and what goes wrong with it. Internal to
// simulate.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/split_mix.h"
#include "simulate/corpus.h"
#include "simulate/http_server.h"
#include "simulate/world.h"

namespace hb::simulate {

/// Sends messages, ends, stalls, cuts, doubles and shuffles as the world's faults say. The stand-in
/// of a network says how a message is written and how a stream ends there.
///
/// Threads  The connection's own.
class StreamPlayer {
 public:
  StreamPlayer(const StreamPlayer&) = delete;
  StreamPlayer& operator=(const StreamPlayer&) = delete;

 protected:
  static constexpr std::chrono::milliseconds kTick{5};

  struct Message {
    std::uint64_t post = Post::npos;  ///< that it brings; npos: none
    std::string text{};
  };
  /// The stream is in the ledger from here on, as one of `network`.
  StreamPlayer(World& world, Exchange& exchange, std::string_view network);
  virtual ~StreamPlayer();

  /// Sends a message, or keeps it until there are enough to be sent out of order. False, here and
  /// below: the stream is over.
  bool Give(const Message& message);
  /// Does what the next fault says once its time has come. To be asked before each message and
  /// between them.
  bool Meet();
  /// Bytes of an HTTP answer, a few at a time while the stream is slow.
  bool SendBytes(std::string_view bytes, std::size_t chunk_bytes = 0);
  /// A message of a WebSocket, the next one late while the stream is slow.
  bool SendFrame(WebSocket& socket, std::string_view bytes, bool binary = false);
  bool SendPing(WebSocket& socket);
  /// How long nothing was sent.
  [[nodiscard]] std::chrono::nanoseconds Quiet() const;
  [[nodiscard]] EventTime Now() const { return world_.clock.Now(); }

  World& world_;
  Exchange& exchange_;
  const std::string path_;
  std::string how_ = "left";  ///< how it ended, if nothing else is said

 private:
  virtual bool Write(std::string_view text) = 0;
  /// The end as the protocol has it.
  virtual void Close() = 0;
  /// The same, with the reason for it before.
  virtual void Disconnect(const std::string& reason) = 0;
  virtual std::string Malformed() = 0;  ///< a message that is cut off in the middle
  virtual std::string Unknown() = 0;    ///< one of a kind that nobody knows
  virtual void Partial() {}             ///< the next message says that parts of it are missing
  virtual void Sent(const Message& message) { (void)message; }

  bool Send(const Message& message);
  bool GiveHeld();

  SplitMix64 random_;
  const std::uint64_t stream_;  ///< in the ledger
  std::chrono::steady_clock::time_point touched_, slow_until_{};
  std::optional<Fault> fault_;
  std::uint64_t fault_from_ = 0;
  std::uint32_t twice_ = 0;
  std::size_t shuffle_ = 0;
  std::vector<Message> held_;
};

}  // namespace hb::simulate
