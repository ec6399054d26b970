// backfill/ledger.h - which spans of the past were fetched, and how far.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/staging.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/units.h"

namespace hb::backfill {

/// What is to be fetched.
struct Plan {
  struct Rule {
    std::string tag, rule;  ///< the rule in the grammar of docs/rules.md
  };
  std::vector<Rule> rules;
  EventTime start{}, end{};  ///< [start, end)
  std::chrono::milliseconds window{std::chrono::minutes(15)};
  std::uint64_t limit = 100;  ///< most posts of a window and rule

  /// kInvalidArgument: no rule, no time, or more than a million windows.
  [[nodiscard]] Status Check() const;
  /// As it stands in the staging: two plans are the same if this is.
  [[nodiscard]] std::string Json() const;
  /// What the plan is known by: another plan has another.
  [[nodiscard]] std::string Identity() const;
};

/// The plan of a staging. kNotFound: it holds none; kInvalidArgument: that is no plan.
Result<Plan> ReadPlan(Staging& staging);
/// As it stands there.
Result<Plan> ParsePlan(std::string_view json);

enum class WindowState : std::uint8_t { kTodo, kRunning, kDone, kFailed };
/// "todo", "running", "done", "failed".
const char* WindowStateName(WindowState state);

/// One window of one rule.
struct Window {
  std::size_t rule = 0;  ///< of Plan::rules
  EventTime start{}, end{};
  WindowState state = WindowState::kTodo;
  std::string token;                      ///< of the next page, "" for the first
  std::uint32_t pages = 0;                ///< staged
  std::uint64_t fetched = 0;              ///< posts in them
  std::optional<std::uint64_t> expected;  ///< how many there are, as the source counts
  std::uint32_t tries = 0;                ///< in a row that failed
  std::string error;                      ///< of the last that failed
};

struct Totals {
  std::size_t windows = 0, done = 0, failed = 0, running = 0;
  std::uint64_t posts = 0;  ///< staged
};

/// The windows of a plan, each an object of the staging that is replaced when something changes.
///
/// Order    Of start, then rule: the index of a window never changes.
/// Threads  Any.
class Ledger {
 public:
  /// Reads what is there and plans the rest. Windows that were running go on where they were.
  /// kInvalidArgument: the plan cannot be, or the staging holds another one.
  static Result<std::unique_ptr<Ledger>> Open(Plan plan, Staging& staging);

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] Window Get(std::size_t index) const;
  [[nodiscard]] Totals GetTotals() const;
  /// Takes the first window that is to do and marks it as running; nothing if there is none.
  [[nodiscard]] std::optional<std::size_t> Take();
  /// Makes failed windows to do again.
  void Retry();
  /// Durable when it returns.
  Status Save(std::size_t index, const Window& window);

  /// Where page `page` of a window is staged.
  [[nodiscard]] std::string PageName(std::size_t index, std::uint32_t page) const;

 private:
  Ledger(Plan plan, Staging& staging);
  Status CheckPlan();
  Status Read();
  [[nodiscard]] std::string RowName(std::size_t index) const;
  /// Where a window begins, and its rule: part of the names of its objects.
  [[nodiscard]] std::string Stem(std::size_t index) const;

  const Plan plan_;
  Staging& staging_;
  const std::size_t count_;
  mutable Mutex mutex_;
  std::vector<Window> windows_ HB_GUARDED_BY(mutex_);
  std::size_t next_ HB_GUARDED_BY(mutex_) = 0;  ///< no window before it is to do
};

}  // namespace hb::backfill
