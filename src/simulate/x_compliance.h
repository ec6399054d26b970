// simulate/x_compliance.h - X's batch compliance. Internal to simulate.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "simulate/http_server.h"
#include "simulate/world.h"
#include "simulate/x_rules.h"

namespace hb::simulate {

/// Jobs that say which posts are gone:
/// https://docs.x.com/x-api/compliance/batch-compliance/introduction
///
///   /2/compliance/jobs, /2/compliance/jobs/{id}   by XApi, with its authorization and limits
///   PUT /compliance/{id}/upload, GET /compliance/{id}/download   where a job says, without a token
///
/// Threads  Any.
/// Choices  A job is in progress when it is asked for the first time after its upload, and complete
///          from the second time on. Posts are deleted by their authors and by nobody else; jobs of
///          users find nothing.
/// Memory   At most kMostJobs jobs; the oldest are forgotten.
class XCompliance {
 public:
  static constexpr std::size_t kMostJobs = 100;

  explicit XCompliance(World& world) : world_(world) {}

  /// POST /2/compliance/jobs.
  XAnswer Create(const Request& request);
  /// GET /2/compliance/jobs.
  XAnswer List(const Request& request);
  /// GET /2/compliance/jobs/{id}.
  XAnswer Get(const Request& request);
  /// GET /2/tweets/compliance/stream, or that of users, of which nothing is told: the deletes of a
  /// partition as they happen, and at first those of `backfill_minutes`.
  void Stream(Exchange& exchange, bool posts, std::chrono::milliseconds keep_alive,
              const Headers& headers);
  /// A request whose path begins with /compliance/.
  void Handle(Exchange& exchange);

 private:
  struct Job {
    std::string type, name, status = "created", host;
    bool resumable = false;
    EventTime created{};
    std::string results;  ///< lines
  };
  static std::string Json(std::uint64_t id, const Job& job);
  /// What is said of the post `id`: a line, or "" if all is well.
  [[nodiscard]] std::string LineOf(std::string_view id, EventTime now) const;

  World& world_;
  Mutex mutex_;
  std::map<std::uint64_t, Job> jobs_ HB_GUARDED_BY(mutex_);
  std::uint64_t last_ HB_GUARDED_BY(mutex_) = 1'420'000'000'000'000'000;
};

}  // namespace hb::simulate
