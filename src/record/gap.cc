#include "record/gap.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "record/analysis_batch.h"

namespace hb {

namespace {

constexpr std::int64_t kFarthestMs = 1'000'000'000'000'000;  // sums of two stay in range

/// A part of a window that one gap leaves open.
struct Piece {
  std::int64_t from, to;
  std::uint32_t missing;  // millionths
};

/// Missing milliseconds of pieces of one source, in millionths; where they overlap, the most
/// counts.
double Missing(std::vector<Piece>& pieces) {
  std::vector<std::int64_t> cuts;
  for (const Piece& piece : pieces) {
    cuts.push_back(piece.from);
    cuts.push_back(piece.to);
  }
  std::sort(cuts.begin(), cuts.end());
  double missing = 0;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    std::uint32_t most = 0;
    for (const Piece& piece : pieces) {
      if (piece.from <= cuts[i] && piece.to >= cuts[i + 1]) most = std::max(most, piece.missing);
    }
    missing += static_cast<double>(cuts[i + 1] - cuts[i]) * most;
  }
  return missing;
}

}  // namespace

std::pair<EventTime, EventTime> GapSet::Put(const Gap& gap) {
  const std::int64_t from = std::clamp(ToMillis(gap.from), -kFarthestMs, kFarthestMs);
  const std::int64_t to = std::clamp(ToMillis(gap.to), from, kFarthestMs);
  const std::uint32_t refilled = std::min<std::uint32_t>(gap.refilled, kMicro);
  Span& span = gaps_[{from, gap.source}];
  const std::int64_t end = std::max(span.to, to);
  span = {to, refilled};
  longest_ms_ = std::max(longest_ms_, to - from);
  return {FromMillis(from), FromMillis(std::max(from, end))};
}

void GapSet::Clear() {
  gaps_.clear();
  longest_ms_ = 0;
}

double GapSet::Completeness(EventTime window_start, std::int64_t window_ms) const {
  if (gaps_.empty()) return 1;
  const std::int64_t begin = ToMillis(window_start), end = begin + window_ms;
  std::map<std::string_view, std::vector<Piece>> open;
  for (auto at = gaps_.lower_bound({begin - longest_ms_, ""}); at != gaps_.end(); ++at) {
    if (at->first.first >= end) break;
    const Piece piece{std::max(begin, at->first.first), std::min(end, at->second.to),
                      static_cast<std::uint32_t>(kMicro) - at->second.refilled};
    if (piece.from < piece.to && piece.missing > 0) open[at->first.second].push_back(piece);
  }
  double worst = 0;
  for (auto& [source, pieces] : open) worst = std::max(worst, Missing(pieces));
  return std::max(0.0, 1 - worst / kMicro / static_cast<double>(window_ms));
}

}  // namespace hb
