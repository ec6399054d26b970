// The present: filtered stream and sample stream, with what may go wrong.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/split_mix.h"
#include "simulate/x_api.h"
#include "wire/times.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::chrono::milliseconds kTick{5};
constexpr std::chrono::milliseconds kOldConnection{1'000};  ///< may be seen to live so long
constexpr std::size_t kSlowBytes = 16;                      ///< a tick of a slow stream

}  // namespace

/// One stream on its way: plays posts when they are due and does what its faults say.
class XApi::Player {
 public:
  Player(XApi& api, Exchange& exchange, XFields fields, bool sample)
      : api_(api),
        exchange_(exchange),
        fields_(std::move(fields)),
        sample_(sample),
        path_(exchange.request().path),
        random_(Hash64(path_, exchange.connection())) {}

  /// Plays from `next` on, until the end of the connection or the moment `until`.
  void Play(std::uint64_t next, EventTime until) {
    next_ = next;
    stream_ = api_.world_.ledger.Open("x", path_, Now());
    touched_ = api_.world_.clock.Steady();
    while (Meet() && PlayDue(until)) {
      if (Now() >= until && next_ >= api_.world_.corpus->FirstAt(until)) {
        exchange_.Finish();
        how_ = "done";
        break;
      }
      if (api_.world_.clock.Steady() - touched_ >= api_.options_.keep_alive && !Write("\r\n"))
        break;
      if (!exchange_.Wait(kTick)) break;
    }
    api_.world_.ledger.Close(stream_, how_, Now());
  }

 private:
  [[nodiscard]] EventTime Now() const { return api_.world_.clock.Now(); }

  bool Write(std::string_view text) {
    touched_ = api_.world_.clock.Steady();
    if (touched_ >= slow_until_) return exchange_.Send(text, api_.options_.chunk_bytes);
    while (!text.empty()) {
      const std::string_view piece = text.substr(0, kSlowBytes);
      text.remove_prefix(piece.size());
      if (!exchange_.Send(piece, api_.options_.chunk_bytes) || !exchange_.Wait(kTick)) return false;
    }
    return true;
  }

  bool PlayDue(EventTime until) {
    const Corpus& corpus = *api_.world_.corpus;
    const EventTime now = std::min(Now() + std::chrono::milliseconds(1), until);
    const auto rules = api_.rules_.current();
    for (const std::uint64_t due = corpus.FirstAt(now); next_ < due; ++next_) {
      const Post post = corpus.Get(next_);
      const std::vector<XMatch>* matches = nullptr;
      if (!sample_) matches = &matcher_.Match(post, rules);
      if (sample_ ? SplitMix64(post.id).Unit() >= api_.options_.sample : matches->empty()) continue;
      if (!Meet() || !Give(post, XMessage(post, fields_, matches) + "\r\n")) return false;
    }
    return true;
  }

  /// Sends a message, or keeps it until there are enough to be sent out of order.
  bool Give(const Post& post, std::string message) {
    if (partial_) {
      partial_ = false;
      message.erase(message.find_last_of('}'));
      message +=
          R"(,"errors":[{"resource_type":"user","resource_id":"1","parameter":"author_id",)"
          R"("value":"1","title":"Not Found Error","detail":"Could not find user with id: [1].",)"
          R"("type":"https://api.twitter.com/2/problems/resource-not-found"}]})"
          "\r\n";
    }
    const int times = twice_ > 0 ? 2 : 1;
    twice_ -= twice_ > 0;
    for (int i = 0; i < times; ++i) {
      if (shuffle_ > 0) {
        held_.emplace_back(post.index, message);
      } else if (!Send(post.index, message)) {
        return false;
      }
    }
    if (shuffle_ > 0 && held_.size() >= shuffle_) return GiveHeld();
    return true;
  }

  bool Send(std::uint64_t index, const std::string& message) {
    if (!Write(message)) return false;
    api_.world_.ledger.Sent(stream_, index);
    api_.Used(1);
    return true;
  }

  bool GiveHeld() {
    for (std::size_t i = held_.size(); i > 1; --i)
      std::swap(held_[i - 1], held_[random_.Next() % i]);
    shuffle_ = 0;
    for (const auto& [index, message] : held_) {
      if (!Send(index, message)) return false;
    }
    held_.clear();
    return true;
  }

  /// Does what the next fault says once its time has come. False: the stream is over.
  bool Meet() {
    if (!fault_) {
      fault_ = api_.world_.faults.Take(path_);
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
        exchange_.Finish();
        return false;
      case FaultKind::kStall:
        if (!exchange_.Wait(fault_->length)) {
          how_ = "left during a stall";
          return false;
        }
        break;
      case FaultKind::kSlow: slow_until_ = api_.world_.clock.Steady() + fault_->length; break;
      case FaultKind::kDouble: twice_ = static_cast<int>(fault_->messages); break;
      case FaultKind::kShuffle: shuffle_ = std::max<std::size_t>(fault_->messages, 2); break;
      case FaultKind::kMalformed:
        if (!Write("{\"data\":{\"id\":\"1\",\"text\":\"this is cut o\r\n")) return false;
        break;
      case FaultKind::kUnknown:
        if (!Write("{\"surprise\":{\"kind\":\"something new\",\"list\":[1,2,{}]}}\r\n"))
          return false;
        break;
      case FaultKind::kPartial: partial_ = true; break;
      case FaultKind::kDisconnect:
        how_ = "disconnected";
        if (Write(fmt::format(R"({{"errors":[{{"title":"operational-disconnect",)"
                              R"("disconnect_type":"{}","detail":"This stream has been )"
                              R"(disconnected upstream for operational reasons.","type":)"
                              R"("https://api.twitter.com/2/problems/operational-disconnect"}}]}})"
                              "\r\n",
                              fault_->reason))) {
          exchange_.Finish();
        }
        return false;
    }
    fault_.reset();
    return true;
  }

  XApi& api_;
  Exchange& exchange_;
  const XFields fields_;
  const bool sample_;
  const std::string path_;
  SplitMix64 random_;
  XMatcher matcher_;
  std::uint64_t next_ = 0, stream_ = 0;
  std::chrono::steady_clock::time_point touched_{}, slow_until_{};
  std::string how_ = "left";  ///< how it ended, if nothing else is said
  std::optional<Fault> fault_;
  std::uint64_t fault_from_ = 0;
  int twice_ = 0;
  std::size_t shuffle_ = 0;
  bool partial_ = false;
  std::vector<std::pair<std::uint64_t, std::string>> held_;
};

void XApi::Stream(Exchange& exchange, bool sample, const Headers& headers) {
  const Request& request = exchange.request();
  XFields fields;
  const std::vector<std::string_view> others = {"backfill_minutes", "start_time", "end_time"};
  if (auto bad = ReadFields(request, options_.vocabulary, others, fields))
    return BadRequest(exchange, headers, std::move(*bad));
  const EventTime now = world_.clock.Now();
  EventTime from = now, until = EventTime::max();
  if (const std::string* text = request.Param("backfill_minutes")) {
    if (text->size() != 1 || (*text)[0] < '0' || (*text)[0] > '5') {
      return BadRequest(
          exchange, headers,
          {"backfill_minutes", *text,
           "The `backfill_minutes` query parameter value [" + *text + "] is not between 0 and 5"});
    }
    from = now - std::chrono::minutes((*text)[0] - '0');
  }
  for (const char* name : {"start_time", "end_time"}) {
    const std::string* text = request.Param(name);
    if (text == nullptr) continue;
    const auto time = ParsePostTime(*text);
    if (!time) {
      return BadRequest(exchange, headers,
                        {name, *text, fmt::format("The `{}` is not a valid time", name)});
    }
    (std::string_view(name) == "start_time" ? from : until) = *time;
  }
  if (!sample && rules_.size() == 0) {
    exchange.Answer(409, kJson,
                    XProblem(409, "ConnectionException", "streaming-connection",
                             "Your client app has no rules for this stream: add at least one.",
                             R"("connection_issue":"RuleConfigurationIssue")"),
                    headers);
    return;
  }
  // A client may come back before the thread of its old connection has seen the end.
  // What is asked for again is no connection to the present.
  const bool recovery = until != EventTime::max();
  const std::string kind = request.path + (recovery ? " again" : "");
  bool taken = TakeConnection(kind);
  for (auto waited = kTick; !taken && waited < kOldConnection && exchange.Wait(kTick);
       waited += kTick) {
    taken = TakeConnection(kind);
  }
  if (!taken) {
    return Refuse(exchange,
                  {.kind = FaultKind::kRefuse, .path = {}, .reason = "too-many-connections"},
                  headers);
  }
  if (exchange.Begin(200, kJson, headers)) {
    Player(*this, exchange, std::move(fields), sample).Play(world_.corpus->FirstAt(from), until);
  }
  GiveConnection(kind);
}

}  // namespace hb::simulate
