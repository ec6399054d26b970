// app/hand_over.h - tells the program that has a data folder what a backfill beside it has staged.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/config.h"
#include "app/control.h"
#include "backfill/ledger.h"
#include "base/result.h"

namespace hb {

/// Threads  One.
class HandOver {
 public:
  /// `place`: of the staging; one that the data folder knows. `program` may not be null.
  HandOver(const Config& config, std::unique_ptr<Control> program, const std::string& place);

  /// Tells how many windows ended; `last`: no more will. While others are fetched it rests between
  /// two calls, since the program reads the whole ledger at each. True once all of them are in its
  /// store. A program that cannot take them in now is asked again, ever more seldom. kUnavailable:
  /// it has stopped, or could not for minutes.
  Result<bool> Tell(const backfill::Totals& totals, bool last);

 private:
  /// Of a program that runs and cannot now: not yet, or the error once that takes too long.
  Result<bool> Refused(const Error& error);

  const Config& config_;
  const std::unique_ptr<Control> program_;
  const std::string place_;  ///< as the program can find it, whatever its current folder
  std::chrono::steady_clock::time_point next_{};
  std::chrono::steady_clock::time_point refused_since_{};
  std::chrono::steady_clock::duration refused_rest_{};  ///< 0: the last call was answered
};

}  // namespace hb
