// net/host_lookup.h - a host's name to its addresses, without waiting longer than one wants to.
// Internal to net.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace hb {

/// A lookup under way. getaddrinfo can neither be interrupted nor given a time limit, so it runs in
/// a thread of its own, which outlives whoever lost patience.
///
/// Threads  Any.
class HostLookup {
 public:
  /// Begins to look for `host`: a name, or an address, which is known at once.
  HostLookup(const std::string& host, const std::string& port);
  [[nodiscard]] bool done() const { return found_->done.load(std::memory_order_acquire); }
  struct Address {
    std::string ip;
    std::uint16_t port = 0;
  };
  /// At least one address, or kUnavailable. Requires: done().
  [[nodiscard]] Result<std::vector<Address>> addresses() const;

 private:
  struct Found {
    std::atomic<bool> done{false};
    std::vector<Address> addresses;
    std::string error;
  };
  static void Look(const std::string& host, const std::string& port, Found& found);
  std::shared_ptr<Found> found_ = std::make_shared<Found>();
};

}  // namespace hb
