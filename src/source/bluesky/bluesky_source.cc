#include "source/bluesky/bluesky_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.h"

namespace hb {

namespace {

constexpr std::string_view kName = "bluesky";
constexpr std::chrono::milliseconds kDisorder{10'000};
constexpr std::string_view kNotReached = "; the server's history does not reach back";

/// The same for all of Bluesky's own servers, so that a cursor survives a change among them.
std::string IdentityOf(const JetstreamConnection::Options& options) {
  std::set<std::string> hosts;
  for (const std::string& url : options.urls) {
    const std::string host = JetstreamConnection::HostOf(url);
    hosts.insert(host.ends_with(".bsky.network") ? "bsky.network" : host);
  }
  std::string all;
  for (const std::string& host : hosts) all += " " + host;
  for (const std::string& did : options.dids) all += "\n" + did;
  if (all == " bsky.network") return fmt::format("{}:public", kName);
  return fmt::format("{}:{:016x}", kName, Hash64(all));
}

std::int64_t Micros(EventTime time) { return ToMillis(time) * 1000; }
EventTime FromMicros(std::int64_t micros) { return FromMillis(micros / 1000); }

}  // namespace

BlueskySource::BlueskySource(Options options, Env& env)
    : options_(std::move(options)), identity_(IdentityOf(options_.connection)), env_(env) {}

BlueskySource::~BlueskySource() { Stop(); }

std::string BlueskySource::Title() const {
  return JetstreamConnection::HostOf(options_.connection.urls.front());
}

Status BlueskySource::Resume(const Position& position) {
  HB_ASSIGN(position_, JetstreamPosition::Read(position));
  if (position_.time_us > 0) AdvanceMark(FromMicros(position_.time_us));
  return Ok();
}

void BlueskySource::Begin() {
  Feed::Options options;
  options.queue_bytes = options_.queue_bytes;
  options.seed = Hash64(identity_, static_cast<std::uint64_t>(Micros(env_.clock.Now())));
  options.heard_until = position_.heard;
  if (position_.time_us == 0 && options_.history.count() > 0)
    position_.time_us = Micros(env_.clock.Now() - options_.history);
  shared_->read_us = position_.time_us;
  feed_ = std::make_unique<Feed>(
      options, std::make_unique<JetstreamConnection>(options_.connection, shared_), env_.clock);
  started_ = feed_.get();
  feed_->Start();
  if (stopped_) feed_->Stop();
}

/// The first event after a connection tells how far the replay reaches back: it is not newer than
/// what was read, unless the server has that no more.
void BlueskySource::SettleHoles(std::int64_t time_us, Intake& out) {
  const bool reached = position_.time_us > 0 && time_us <= position_.time_us;
  const EventTime told_from = reached ? EventTime{} : FromMicros(time_us);
  for (Gap& hole : holes_) {
    Gap lost = hole;
    lost.to = std::min(hole.to, told_from);
    if (lost.to > lost.from) {
      if (position_.time_us > 0) {
        lost.cause += kNotReached;
        // What was said shortly before the last byte may have been on its way.
        lost.from = std::min(lost.from, FromMicros(position_.time_us));
        lost.exact = false;
      }
      out.gaps.push_back(lost);
      hole.from = lost.to;
    }
    if (hole.to <= hole.from) continue;
    out.gaps.push_back(hole);
    if (position_.filling.size() == JetstreamPosition::kMostGaps)
      position_.filling.erase(position_.filling.begin());
    position_.filling.push_back(std::move(hole));
  }
  holes_.clear();
}

void BlueskySource::MarkFilled(Intake& out) {
  std::erase_if(position_.filling, [&](Gap& gap) {
    if (Micros(gap.to) > position_.time_us) return false;
    gap.refilled = kMicro;
    out.gaps.push_back(std::move(gap));
    return true;
  });
}

void BlueskySource::AddDead(const FeedItem& item, std::int64_t time_us, std::string reason,
                            Intake& out) {
  DeadLetter& dead = out.dead.emplace_back();
  dead.time = item.at;
  dead.source = kName;
  dead.location = time_us > 0 ? fmt::format("event of {} us", time_us)
                              : fmt::format("event behind {} us", position_.time_us);
  dead.reason = std::move(reason);
  dead.cut = item.bytes.size() > DeadLetter::kMaxRawBytes;
  dead.raw = item.bytes.substr(0, DeadLetter::kMaxRawBytes);
  ++dead_;
}

void BlueskySource::UseMessage(const FeedItem& item, Intake& out) {
  ++rows_;
  position_.heard = item.at;
  const std::size_t posts_before = out.posts.size();
  std::vector<WireFault> faults;
  WireSink sink{.posts = out.posts, .redactions = out.redactions, .faults = faults};
  JetstreamEvent event;
  const Status status =
      events_.Parse(item.bytes, {.source = kName, .row_id = {}, .arrival = item.at}, sink, event);
  if (event.time_us > 0 && !holes_.empty()) SettleHoles(event.time_us, out);
  if (!status.ok()) AddDead(item, event.time_us, status.error().message, out);
  posts_ += out.posts.size() - posts_before;
  // A server whose clock is ahead must not take the cursor along.
  const std::int64_t most = Micros(item.at + kDisorder);
  const std::int64_t time_us = std::min(event.time_us, most);
  if (time_us <= position_.time_us) return;
  position_.time_us = time_us;
  shared_->read_us = time_us;
  AdvanceMark(FromMicros(time_us));
  if (!position_.filling.empty()) MarkFilled(out);
}

void BlueskySource::AdvanceMark(EventTime time) {
  const std::int64_t mark = ToMillis(time - kDisorder);
  if (mark > mark_ms_) mark_ms_ = mark;
}

Result<PollState> BlueskySource::Poll(std::size_t limit, std::chrono::milliseconds wait,
                                      Intake& out) {
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  if (!feed_) Begin();
  items_.clear();
  feed_->Take(limit, wait, items_);
  for (const FeedItem& item : items_) {
    if (item.kind == FeedItem::Kind::kMessage) {
      UseMessage(item, out);
    } else if (item.at > item.from) {
      holes_.push_back({.from = item.from, .to = item.at, .cause = item.bytes});
    }
  }
  // Until the first event tells, a crash must not forget them: nothing is committed past a hole.
  if (!holes_.empty()) {
    const EventTime from = holes_.front().from;
    position_.heard = position_.heard == EventTime{} ? from : std::min(position_.heard, from);
  }
  out.end = position_.Text();
  if (!items_.empty()) return PollState::kMore;
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  const FeedState state = feed_->state();
  if (state.phase == FeedState::Phase::kStopped)
    return Error{Code::kInvalidArgument, "bluesky: " + state.detail};
  // Who listens and hears nothing has missed nothing.
  if (state.phase == FeedState::Phase::kListening && holes_.empty() && position_.filling.empty()) {
    if (position_.time_us > 0) AdvanceMark(env_.clock.Now());
    position_.heard = std::max(position_.heard, state.heard);
    out.end = position_.Text();
  }
  return PollState::kIdle;
}

Status BlueskySource::Acknowledge(const Position& position) {
  (void)position;  // the server keeps what was said for as long as it likes
  return Ok();
}

void BlueskySource::Stop() noexcept {
  stopped_ = true;
  if (Feed* feed = started_) feed->Stop();
}

std::optional<EventTime> BlueskySource::Watermark() const {
  const std::int64_t mark = mark_ms_;
  if (mark == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return FromMillis(mark);
}

Progress BlueskySource::GetProgress() const {
  Progress progress;
  progress.rows = rows_;
  progress.posts = posts_;
  progress.dead_letters = dead_;
  return progress;
}

SourceHealth BlueskySource::GetHealth() const {
  SourceHealth health;
  if (!feed_) return health;
  const FeedState state = feed_->state();
  health.waiting = state.phase != FeedState::Phase::kListening;
  const MutexLock lock(shared_->mutex);
  health.detail = health.waiting ? state.detail : "connected to " + shared_->host;
  if (!health.waiting && !shared_->note.empty()) health.detail += "; " + shared_->note;
  if (!health.waiting && !position_.filling.empty()) health.detail += "; catching up";
  if (state.alarm) health.warning = "Bluesky does not answer: " + state.detail;
  return health;
}

}  // namespace hb
