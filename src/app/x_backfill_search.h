// app/x_backfill_search.h - X's search, as a backfill asks it.
#pragma once

#include <memory>
#include <vector>

#include "backfill/search.h"
#include "base/mutex.h"
#include "env/env.h"
#include "source/x/x_search.h"

namespace hb {

/// Threads  Any number at once: each request has a connection of its own, which is kept for the
///          next one.
class XBackfillSearch : public backfill::Search {
 public:
  /// `whole_archive`: all of X's past, where the account has it; else the last 7 days.
  XBackfillSearch(XAccess access, bool whole_archive, Clock& clock)
      : access_(std::move(access)), whole_archive_(whole_archive), clock_(clock) {}

  Result<backfill::SearchPage> Fetch(const backfill::SearchQuery& query) override;
  Result<backfill::SearchCount> Count(const backfill::SearchQuery& query) override;
  /// Ends the requests under way, and all later ones.
  void Interrupt() noexcept;

 private:
  std::unique_ptr<XSearch> Borrow();
  void GiveBack(std::unique_ptr<XSearch> search);
  [[nodiscard]] XSearch::Ask AskOf(const backfill::SearchQuery& query) const;

  const XAccess access_;
  const bool whole_archive_;
  Clock& clock_;
  Mutex mutex_;
  std::vector<std::unique_ptr<XSearch>> idle_ HB_GUARDED_BY(mutex_);
  std::vector<XSearch*> busy_ HB_GUARDED_BY(mutex_);
  bool interrupted_ HB_GUARDED_BY(mutex_) = false;
};

}  // namespace hb
