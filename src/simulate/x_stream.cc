// The present: filtered stream and sample stream, with what may go wrong.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/split_mix.h"
#include "simulate/stream_player.h"
#include "simulate/x_api.h"
#include "wire/times.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::chrono::milliseconds kTick{5};
constexpr std::chrono::milliseconds kOldConnection{1'000};  ///< may be seen to live so long

}  // namespace

/// One stream on its way: plays posts when they are due.
class XApi::Player : private StreamPlayer {
 public:
  Player(XApi& api, Exchange& exchange, XFields fields, bool sample)
      : StreamPlayer(api.world_, exchange, "x"),
        api_(api),
        fields_(std::move(fields)),
        sample_(sample) {}

  /// Plays from `next` on, until the end of the connection or the moment `until`.
  void Play(std::uint64_t next, EventTime until) {
    next_ = next;
    while (Meet() && PlayDue(until)) {
      if (Now() >= until && next_ >= world_.corpus->FirstAt(until)) {
        exchange_.Finish();
        how_ = "done";
        break;
      }
      if (Quiet() >= api_.options_.keep_alive && !Write("\r\n")) break;
      if (!exchange_.Wait(kTick)) break;
    }
  }

 private:
  bool PlayDue(EventTime until) {
    const Corpus& corpus = *world_.corpus;
    const EventTime now = std::min(Now() + std::chrono::milliseconds(1), until);
    const auto rules = api_.rules_.current();
    for (const std::uint64_t due = corpus.FirstAt(now); next_ < due; ++next_) {
      const Post post = corpus.Get(next_);
      const std::vector<XMatch>* matches = nullptr;
      if (!sample_) matches = &matcher_.Match(post, rules);
      if (sample_ ? SplitMix64(post.id).Unit() >= api_.options_.sample : matches->empty()) continue;
      if (!Meet() || !Give({post.index, MessageOf(post, matches)})) return false;
    }
    return true;
  }

  std::string MessageOf(const Post& post, const std::vector<XMatch>* matches) {
    std::string message = XMessage(post, fields_, matches) + "\r\n";
    if (!partial_) return message;
    partial_ = false;
    message.erase(message.find_last_of('}'));
    return message +
           R"(,"errors":[{"resource_type":"user","resource_id":"1","parameter":"author_id",)"
           R"("value":"1","title":"Not Found Error","detail":"Could not find user with id: [1].",)"
           R"("type":"https://api.twitter.com/2/problems/resource-not-found"}]})"
           "\r\n";
  }

  bool Write(std::string_view text) override { return SendBytes(text, api_.options_.chunk_bytes); }
  void Close() override { exchange_.Finish(); }
  void Disconnect(const std::string& reason) override {
    if (Write(fmt::format(R"({{"errors":[{{"title":"operational-disconnect",)"
                          R"("disconnect_type":"{}","detail":"This stream has been )"
                          R"(disconnected upstream for operational reasons.","type":)"
                          R"("https://api.twitter.com/2/problems/operational-disconnect"}}]}})"
                          "\r\n",
                          reason))) {
      exchange_.Finish();
    }
  }
  std::string Malformed() override {
    return "{\"data\":{\"id\":\"1\",\"text\":\"this is cut o\r\n";
  }
  std::string Unknown() override {
    return "{\"surprise\":{\"kind\":\"something new\",\"list\":[1,2,{}]}}\r\n";
  }
  void Partial() override { partial_ = true; }
  void Sent(const Message&) override { api_.Used(1); }

  XApi& api_;
  const XFields fields_;
  const bool sample_;
  XMatcher matcher_;
  std::uint64_t next_ = 0;
  bool partial_ = false;
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
