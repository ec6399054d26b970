#include "source/mastodon/mastodon_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hb {

namespace {

constexpr std::string_view kName = "mastodon";
constexpr std::chrono::milliseconds kLateness{30'000};

std::string IdentityOf(const MastodonConnection::Options& options) {
  const MastodonStream& stream = options.stream;
  return hb::IdentityOf(kName, options.base_url,
                        stream.tag.empty() ? stream.name : stream.name + ":" + stream.tag);
}

}  // namespace

MastodonSource::MastodonSource(Options options, Env& env)
    : FeedSource({kName, "Mastodon"}, IdentityOf(options.connection), options.queue_bytes, env),
      options_(std::move(options)),
      posts_(options_.posts) {}

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

std::unique_ptr<FeedConnection> MastodonSource::Connect() {
  {
    const MutexLock lock(shared_->mutex);
    shared_->newest = position_.newest;
  }
  return std::make_unique<MastodonConnection>(options_.connection, shared_);
}

void MastodonSource::NoteNewest(std::string id) {
  if (CompareMastodonIds(id, position_.newest) <= 0) return;
  position_.newest = std::move(id);
  const MutexLock lock(shared_->mutex);
  shared_->newest = position_.newest;
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

void MastodonSource::UseMessage(const FeedItem& item, Intake& out) {
  const std::size_t line = std::min(item.bytes.find('\n'), item.bytes.size());
  const std::string_view type = std::string_view(item.bytes).substr(0, line);
  const std::string_view data =
      std::string_view(item.bytes).substr(std::min(line + 1, item.bytes.size()));
  if (type == MastodonConnection::kRefilled) {
    EndRefill(data, out);
  } else {
    UseEvent(type, data, item, out);
  }
  if (filling_.empty()) position_.heard = std::max(position_.heard, item.at);
}

void MastodonSource::UseEvent(std::string_view type, std::string_view data, const FeedItem& item,
                              Intake& out) {
  const bool told = type == MastodonConnection::kStatus;
  const std::size_t posts_before = out.posts.size();
  std::vector<WireFault> faults;
  WireSink sink{.posts = out.posts, .redactions = out.redactions, .faults = faults};
  const Status status = posts_.Event(told ? "update" : type, data,
                                     {.source = kName, .row_id = {}, .arrival = item.at}, sink);
  if (!status.ok()) {
    AddDead(item, data, fmt::format("event behind status {}", position_.newest),
            status.error().message, out);
  }
  CountMessage(out.posts.size() - posts_before);
  if (told || type == "update") NoteNewest(MastodonPosts::IdOf(data));
}

void MastodonSource::UseHole(const FeedItem& item, Intake& out) {
  // Told by other servers late: what was on its way when the stream broke off is missing too.
  const Gap gap{.from = item.from, .to = item.at, .cause = item.bytes, .exact = false};
  out.gaps.push_back(gap);
  filling_.push_back(gap);
}

void MastodonSource::UsedAll(EventTime last) {
  if (filling_.empty()) {
    AdvanceMark(last - kLateness);
  } else {
    // A hole that is not refilled is found again after a restart.
    position_.heard = filling_.front().from;
  }
}

void MastodonSource::HeardNothing(EventTime heard) {
  if (!filling_.empty()) return;
  position_.heard = std::max(position_.heard, heard);
  AdvanceMark(clock().Now() - kLateness);
}

FeedSource::Standing MastodonSource::HowItStands() const {
  const MutexLock lock(shared_->mutex);
  return {.host = MastodonConnection::HostOf(options_.connection.base_url),
          .note = shared_->note,
          .catching_up = !filling_.empty()};
}

}  // namespace hb
