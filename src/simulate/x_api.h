// simulate/x_api.h - a stand-in for the X API v2.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "simulate/http_server.h"
#include "simulate/world.h"
#include "simulate/x_compliance.h"
#include "simulate/x_found.h"
#include "simulate/x_json.h"
#include "simulate/x_limits.h"
#include "simulate/x_rules.h"

namespace hb::simulate {

/// Filtered stream with its rules, sample stream, recent search and all of the archive, counts,
/// trends, usage and batch compliance, as https://docs.x.com describes them: authorization, fields,
/// expansions, rate limits and errors included.
///
/// Threads  Any number of Handle at once.
/// Choices  One app, whatever the token. A search sees what the corpus holds between its begin and
///          a little before now. Deleted posts are in no answer. Likes and the like are made up.
class XApi {
 public:
  struct Options {
    std::string token;  ///< the bearer token that is right; "": any
    Vocabulary vocabulary = Vocabulary::kTweet;
    bool rate_limits = true;
    XRules::Limits rules;
    std::uint32_t connections = 1;  ///< streams of one kind at once
    std::chrono::milliseconds keep_alive{20'000};
    std::size_t chunk_bytes = 0;  ///< HTTP chunks of the streams; 0: a message is a chunk
    std::chrono::milliseconds search_lag{10'000};  ///< what is younger cannot be asked for
    std::uint64_t usage_cap = 3'000'000;           ///< posts a month; then 429
    double sample = 0.01;                          ///< share of posts in the sample stream
  };
  XApi(Options options, World& world);

  /// Answers a request whose path begins with /2/ or /compliance/.
  void Handle(Exchange& exchange);
  /// Makes the month's posts so far `used` and its most `cap`, as if time had passed or the account
  /// had changed.
  void SetUsage(std::optional<std::uint64_t> used, std::optional<std::uint64_t> cap);
  /// Streams one JSON line for each post that the rules match in [from, to):
  /// {"id","time_ms","sent","deleted"}.
  void ListPosts(Exchange& exchange, EventTime from, EventTime to);

 private:
  struct Range;
  class Player;
  friend class Player;

  void Refuse(Exchange& exchange, const Fault& fault, const Headers& headers);
  void Json(Exchange& exchange, const XAnswer& answer, const Headers& headers);
  void Stream(Exchange& exchange, bool sample, const Headers& headers);
  void Search(Exchange& exchange, std::size_t most, const Headers& headers);
  void Count(Exchange& exchange, const Headers& headers);
  void Trends(Exchange& exchange, std::string_view woeid, const Headers& headers);
  void TellUsage(Exchange& exchange, const Headers& headers);
  /// What start_time, end_time, since_id and until_id leave. False: answered with what is wrong.
  bool ReadRange(Exchange& exchange, const Headers& headers, Range& out);
  bool ReadQuery(Exchange& exchange, const Headers& headers,
                 std::shared_ptr<const XRuleSet>& query);
  void BadRequest(Exchange& exchange, const Headers& headers, BadParameter bad);
  /// Whether the post is there at `now`.
  [[nodiscard]] bool Stands(std::uint64_t index, EventTime now) const;
  /// Takes a connection of the kind; false: there is none left.
  bool TakeConnection(const std::string& path);
  void GiveConnection(const std::string& path);
  void Used(std::uint64_t posts);
  struct Usage {
    std::uint64_t used = 0, cap = 0;
  };
  [[nodiscard]] Usage UsageNow() const;

  const Options options_;
  World& world_;
  XRules rules_;
  XLimits limits_;
  XCompliance compliance_;
  XFound found_;
  mutable Mutex mutex_;
  std::map<std::string, std::uint32_t> connections_ HB_GUARDED_BY(mutex_);
  std::map<std::int64_t, std::uint64_t> used_ HB_GUARDED_BY(mutex_);  ///< posts by day since 1970
  std::uint64_t cap_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::simulate
