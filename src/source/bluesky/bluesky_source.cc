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
    : FeedSource({kName, "Bluesky"}, IdentityOf(options.connection), options.queue_bytes, env),
      options_(std::move(options)) {}

std::string BlueskySource::Title() const {
  return JetstreamConnection::HostOf(options_.connection.urls.front());
}

Status BlueskySource::Resume(const Position& position) {
  HB_ASSIGN(position_, JetstreamPosition::Read(position));
  if (position_.time_us > 0) AdvanceMark(FromMicros(position_.time_us) - kDisorder);
  return Ok();
}

std::unique_ptr<FeedConnection> BlueskySource::Connect() {
  if (position_.time_us == 0 && options_.history.count() > 0)
    position_.time_us = Micros(clock().Now() - options_.history);
  shared_->read_us = position_.time_us;
  return std::make_unique<JetstreamConnection>(options_.connection, shared_);
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

void BlueskySource::UseMessage(const FeedItem& item, Intake& out) {
  position_.heard = item.at;
  const std::size_t posts_before = out.posts.size();
  std::vector<WireFault> faults;
  WireSink sink{.posts = out.posts, .redactions = out.redactions, .faults = faults};
  JetstreamEvent event;
  const Status status =
      events_.Parse(item.bytes, {.source = kName, .row_id = {}, .arrival = item.at}, sink, event);
  if (event.time_us > 0 && !holes_.empty()) SettleHoles(event.time_us, out);
  if (!status.ok()) {
    AddDead(item, item.bytes,
            event.time_us > 0 ? fmt::format("event of {} us", event.time_us)
                              : fmt::format("event behind {} us", position_.time_us),
            status.error().message, out);
  }
  CountMessage(out.posts.size() - posts_before);
  // A server whose clock is ahead must not take the cursor along.
  const std::int64_t most = Micros(item.at + kDisorder);
  const std::int64_t time_us = std::min(event.time_us, most);
  if (time_us <= position_.time_us) return;
  position_.time_us = time_us;
  shared_->read_us = time_us;
  AdvanceMark(FromMicros(time_us) - kDisorder);
  if (!position_.filling.empty()) MarkFilled(out);
}

void BlueskySource::UseHole(const FeedItem& item, Intake& out) {
  (void)out;  // the first event behind it tells what it is
  holes_.push_back({.from = item.from, .to = item.at, .cause = item.bytes});
}

void BlueskySource::UsedAll(EventTime last) {
  (void)last;
  // Until the first event tells, a crash must not forget them: nothing is committed past a hole.
  if (holes_.empty()) return;
  const EventTime from = holes_.front().from;
  position_.heard = position_.heard == EventTime{} ? from : std::min(position_.heard, from);
}

void BlueskySource::HeardNothing(EventTime heard) {
  if (!holes_.empty() || !position_.filling.empty()) return;
  // Who listens and hears nothing has missed nothing.
  if (position_.time_us > 0) AdvanceMark(clock().Now() - kDisorder);
  position_.heard = std::max(position_.heard, heard);
}

FeedSource::Standing BlueskySource::HowItStands() const {
  const MutexLock lock(shared_->mutex);
  return {.host = shared_->host, .note = shared_->note, .catching_up = !position_.filling.empty()};
}

}  // namespace hb
