#include "simulate/stream_player.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace hb::simulate {

namespace {
constexpr std::size_t kSlowBytes = 16;  ///< a tick of a slow stream
}

StreamPlayer::StreamPlayer(World& world, Exchange& exchange, std::string_view network)
    : world_(world),
      exchange_(exchange),
      path_(exchange.request().path),
      random_(Hash64(path_, exchange.connection())),
      stream_(world.ledger.Open(network, path_, world.clock.Now())),
      touched_(world.clock.Steady()) {}

StreamPlayer::~StreamPlayer() { world_.ledger.Close(stream_, how_, Now()); }

std::chrono::nanoseconds StreamPlayer::Quiet() const { return world_.clock.Steady() - touched_; }

bool StreamPlayer::SendBytes(std::string_view bytes, std::size_t chunk_bytes) {
  touched_ = world_.clock.Steady();
  if (touched_ >= slow_until_) return exchange_.Send(bytes, chunk_bytes);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kSlowBytes);
    bytes.remove_prefix(piece.size());
    if (!exchange_.Send(piece, chunk_bytes) || !exchange_.Wait(kTick)) return false;
  }
  return true;
}

bool StreamPlayer::SendFrame(WebSocket& socket, std::string_view bytes, bool binary) {
  touched_ = world_.clock.Steady();
  if (touched_ < slow_until_ && !exchange_.Wait(kTick)) return false;
  return binary ? socket.SendBinary(bytes) : socket.SendText(bytes);
}

bool StreamPlayer::SendPing(WebSocket& socket) {
  touched_ = world_.clock.Steady();
  return socket.Ping();
}

bool StreamPlayer::Give(const Message& message) {
  const int times = twice_ > 0 ? 2 : 1;
  twice_ -= twice_ > 0;
  for (int i = 0; i < times; ++i) {
    if (shuffle_ > 0) {
      held_.push_back(message);
    } else if (!Send(message)) {
      return false;
    }
  }
  return shuffle_ == 0 || held_.size() < shuffle_ || GiveHeld();
}

bool StreamPlayer::Send(const Message& message) {
  if (!Write(message.text)) return false;
  if (message.post == Post::npos) return true;
  world_.ledger.Sent(stream_, message.post);
  Sent(message);
  return true;
}

bool StreamPlayer::GiveHeld() {
  for (std::size_t i = held_.size(); i > 1; --i) std::swap(held_[i - 1], held_[random_.Next() % i]);
  shuffle_ = 0;
  const std::vector<Message> held = std::exchange(held_, {});
  return std::all_of(held.begin(), held.end(), [&](const Message& each) { return Send(each); });
}

bool StreamPlayer::Meet() {
  if (!fault_) {
    fault_ = world_.faults.Take(path_);
    if (!fault_) return true;
    fault_from_ = exchange_.bytes_written();
    if (fault_->kind == FaultKind::kCut || fault_->kind == FaultKind::kReset) {
      const bool reset = fault_->kind == FaultKind::kReset;
      how_ = reset ? "reset" : "cut";
      exchange_.CutAfter(fault_->after_bytes, reset ? End::kReset : End::kClose);
    }
  }
  if (exchange_.bytes_written() - fault_from_ < fault_->after_bytes) return true;
  switch (fault_->kind) {
    case FaultKind::kRefuse: break;
    case FaultKind::kCut:
    case FaultKind::kReset: return false;
    case FaultKind::kClose:
      how_ = "closed";
      Close();
      return false;
    case FaultKind::kStall:
      if (!exchange_.Wait(fault_->length)) {
        how_ = "left during a stall";
        return false;
      }
      break;
    case FaultKind::kSlow: slow_until_ = world_.clock.Steady() + fault_->length; break;
    case FaultKind::kDouble: twice_ = fault_->messages; break;
    case FaultKind::kShuffle: shuffle_ = std::max<std::size_t>(fault_->messages, 2); break;
    case FaultKind::kMalformed:
      if (!Write(Malformed())) return false;
      break;
    case FaultKind::kUnknown:
      if (!Write(Unknown())) return false;
      break;
    case FaultKind::kPartial: Partial(); break;
    case FaultKind::kDisconnect:
      how_ = "disconnected";
      Disconnect(fault_->reason);
      return false;
  }
  fault_.reset();
  return true;
}

}  // namespace hb::simulate
