#include "source/x/x_compliance_feeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "source/x/x_connection.h"

namespace hb {

namespace {

using std::chrono::milliseconds;
constexpr int kPartitions = 4;
constexpr std::size_t kItemsATurn = 100;
constexpr std::size_t kQueueBytes = std::size_t{4} << 20;  // events are small
constexpr const char* kPaths[] = {"/2/tweets/compliance/stream", "/2/users/compliance/stream"};

}  // namespace

XComplianceFeeds::XComplianceFeeds(const Options& options, Clock& clock) {
  for (const char* path : kPaths) {
    for (int partition = 1; partition <= kPartitions; ++partition) {
      XConnection::Options connection{
          .access = options.access,
          .path = path,
          .params = {{"partition", std::to_string(partition)}, {"backfill_minutes", "5"}},
          .post_fields = false,
          .silence = options.silence};
      feeds_.push_back(std::make_unique<Feed>(
          Feed::Options{.queue_bytes = kQueueBytes,
                        .seed = options.seed + feeds_.size(),
                        .heard_until = options.heard_until},
          std::make_unique<XConnection>(std::move(connection), clock), clock));
    }
  }
}

void XComplianceFeeds::Start() {
  for (const auto& feed : feeds_) feed->Start();
}

void XComplianceFeeds::Stop() noexcept {
  for (const auto& feed : feeds_) feed->Stop();
}

std::optional<FeedItem> XComplianceFeeds::Take() {
  for (std::size_t tried = 0; items_.empty() && tried < feeds_.size(); ++tried) {
    std::vector<FeedItem> items;
    feeds_[next_]->Take(kItemsATurn, milliseconds(0), items);
    next_ = (next_ + 1) % feeds_.size();
    for (FeedItem& item : items) {
      if (item.kind == FeedItem::Kind::kHole) {
        if (item.at - item.from > kSentAgain) longest_ = std::max(longest_, item.at - item.from);
      } else {
        items_.push_back(std::move(item));
      }
    }
  }
  if (items_.empty()) return std::nullopt;
  FeedItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

std::vector<std::string> XComplianceFeeds::Warnings() const {
  std::vector<std::string> warnings;
  for (const auto& feed : feeds_) {
    const FeedState state = feed->state();
    if (!state.stopped && !state.alarm) continue;
    warnings.push_back("X's compliance streams: " + state.detail);
    break;  // the others say the same
  }
  if (longest_ > milliseconds(0)) {
    warnings.push_back(
        fmt::format("what was deleted at X was not heard for {} minutes: `heartbeat comply` asks "
                    "for it",
                    std::chrono::ceil<std::chrono::minutes>(longest_).count()));
  }
  return warnings;
}

}  // namespace hb
