// source/x/holes.h - what a stream missed, and how far it was told afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/gap.h"

namespace hb {

/// The holes that search may still fill, slice by slice, oldest first.
///
/// Threads  One at a time.
/// Memory   At most kMaxHoles; beyond that the oldest is given up, and stays a gap as far as it is
///          not filled.
class Holes {
 public:
  static constexpr std::size_t kMaxHoles = 32;

  struct Options {
    std::chrono::milliseconds slice{std::chrono::minutes(15)};
    /// Posts can be found by search only some time after they were said.
    std::chrono::milliseconds settle{std::chrono::seconds(30)};
    std::chrono::milliseconds reach{std::chrono::hours(24 * 7) - std::chrono::minutes(10)};
    /// Holes nearer to each other than this are asked for together.
    std::chrono::milliseconds join{std::chrono::seconds(60)};
  };
  explicit Holes(Options options) : options_(options) {}

  /// Nobody listened in [from, to). The gap as it is to be told now.
  Gap Add(EventTime from, EventTime to, std::string_view cause);
  /// The next span to be asked for, of at most a slice, if it is time.
  struct Slice {
    EventTime from, to;
  };
  [[nodiscard]] std::optional<Slice> Next(EventTime now);
  /// `slice` was asked for; `share` of it came (0 to 1): the rules that could be asked. The gaps
  /// that changed.
  std::vector<Gap> Finish(const Slice& slice, double share);
  [[nodiscard]] std::size_t size() const { return holes_.size(); }
  /// How much is still to be asked for.
  [[nodiscard]] std::chrono::milliseconds Left() const;

  /// "from:to:next:filled:cause" each, separated by blanks; at most 3 KiB.
  [[nodiscard]] std::string Encode() const;
  /// False if that is damaged; then nothing has changed.
  bool Decode(std::string_view text);

 private:
  struct Hole {
    EventTime from{}, to{}, next{};  ///< asked for up to `next`
    std::int64_t filled_ms = 0;      ///< weighted by the share that came
    std::string cause;
  };
  [[nodiscard]] Gap GapOf(const Hole& hole) const;

  const Options options_;
  std::vector<Hole> holes_;  ///< by `from`
};

}  // namespace hb
