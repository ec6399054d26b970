// simulate/x_limits.h - requests per quarter of an hour. Internal to simulate.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/units.h"
#include "simulate/http_server.h"

namespace hb::simulate {

/// Counts requests of an endpoint in windows of 15 minutes, which begin with their first request.
///
/// Threads  Any.
class XLimits {
 public:
  struct Standing {
    bool ok = true;
    std::uint32_t limit = 0, remaining = 0;
    std::int64_t reset_s = 0;  ///< Unix time
    [[nodiscard]] Headers AsHeaders() const;
  };
  /// Takes one of `endpoint`'s `limit` requests. `enforced` false: there is always one left.
  Standing Take(std::string_view endpoint, std::uint32_t limit, bool enforced, EventTime now);

 private:
  struct Window {
    EventTime begin{};
    std::uint32_t used = 0;
  };
  Mutex mutex_;
  std::map<std::string, Window, std::less<>> windows_ HB_GUARDED_BY(mutex_);
};

}  // namespace hb::simulate
