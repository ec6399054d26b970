#include "source/feed_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/hash.h"

namespace hb {

std::string HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

std::string IdentityOf(std::string_view kind, std::string_view url, std::string_view name) {
  std::string identity = fmt::format("{}:{}:{}", kind, HostOf(url), name);
  constexpr std::size_t kLongest = 200;
  if (identity.size() > kLongest) return fmt::format("{}:{:016x}", kind, Hash64(identity));
  return identity;
}

FeedSource::FeedSource(Network network, std::string identity, std::size_t queue_bytes, Env& env)
    : network_(network), identity_(std::move(identity)), queue_bytes_(queue_bytes), env_(env) {}

FeedSource::~FeedSource() { FeedSource::Stop(); }

void FeedSource::Begin() {
  Feed::Options options;
  options.queue_bytes = queue_bytes_;
  options.seed = Hash64(identity_, static_cast<std::uint64_t>(ToMillis(env_.clock.Now())));
  options.heard_until = HeardUntil();
  feed_ = std::make_unique<Feed>(options, Connect(), env_.clock);
  started_ = feed_.get();
  feed_->Start();
  if (stopped_) feed_->Stop();
}

Result<PollState> FeedSource::Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) {
  const Error stopped{Code::kCancelled, "stopped"};
  if (stopped_) return stopped;
  if (!feed_) Begin();
  items_.clear();
  feed_->Take(limit, wait, items_);
  for (const FeedItem& item : items_) {
    if (item.kind == FeedItem::Kind::kMessage) {
      UseMessage(item, out);
    } else if (item.at > item.from) {
      UseHole(item, out);
    }
  }
  if (!items_.empty()) {
    UsedAll(items_.back().at);
  } else {
    if (stopped_) return stopped;
    const FeedState state = feed_->state();
    if (state.phase == FeedState::Phase::kStopped) {
      return Error{Code::kInvalidArgument,
                   std::string(network_.kind).append(": ").append(state.detail)};
    }
    if (state.phase == FeedState::Phase::kListening) HeardNothing(state.heard);
  }
  out.end = PositionNow();
  return items_.empty() ? PollState::kIdle : PollState::kMore;
}

Status FeedSource::Acknowledge(const Position& position) {
  (void)position;
  return Ok();
}

void FeedSource::Stop() noexcept {
  stopped_ = true;
  if (Feed* feed = started_) feed->Stop();
}

void FeedSource::AddDead(const FeedItem& item, std::string_view raw, std::string location,
                         std::string reason, Intake& out) {
  out.dead.push_back(
      MakeDeadLetter(item.at, network_.kind, std::move(location), std::move(reason), raw));
  ++dead_;
}

void FeedSource::AdvanceMark(EventTime time) {
  const std::int64_t mark = ToMillis(time);
  if (mark > mark_ms_) mark_ms_ = mark;
}

std::optional<EventTime> FeedSource::Watermark() const {
  const std::int64_t mark = mark_ms_;
  if (mark == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return FromMillis(mark);
}

Progress FeedSource::GetProgress() const {
  Progress progress;
  progress.rows = rows_;
  progress.posts = posts_;
  progress.dead_letters = dead_;
  return progress;
}

SourceHealth FeedSource::GetHealth() const {
  SourceHealth health;
  if (!feed_) return health;
  const FeedState state = feed_->state();
  health.waiting = state.phase != FeedState::Phase::kListening;
  health.detail = state.detail;
  if (!health.waiting) {
    const Standing standing = HowItStands();
    health.detail = "connected to " + standing.host;
    if (!standing.note.empty()) health.detail += "; " + standing.note;
    if (standing.catching_up) health.detail += "; catching up";
  }
  if (state.alarm)
    health.warning = std::string(network_.title) + " does not answer: " + state.detail;
  return health;
}

}  // namespace hb
