#include "backfill/ledger.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/json.h"

namespace hb::backfill {

namespace {

constexpr std::string_view kPlanName = "plan.json";
constexpr std::uint64_t kMostWindows = 1'000'000;

std::size_t CountOf(const Plan& plan) {
  const std::int64_t span = (plan.end - plan.start).count(), window = plan.window.count();
  if (span <= 0 || window <= 0) return 0;
  return static_cast<std::size_t>((span + window - 1) / window) * plan.rules.size();
}

std::string RowJson(const Window& row) {
  return fmt::format(
      R"({{"state":"{}","token":{},"pages":{},"fetched":{},"expected":{},"tries":{},"error":{}}})",
      WindowStateName(row.state), JsonQuote(row.token), row.pages, row.fetched,
      row.expected ? std::to_string(*row.expected) : "null", row.tries, JsonQuote(row.error));
}

/// False: not one of ours.
bool ReadRow(const std::string& text, Window& row) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view state, token, error;
  std::uint64_t pages = 0, fetched = 0, tries = 0, expected = 0;
  if (parser.parse(text).get(root) != simdjson::SUCCESS ||
      root["state"].get(state) != simdjson::SUCCESS ||
      root["token"].get(token) != simdjson::SUCCESS ||
      root["pages"].get(pages) != simdjson::SUCCESS ||
      root["fetched"].get(fetched) != simdjson::SUCCESS ||
      root["tries"].get(tries) != simdjson::SUCCESS ||
      root["error"].get(error) != simdjson::SUCCESS) {
    return false;
  }
  row.state = state == "done"     ? WindowState::kDone
              : state == "failed" ? WindowState::kFailed
                                  : WindowState::kTodo;
  row.token = token;
  row.pages = static_cast<std::uint32_t>(pages);
  row.fetched = fetched;
  if (root["expected"].get(expected) == simdjson::SUCCESS) row.expected = expected;
  row.tries = static_cast<std::uint32_t>(tries);
  row.error = error;
  return true;
}

}  // namespace

Status Plan::Check() const {
  if (rules.empty()) return Error{Code::kInvalidArgument, "there is no rule to search by"};
  if (end <= start) return Error{Code::kInvalidArgument, "the end is not after the start"};
  if (window < std::chrono::minutes(1)) {
    return Error{Code::kInvalidArgument, "a window has at least a minute"};
  }
  if (limit == 0) return Error{Code::kInvalidArgument, "a limit of 0 fetches nothing"};
  if (CountOf(*this) > kMostWindows) {
    return Error{Code::kInvalidArgument,
                 fmt::format("{} windows are more than {}: take longer windows or a shorter time",
                             CountOf(*this), kMostWindows)};
  }
  return Ok();
}

std::string Plan::Json() const {
  std::string list;
  for (const Rule& rule : rules) {
    list += fmt::format(R"({}{{"tag":{},"rule":{}}})", list.empty() ? "" : ",", JsonQuote(rule.tag),
                        JsonQuote(rule.rule));
  }
  return fmt::format(R"({{"rules":[{}],"start_ms":{},"end_ms":{},"window_ms":{},"limit":{}}})",
                     list, ToMillis(start), ToMillis(end), window.count(), limit);
}

std::string Plan::Identity() const { return fmt::format("{:016x}", Hash64(Json())); }

Result<Plan> ParsePlan(std::string_view json) {
  const Error wrong{Code::kInvalidArgument,
                    "that is no plan of a backfill: " + std::string(json.substr(0, 80))};
  constexpr std::int64_t kFar = std::int64_t{1} << 53;  // milliseconds: differences fit
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::array rules;
  std::int64_t start = 0, end = 0, window = 0;
  Plan plan;
  if (parser.parse(simdjson::padded_string(json)).get(root) != simdjson::SUCCESS ||
      root["rules"].get(rules) != simdjson::SUCCESS ||
      root["start_ms"].get(start) != simdjson::SUCCESS ||
      root["end_ms"].get(end) != simdjson::SUCCESS ||
      root["window_ms"].get(window) != simdjson::SUCCESS ||
      root["limit"].get(plan.limit) != simdjson::SUCCESS) {
    return wrong;
  }
  for (const std::int64_t time : {start, end, window}) {
    if (time < -kFar || time > kFar) return wrong;
  }
  plan.start = FromMillis(start);
  plan.end = FromMillis(end);
  plan.window = std::chrono::milliseconds(window);
  for (const simdjson::dom::element rule : rules) {
    std::string_view tag, text;
    if (rule["tag"].get(tag) != simdjson::SUCCESS || rule["rule"].get(text) != simdjson::SUCCESS) {
      return wrong;
    }
    plan.rules.push_back({std::string(tag), std::string(text)});
  }
  HB_TRY(plan.Check());
  return plan;
}

Result<Plan> ReadPlan(Staging& staging) {
  HB_ASSIGN(const std::string text, staging.Get(kPlanName));
  return ParsePlan(text);
}

const char* WindowStateName(WindowState state) {
  switch (state) {
    case WindowState::kTodo: return "todo";
    case WindowState::kRunning: return "running";
    case WindowState::kDone: return "done";
    case WindowState::kFailed: return "failed";
  }
  return "";
}

Ledger::Ledger(Plan plan, Staging& staging)
    : plan_(std::move(plan)), staging_(staging), count_(CountOf(plan_)) {}

Result<std::unique_ptr<Ledger>> Ledger::Open(Plan plan, Staging& staging) {
  HB_TRY(plan.Check());
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(plan), staging));
  HB_TRY(ledger->CheckPlan());
  HB_TRY(ledger->Read());
  return ledger;
}

Status Ledger::CheckPlan() {
  const std::string wanted = plan_.Json();
  const auto present = staging_.Get(kPlanName);
  if (!present.ok()) {
    if (present.error().code != Code::kNotFound) return present.error();
    return staging_.Put(kPlanName, wanted);
  }
  if (present.value() == wanted) return Ok();
  return Error{Code::kInvalidArgument,
               "the staging holds another backfill, " + present.value() + ", not " + wanted};
}

Status Ledger::Read() {
  const MutexLock lock(mutex_);
  windows_.resize(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    Window& window = windows_[i];
    window.rule = i % plan_.rules.size();
    window.start = plan_.start + plan_.window * static_cast<std::int64_t>(i / plan_.rules.size());
    window.end = std::min(window.start + plan_.window, plan_.end);
  }
  HB_ASSIGN(const std::vector<std::string> names, staging_.List("ledger/"));
  for (std::size_t i = 0; i < count_; ++i) {
    const std::string name = RowName(i);
    if (!std::binary_search(names.begin(), names.end(), name)) continue;
    HB_ASSIGN(const std::string row, staging_.Get(name));
    if (!ReadRow(row, windows_[i])) {
      return Error{Code::kInvalidArgument, name + " is no row of a ledger: " + row.substr(0, 80)};
    }
  }
  return Ok();
}

std::string Ledger::Stem(std::size_t index) const {
  const std::size_t rule = index % plan_.rules.size();
  const EventTime start =
      plan_.start + plan_.window * static_cast<std::int64_t>(index / plan_.rules.size());
  const auto day = std::chrono::floor<std::chrono::days>(start);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(start - day);
  return fmt::format("{:04}-{:02}-{:02}/{:02}{:02}{:02}-{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(), rule);
}

std::string Ledger::RowName(std::size_t index) const { return "ledger/" + Stem(index) + ".json"; }

std::string Ledger::PageName(std::size_t index, std::uint32_t page) const {
  return fmt::format("posts/{}-{:04}.jsonl", Stem(index), page);
}

Window Ledger::Get(std::size_t index) const {
  const MutexLock lock(mutex_);
  return windows_[index];
}

Totals Ledger::GetTotals() const {
  Totals totals;
  const MutexLock lock(mutex_);
  for (const Window& window : windows_) {
    ++totals.windows;
    totals.done += window.state == WindowState::kDone ? 1 : 0;
    totals.failed += window.state == WindowState::kFailed ? 1 : 0;
    totals.running += window.state == WindowState::kRunning ? 1 : 0;
    totals.posts += window.fetched;
  }
  return totals;
}

std::optional<std::size_t> Ledger::Take() {
  const MutexLock lock(mutex_);
  for (; next_ < windows_.size(); ++next_) {
    if (windows_[next_].state != WindowState::kTodo) continue;
    windows_[next_].state = WindowState::kRunning;
    return next_;
  }
  return std::nullopt;
}

void Ledger::Retry() {
  const MutexLock lock(mutex_);
  next_ = 0;
  for (Window& window : windows_) {
    if (window.state != WindowState::kFailed) continue;
    window.state = WindowState::kTodo;
    window.tries = 0;
  }
}

Status Ledger::Save(std::size_t index, const Window& window) {
  HB_TRY(staging_.Put(RowName(index), RowJson(window)));
  const MutexLock lock(mutex_);
  windows_[index] = window;
  return Ok();
}

}  // namespace hb::backfill
