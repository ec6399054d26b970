#include "source/demo/demo_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "record/analysis_batch.h"
#include "record/identity.h"

namespace hb {

namespace {
constexpr std::string_view kPositionTag = "demo1";
constexpr std::chrono::milliseconds kDisorder{5'000};
}  // namespace

DemoSource::DemoSource(const Options& options, Env& env)
    : options_(options), env_(env), script_(options.seed, options.rate) {}

std::string DemoSource::Identity() const { return fmt::format("demo:{:x}", options_.seed); }

std::string DemoSource::Title() const { return fmt::format("demo, seed {}", options_.seed); }

Status DemoSource::Resume(const Position& position) {
  const std::string head = fmt::format("{} {:x} ", kPositionTag, options_.seed);
  if (!position.starts_with(head)) {
    return Error{Code::kInvalidArgument,
                 fmt::format("demo: position '{}' is not one of seed {}", position, options_.seed)};
  }
  const char* begin = position.data() + head.size();
  const char* end = position.data() + position.size();
  const auto second = std::from_chars(begin, end, second_);
  std::size_t at = 0;
  if (second.ec != std::errc() || second.ptr == end || *second.ptr != ' ' ||
      std::from_chars(second.ptr + 1, end, at).ptr != end) {
    return Error{Code::kInvalidArgument, fmt::format("demo: position '{}' is damaged", position)};
  }
  at_ = at;
  begun_ = true;
  const std::int64_t oldest = (ToMillis(env_.clock.Now()) - options_.history.count()) / 1000;
  if (second_ < oldest) {
    left_out_ = second_;
    second_ = oldest;
    at_ = 0;
  }
  told_ms_ = second_ * 1000;
  return Ok();
}

void DemoSource::Begin() {
  begun_ = true;
  second_ = (ToMillis(env_.clock.Now()) - options_.history.count()) / 1000;
  at_ = 0;
}

/// Loads what is told in `second_`: nothing during an outage, and at its refill all of it.
void DemoSource::Load() {
  loaded_ = true;
  const DemoScript::Outage outage = script_.OutageOf(second_);
  events_.clear();
  if (second_ >= outage.begin && second_ < outage.end) return;
  script_.Events(second_, events_);
  std::vector<DemoEvent> first;
  if (second_ == outage.end) first.push_back({.kind = DemoEvent::Kind::kGap});
  if (second_ == outage.refill) {
    std::vector<DemoEvent> missed;
    for (std::int64_t second = outage.begin; second < outage.end; ++second) {
      script_.Events(second, missed);
      for (DemoEvent& event : missed) event.offset_ms = 0;
      first.insert(first.end(), missed.begin(), missed.end());
    }
    first.push_back({.kind = DemoEvent::Kind::kRefilled});
  }
  events_.insert(events_.begin(), first.begin(), first.end());
}

void DemoSource::GiveGap(const DemoEvent& event, Intake& out) {
  const DemoScript::Outage outage = script_.OutageOf(second_);
  out.gaps.push_back(
      {.source = {},
       .from = FromMillis(outage.begin * 1000),
       .to = FromMillis(outage.end * 1000),
       .cause = "connection lost (scripted)",
       .refilled = event.kind == DemoEvent::Kind::kRefilled ? std::uint32_t{kMicro} : 0u});
}

void DemoSource::Give(const DemoEvent& event, Intake& out) {
  if (event.kind == DemoEvent::Kind::kGap || event.kind == DemoEvent::Kind::kRefilled) {
    GiveGap(event, out);
    return;
  }
  const EventTime now = FromMillis(second_ * 1000 + event.offset_ms);
  if (event.kind != DemoEvent::Kind::kPost) {
    const std::string id = script_.IdOf(event.second, event.index);
    out.redactions.push_back({.time = now,
                              .kind = event.kind == DemoEvent::Kind::kEdit ? RedactionKind::kEdit
                                                                           : RedactionKind::kDelete,
                              .key = KeyOf(id),
                              .id = id,
                              .author = script_.AuthorOf(event.second, event.index),
                              .source = "demo",
                              .countries = {}});
    if (event.kind == DemoEvent::Kind::kDelete) return;
    script_.ComposeEdit(event.second, event.index, now, post_);
  } else {
    script_.Compose(event.second, event.index, post_);
  }
  for (const std::string& tag : post_.hashtags) out.posts.hashtags.Push(tag);
  for (const std::string& url : post_.urls) out.posts.urls.Push(url);
  out.posts.Append({.time = post_.time,
                    .key = KeyOf(post_.id),
                    .id = post_.id,
                    .source = "demo",
                    .content = post_.content,
                    .lang = post_.lang,
                    .author = post_.author,
                    .handle = post_.handle,
                    .country = post_.country,
                    .conversation = post_.conversation,
                    .chain = post_.chain,
                    .reply_to = post_.reply_to,
                    .repost_of = post_.repost_of,
                    .kind = post_.kind,
                    .flags = post_.flags,
                    .followers = post_.followers});
}

/// When the next event is due; loads the seconds up to it, at most up to the one after now.
EventTime DemoSource::NextDue() {
  const std::int64_t last = ToMillis(env_.clock.Now()) / 1000 + 1;
  for (;;) {
    if (!loaded_) {
      Load();
    }
    if (at_ < events_.size()) return FromMillis(second_ * 1000 + events_[at_].offset_ms);
    if (second_ >= last) return FromMillis((second_ + 1) * 1000);
    ++second_;
    at_ = 0;
    loaded_ = false;
  }
}

/// True if something was given.
bool DemoSource::GiveDue(std::size_t limit, Intake& out) {
  const EventTime now = env_.clock.Now();
  // A delete carries no post; they count, so that a Poll ends.
  std::size_t given = 0;
  if (left_out_ != 0) {
    out.gaps.push_back({.source = {},
                        .from = FromMillis(left_out_ * 1000),
                        .to = FromMillis(second_ * 1000),
                        .cause = "heartbeat was not running"});
    left_out_ = 0;
    ++given;
  }
  while (out.posts.size() < limit && given < 2 * limit) {
    const EventTime due = NextDue();
    if (due > now || at_ >= events_.size()) break;
    Give(events_[at_++], out);
    told_ms_ = ToMillis(due);
    ++given;
  }
  rows_.fetch_add(given, std::memory_order_relaxed);
  if (given < limit && NextDue() > now) told_ms_ = std::max(told_ms_.load(), ToMillis(now));
  out.end = fmt::format("{} {:x} {} {}", kPositionTag, options_.seed, second_, at_);
  return given > 0;
}

Result<PollState> DemoSource::Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) {
  if (!begun_) Begin();
  if (!stopped_ && GiveDue(limit, out)) return PollState::kMore;
  if (!stopped_ && wait.count() > 0) {
    const auto until = NextDue() - env_.clock.Now();
    std::unique_lock lock(stop_mutex_);
    stop_changed_.wait_for(lock, std::clamp(until, std::chrono::milliseconds(1), wait),
                           [this] { return stopped_.load(); });
  }
  if (stopped_) return Error{Code::kCancelled, "stopped"};
  return GiveDue(limit, out) ? PollState::kMore : PollState::kIdle;
}

Status DemoSource::Acknowledge(const Position& position) {
  (void)position;  // a script forgets nothing
  return Ok();
}

void DemoSource::Stop() noexcept {
  stopped_ = true;
  stop_changed_.notify_all();
}

std::optional<EventTime> DemoSource::Watermark() const {
  const std::int64_t told = told_ms_;
  if (told == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return FromMillis(told) - kDisorder;
}

Progress DemoSource::GetProgress() const {
  Progress progress;
  progress.rows = rows_;
  return progress;
}

}  // namespace hb
