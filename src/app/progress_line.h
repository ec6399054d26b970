// app/progress_line.h - one line on a terminal that tells how far a replay has come.
#pragma once

#include <string>

#include "serve/backend.h"

namespace hb {

/// "131,783 posts  62,310/s  84 %  0:03 left". Nothing is shown when `terminal` is false or no
/// source is finite.
///
/// Threads  One.
class ProgressLine {
 public:
  explicit ProgressLine(bool terminal) : terminal_(terminal) {}
  void Show(const SystemStatus& status);
  /// Leaves the line as it is and goes to the next.
  void End();
  /// The text for `status`, "" if there is nothing to tell.
  static std::string Text(const SystemStatus& status);

 private:
  const bool terminal_;
  bool shown_ = false;
};

/// 1234567 -> "1,234,567".
std::string WithSeparators(std::uint64_t number);

}  // namespace hb
