#include "source/mastodon/mastodon_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace hb {

namespace {

constexpr std::string_view kName = "mastodon";
constexpr std::chrono::milliseconds kLateness{30'000};

std::string IdentityOf(const MastodonConnection::Options& options) {
  std::string name = fmt::format("{}:{}:{}", kName, MastodonConnection::HostOf(options.base_url),
                                 options.stream.name);
  if (!options.stream.tag.empty()) name += ":" + options.stream.tag;
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) return fmt::format("{}:{:016x}", kName, Hash64(name));
  return name;
}

}  // namespace

MastodonSource::MastodonSource(Options options, Env& env)
    : options_(std::move(options)),
      identity_(IdentityOf(options_.connection)),
      env_(env),
      posts_(options_.posts) {}

MastodonSource::~MastodonSource() { Stop(); }

std::string MastodonSource::Title() const {
  const MastodonStream& stream = options_.connection.stream;
  const std::string host = MastodonConnection::HostOf(options_.connection.base_url);
  return stream.tag.empty() ? fmt::format("{}, {}", host, stream.name)
                            : fmt::format("{}, #{}", host, stream.tag);
}

Status MastodonSource::Resume(const Position& position) {
  HB_ASSIGN(position_, MastodonPosition::Read(position));
  return Ok();
}

void MastodonSource::Begin() {
  Feed::Options options;
  options.queue_bytes = options_.queue_bytes;
  options.seed = Hash64(identity_, static_cast<std::uint64_t>(ToMillis(env_.clock.Now())));
  options.heard_until = position_.heard;
  {
    const MutexLock lock(shared_->mutex);
    shared_->newest = position_.newest;
  }
  feed_ = std::make_unique<Feed>(
      options, std::make_unique<MastodonConnection>(options_.connection, shared_), env_.clock);
  started_ = feed_.get();
  feed_->Start();
  if (stopped_) feed_->Stop();
}

void MastodonSource::NoteNewest(std::string id) {
  if (CompareMastodonIds(id, position_.newest) <= 0) return;
  position_.newest = std::move(id);
  const MutexLock lock(shared_->mutex);
  shared_->newest = position_.newest;
}

void MastodonSource::AddDead(const FeedItem& item, std::string_view raw, std::string reason,
                             Intake& out) {
  DeadLetter& dead = out.dead.emplace_back();
  dead.time = item.at;
  dead.source = kName;
  dead.location = fmt::format("event behind status {}", position_.newest);
  dead.reason = std::move(reason);
  dead.cut = raw.size() > DeadLetter::kMaxRawBytes;
  dead.raw = raw.substr(0, DeadLetter::kMaxRawBytes);
  ++dead_;
}

void MastodonSource::EndRefill(std::string_view why_not, Intake& out) {
  for (Gap& gap : filling_) {
    if (why_not.empty()) {
      gap.refilled = kMicro;
    } else {
      gap.cause += fmt::format("; not refilled to its end: {}", why_not);
    }
    out.gaps.push_back(std::move(gap));
  }
  filling_.clear();
}

void MastodonSource::Use(const FeedItem& item, Intake& out) {
  const std::size_t line = std::min(item.bytes.find('\n'), item.bytes.size());
  const std::string_view type = std::string_view(item.bytes).substr(0, line);
  const std::string_view data =
      std::string_view(item.bytes).substr(std::min(line + 1, item.bytes.size()));
  if (type == MastodonConnection::kRefilled) return EndRefill(data, out);
  ++rows_;
  const bool told = type == MastodonConnection::kStatus;
  const std::size_t posts_before = out.posts.size();
  std::vector<WireFault> faults;
  WireSink sink{.posts = out.posts, .redactions = out.redactions, .faults = faults};
  const Status status = posts_.Event(told ? "update" : type, data,
                                     {.source = kName, .row_id = {}, .arrival = item.at}, sink);
  if (!status.ok()) AddDead(item, data, status.error().message, out);
  posts_given_ += out.posts.size() - posts_before;
  if (told || type == "update") NoteNewest(MastodonPosts::IdOf(data));
}

Result<PollState> MastodonSource::Poll(std::size_t limit, std::chrono::milliseconds wait,
                                       Intake& out) {
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  if (!feed_) Begin();
  items_.clear();
  feed_->Take(limit, wait, items_);
  for (const FeedItem& item : items_) {
    if (item.kind == FeedItem::Kind::kMessage) {
      Use(item, out);
    } else if (item.at > item.from) {
      // Told by other servers late: what was on its way when the stream broke off is missing too.
      const Gap gap{.from = item.from, .to = item.at, .cause = item.bytes, .exact = false};
      out.gaps.push_back(gap);
      filling_.push_back(gap);
    }
    if (filling_.empty()) position_.heard = std::max(position_.heard, item.at);
  }
  // A hole that is not refilled is found again after a restart.
  if (!filling_.empty()) position_.heard = filling_.front().from;
  if (items_.empty()) {
    if (stopped_) return Error{Code::kCancelled, "stopped"};
    const FeedState state = feed_->state();
    if (state.phase == FeedState::Phase::kStopped)
      return Error{Code::kInvalidArgument, "mastodon: " + state.detail};
    if (state.phase == FeedState::Phase::kListening && filling_.empty()) {
      position_.heard = std::max(position_.heard, state.heard);
      mark_ms_ = std::max<std::int64_t>(mark_ms_, ToMillis(env_.clock.Now() - kLateness));
    }
  } else if (filling_.empty()) {
    mark_ms_ = std::max<std::int64_t>(mark_ms_, ToMillis(items_.back().at - kLateness));
  }
  out.end = position_.Text();
  return items_.empty() ? PollState::kIdle : PollState::kMore;
}

Status MastodonSource::Acknowledge(const Position& position) {
  (void)position;  // the server keeps its timeline for as long as it likes
  return Ok();
}

void MastodonSource::Stop() noexcept {
  stopped_ = true;
  if (Feed* feed = started_) feed->Stop();
}

std::optional<EventTime> MastodonSource::Watermark() const {
  const std::int64_t mark = mark_ms_;
  if (mark == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return FromMillis(mark);
}

Progress MastodonSource::GetProgress() const {
  Progress progress;
  progress.rows = rows_;
  progress.posts = posts_given_;
  progress.dead_letters = dead_;
  return progress;
}

SourceHealth MastodonSource::GetHealth() const {
  SourceHealth health;
  if (!feed_) return health;
  const FeedState state = feed_->state();
  health.waiting = state.phase != FeedState::Phase::kListening;
  const MutexLock lock(shared_->mutex);
  health.detail = health.waiting
                      ? state.detail
                      : "connected to " + MastodonConnection::HostOf(options_.connection.base_url);
  if (!health.waiting && !shared_->note.empty()) health.detail += "; " + shared_->note;
  if (!health.waiting && !filling_.empty()) health.detail += "; catching up";
  if (state.alarm) health.warning = "Mastodon does not answer: " + state.detail;
  return health;
}

}  // namespace hb
