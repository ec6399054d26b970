// pipeline/rescore.h - the models in force now over posts that were judged before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/chain.h"
#include "base/result.h"
#include "log/log.h"
#include "record/analysis_batch.h"

namespace hb {

struct RescoreOptions {
  std::optional<EventTime> from{}, to{};  ///< of the posts' own time, [from, to)
  std::string task{};                     ///< posts that matched it; "": all
  bool dry_run = false;                   ///< compares and writes nothing
};

struct RescoreCounts {
  std::uint64_t read = 0;     ///< posts that count, in the log
  std::uint64_t judged = 0;   ///< of those, in range
  std::uint64_t changed = 0;  ///< of those, with another result
  std::uint64_t resumed = 0;  ///< posts that an earlier run had finished
};

/// Judges every post whose result is in the log once more, and writes what differs to `rescored`,
/// where the window stage and the store put it in the place of the old result (window_stage.h).
///
/// What it writes goes together with how far it is, so a run that was cut off goes on there when
/// the same is asked for again. A result that is written twice replaces twice, and so once.
///
/// Requires: the stages have read all of `analysis` and are not running; a post that is counted
/// while this runs would be missed. `compare` sees each batch before and after.
/// Errors: those of the log; of a model that could not judge: then nothing worse takes the place of
/// what is there, and what was finished stays finished.
Result<RescoreCounts> Rescore(
    Log& log, const AnalysisChain& chain, const RescoreOptions& options,
    const std::function<void(const AnalysisBatch& before, const AnalysisBatch& now)>& compare);

/// A record of `rescored`: the offset in the same partition of `analysis`, eight bytes big-endian,
/// then a record as `analysis` has them. Borrows from `value`. kCorrupt: shorter.
struct RescoredRecord {
  Offset offset{};
  std::string_view record;
};
Result<RescoredRecord> ReadRescored(std::string_view value);
/// All results of a batch of `rescored`.
Result<std::shared_ptr<const AnalysisBatch>> DecodeRescored(const FetchedBatch& batch);

}  // namespace hb
