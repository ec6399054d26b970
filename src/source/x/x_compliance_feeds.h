// source/x/x_compliance_feeds.h - X's compliance streams: what was deleted, as it happens.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "source/feed.h"
#include "source/x/x_client.h"

namespace hb {

/// Listens to all partitions of the compliance streams of posts and of users; for Enterprise
/// accounts. https://docs.x.com/x-api/compliance/streams/introduction
///
/// A break of up to kSentAgain is made good by X, which sends its last minutes again; events that
/// come twice do no harm. What a longer one missed is for batch compliance to find: a warning says
/// so.
///
/// Threads  One; Stop: any.
class XComplianceFeeds {
 public:
  static constexpr std::chrono::minutes kSentAgain{4};  ///< of the five that are asked for

  struct Options {
    XAccess access;
    std::chrono::milliseconds silence{21'000};
    EventTime heard_until{};  ///< the last moment that was heard before this process; 0: none
    std::uint64_t seed = 1;
  };
  XComplianceFeeds(const Options& options, Clock& clock);

  void Start();
  /// The next event, as it came; nothing if there is none just now.
  std::optional<FeedItem> Take();
  /// What a person should know.
  [[nodiscard]] std::vector<std::string> Warnings() const;
  void Stop() noexcept;

 private:
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::size_t next_ = 0;  ///< whose turn it is
  std::deque<FeedItem> items_;
  std::chrono::milliseconds longest_{0};  ///< break that was too long
};

}  // namespace hb
