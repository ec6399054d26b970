#include "app/staged_intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "app/staging_place.h"
#include "backfill/staged_source.h"
#include "backfill/staging.h"
#include "pipeline/topics.h"
#include "serve/rows.h"

namespace hb {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPatience{500}, kBetweenLooks{10};

/// What a staged source reads.
struct OpenedStaging {
  std::shared_ptr<std::atomic<bool>> stopping = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<backfill::Staging> staging;
  std::unique_ptr<backfill::Ledger> ledger;
};

}  // namespace

Result<std::vector<Gap>> OpenBackfillGaps(SqlStore& store) {
  const Statement ask(
      "SELECT source, epoch_ms(started), epoch_ms(ended), cause FROM gaps WHERE refilled < 1 AND "
      "starts_with(source, '" +
      backfill::GapSource(kBackfillKind, "") + "')");
  HB_ASSIGN(const SqlResult found, ask.Ask(store));
  std::vector<Gap> gaps;
  for (const Row& row : found.rows) {
    gaps.push_back({.source = std::string(TextAt(row, 0)),
                    .from = FromMillis(IntAt(row, 1)),
                    .to = FromMillis(IntAt(row, 2)),
                    .cause = std::string(TextAt(row, 3))});
  }
  return gaps;
}

/// Owns what it reads, and ends where that cannot be read: the command hears why and may come
/// again, and the program goes on without a failed source.
class StagedIntake::TakenStaging final : private OpenedStaging, public backfill::StagedSource {
 public:
  TakenStaging(OpenedStaging opened, Options options, Clock& clock,
               std::shared_ptr<Outcome> outcome)
      : OpenedStaging(std::move(opened)),
        StagedSource(std::move(options), Parts{*ledger, *staging, [] { return true; }, clock}),
        outcome_(std::move(outcome)) {}

  Result<PollState> Poll(std::size_t limit, std::chrono::milliseconds wait, Intake& out) override {
    Result<PollState> polled = StagedSource::Poll(limit, wait, out);
    if (polled.ok() || *stopping) return polled;
    const std::lock_guard lock(outcome_->mutex);
    outcome_->status = polled.error();
    return PollState::kDone;
  }
  void Stop() noexcept override {
    *stopping = true;
    StagedSource::Stop();
  }

 private:
  const std::shared_ptr<Outcome> outcome_;
};

Result<std::string> StagedIntake::KnownPlace(const std::string& place) const {
  HB_ASSIGN(const std::vector<std::string> known, KnownStagings(config_));
  for (const std::string& one : known) {
    std::error_code error;
    if (one == place || fs::equivalent(one, place, error)) return one;
  }
  return Error{Code::kNotFound, "the data folder knows no staging " + place};
}

Result<StagedIntake::Pass> StagedIntake::Begin(const std::string& place) {
  OpenedStaging opened;
  HB_ASSIGN(opened.staging, OpenStagingAt(place, config_, [stopping = opened.stopping] {
              return stopping->load();
            }));
  HB_ASSIGN(const backfill::Plan plan, backfill::ReadPlan(*opened.staging));
  HB_ASSIGN(opened.ledger, backfill::Ledger::Open(plan, *opened.staging));
  const backfill::Totals totals = opened.ledger->GetTotals();
  HB_ASSIGN(std::vector<Gap> open_gaps, OpenBackfillGaps(store_));
  Pass pass{.source = {},
            .done = totals.done,
            .failed = totals.failed,
            .outcome = std::make_shared<Outcome>()};
  auto source = std::make_unique<TakenStaging>(
      std::move(opened),
      backfill::StagedSource::Options{
          .kind = kBackfillKind, .identity = plan.Identity(), .open_gaps = std::move(open_gaps)},
      clock_, pass.outcome);
  pass.source = fmt::format("{}:{}", kBackfillKind, source->Identity());
  HB_TRY(add_(plan, std::move(source)));
  return pass;
}

Result<bool> StagedIntake::HasEnded(const Pass& pass) const {
  for (const SourceReport& source : pipeline_.board().sources()) {
    if (source.name != pass.source) continue;
    if (source.state == SourceState::kFailed) {
      return Error{Code::kInternal, source.name + ": " + source.detail};
    }
    return source.state == SourceState::kDone;
  }
  return true;
}

Result<bool> StagedIntake::Take(const StagedWork& work) {
  if (config_.log.kind == "kafka") {
    return Error{Code::kInvalidArgument,
                 "this program works over Kafka, and takes in no backfill beside it"};
  }
  HB_ASSIGN(const std::string place, KnownPlace(work.place));
  Pass pass;
  {
    const std::lock_guard lock(mutex_);
    Pass& last = passes_[place];
    HB_ASSIGN(const bool ended, HasEnded(last));
    if (ended && (last.done < work.done || last.failed < work.failed)) {
      // The gaps of the pass before, some of which this one may refill.
      if (!pipeline_.WaitForStore(kGapsTopic, kPatience).ok()) return false;
      Result<Pass> begun = Begin(place);
      if (!begun.ok()) {
        passes_.erase(place);
        return begun.error();
      }
      last = std::move(begun).value();
    }
    pass = last;
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    HB_ASSIGN(const bool ended, HasEnded(pass));
    if (ended) break;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  if (!pass.outcome) return true;  // Nothing has ended yet that could be given.
  Status read = Ok();
  {
    const std::lock_guard lock(pass.outcome->mutex);
    read = pass.outcome->status;
  }
  if (!read.ok()) {
    Drop(place, pass.outcome);
    return read.error();
  }
  if (pass.done < work.done || pass.failed < work.failed) return false;
  return IsStored(*pass.outcome);
}

void StagedIntake::Drop(const std::string& place, const std::shared_ptr<Outcome>& outcome) {
  const std::lock_guard lock(mutex_);
  const auto at = passes_.find(place);
  if (at != passes_.end() && at->second.outcome == outcome) passes_.erase(at);
}

Result<bool> StagedIntake::IsStored(Outcome& outcome) {
  std::optional<Pipeline::TakenIn> taken;
  {
    const std::lock_guard lock(outcome.mutex);
    taken = outcome.taken;
  }
  if (!taken) {
    HB_ASSIGN(taken, pipeline_.TakenInNow());
  }
  const Status stored = pipeline_.WaitForPosts(*taken, kPatience);
  if (!stored.ok() && stored.error().code != Code::kUnavailable) return stored.error();
  const std::lock_guard lock(outcome.mutex);
  outcome.taken = std::move(taken);
  return stored.ok();
}

}  // namespace hb
