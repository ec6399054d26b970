// pipeline/sharing.h - what a stage needs to know when other processes work on the same log.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "log/log.h"

namespace hb {

/// Whether this process has the log for itself (the embedded one), or shares it with others that
/// run the same stages on other partitions (Kafka). Shared, partitions come and go, what another
/// process wrote is read again instead of remembered, and producers have names of their own.
struct Sharing {
  bool shared = false;
  std::string instance;  ///< of this process; no other one has it

  /// Name of a producer for Log::Begin.
  [[nodiscard]] std::string Producer(std::string_view stage) const {
    return shared ? std::string(stage) + "-" + instance : std::string(stage);
  }
};

/// Sets `consumer` back to what its group has committed, after a transaction that did not come to
/// its end: what it had read is given again. `producer` is the name under which that transaction
/// began; whatever became of it is settled first.
Status RewindToCommitted(Log& log, const std::string& producer, const std::string& group,
                         Consumer& consumer);

}  // namespace hb
