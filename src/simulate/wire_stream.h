// simulate/wire_stream.h - a connected socket as Beast reads and writes it. Internal to simulate.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>

#include "simulate/http_server.h"

namespace hb::simulate {

/// Owns a socket. Bounds every wait, counts what is written, and ends the connection behind a given
/// byte: faults are made here, below HTTP and WebSocket, so that they fall anywhere.
///
/// Threads  One, but for Interrupt.
class WireStream {
 public:
  using executor_type = boost::asio::system_executor;
  using Error = boost::beast::error_code;

  WireStream(int fd, std::chrono::milliseconds read_timeout,
             std::chrono::milliseconds write_timeout)
      : fd_(fd), read_timeout_(read_timeout), write_timeout_(write_timeout) {}
  WireStream(const WireStream&) = delete;
  WireStream& operator=(const WireStream&) = delete;
  ~WireStream() { Close(); }

  executor_type get_executor() const { return {}; }

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, Error& error) {
    error = {};
    const boost::asio::mutable_buffer into = First<boost::asio::mutable_buffer>(buffers);
    if (into.size() == 0) return 0;
    if (!Ready(POLLIN, read_timeout_)) return Fail(error, boost::asio::error::timed_out);
    const ssize_t got = ::recv(fd_, into.data(), std::min(into.size(), most_read_), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return Fail(error, boost::asio::error::eof);
    return Fail(error, boost::asio::error::connection_reset);
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    Error error;
    const std::size_t got = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return got;
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers, Error& error) {
    error = {};
    const boost::asio::const_buffer from = First<boost::asio::const_buffer>(buffers);
    if (from.size() == 0) return 0;
    const std::uint64_t allowed = cut_at_ - written_;
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(from.size(), allowed));
    ssize_t sent = 0;
    if (size > 0 && !ended_) {
      if (!Ready(POLLOUT, write_timeout_)) return Fail(error, boost::asio::error::timed_out);
      sent = ::send(fd_, from.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return Fail(error, boost::asio::error::connection_reset);
      sent = std::max<ssize_t>(sent, 0);
      written_ += static_cast<std::uint64_t>(sent);
    }
    if (written_ == cut_at_) End(cut_how_);
    if (ended_) error = boost::asio::error::broken_pipe;
    return static_cast<std::size_t>(sent);
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    Error error;
    const std::size_t sent = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return sent;
  }

  /// Who reads gets no byte more than it needs: a WebSocket keeps what it has read ahead to itself,
  /// and a message there would not be Readable. Its clients say little.
  void ReadByteByByte() { most_read_ = 1; }
  /// Whether bytes to read, or the end, are there within `time`.
  bool Readable(std::chrono::milliseconds time) { return Ready(POLLIN | POLLRDHUP, time); }
  void CutAfter(std::uint64_t bytes, simulate::End how) {
    cut_at_ = written_ + bytes;
    cut_how_ = how;
    if (bytes == 0) End(how);
  }
  /// Ends the connection: nothing more is written.
  void End(simulate::End how);
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// Makes every wait of the owning thread end, now and later. Never at once with Close.
  void Interrupt() {
    interrupted_ = true;
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
  }
  /// Gives the socket back: nothing of this object is used after it, but Interrupt.
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  template <typename Buffer, typename Buffers>
  static Buffer First(const Buffers& buffers) {
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers); ++it) {
      const Buffer buffer(*it);
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }
  template <typename Value>
  std::size_t Fail(Error& error, Value value) {
    error = value;
    ended_ = true;
    return 0;
  }
  bool Ready(short events, std::chrono::milliseconds time);

  int fd_;
  const std::chrono::milliseconds read_timeout_, write_timeout_;
  std::uint64_t written_ = 0, cut_at_ = std::numeric_limits<std::uint64_t>::max();
  simulate::End cut_how_ = simulate::End::kClose;
  std::size_t most_read_ = std::numeric_limits<std::size_t>::max();
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

/// Found by Beast's WebSocket when it closes.
inline void teardown(boost::beast::role_type, WireStream& stream, boost::beast::error_code& error) {
  error = {};
  stream.End(End::kClose);
}

}  // namespace hb::simulate
