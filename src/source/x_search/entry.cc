#include "source/x_search/entry.h"

#include <chrono>
#include <memory>

#include "source/x/x_search_source.h"
#include "source/x/x_settings.h"

namespace hb {

namespace {

using std::chrono::milliseconds;

constexpr Field kFields[] = {
    kXBaseUrl,
    kXToken,
    kXName,
    {"rule", "string", "", "A rule that is searched for beside those of the tasks."},
    {"every", "duration_ms", "60s", "How often the tasks are searched for, at least 1s."},
    {"delay", "duration_ms", "30s",
     "How long after it was said a post is surely found by search, at least 10s at X."},
    {"history", "duration_ms", "15m",
     "How far back the first search goes, at most 6d; later ones go on where the last one ended."},
    {"query_chars", "int", "512",
     "Longest rule that search takes: 512 for self-serve accounts, 4096 for Enterprise."},
    kXPricePerPost,
    kXPostsPerMonth,
    kXWarnShare,
    kXBudgetShare,
    {"at_budget", "string", "pause",
     "From budget_share on: pause (greedy rules are not searched for until the month ends) or warn "
     "(nothing is done)."},
    kXUsageEvery,
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  const auto wrong = [](const char* what) { return Error{Code::kInvalidArgument, what}; };
  XSearchSource::Options options;
  HB_TRY(ReadXAccess(settings, options.access, options.name));
  HB_TRY(ReadXPrices(settings, options.prices, options.usage_every));
  HB_TRY(ReadXBudget(settings, false, options.budget));
  options.rule = settings.Text("rule");
  options.every = milliseconds(settings.Int("every"));
  if (options.every < std::chrono::seconds(1)) return wrong("every: 1s or more");
  options.delay = milliseconds(settings.Int("delay"));
  if (options.delay < milliseconds(0) || options.delay > std::chrono::hours(1)) {
    return wrong("delay: from 0 to 1h");
  }
  options.history = milliseconds(settings.Int("history"));
  if (options.history < milliseconds(0) || options.history > std::chrono::hours(24 * 6)) {
    return wrong("history: from 0 to 6d");
  }
  const std::int64_t chars = settings.Int("query_chars");
  if (chars < 1 || chars > 100'000) return wrong("query_chars: from 1 to 100000");
  options.query_chars = static_cast<std::size_t>(chars);
  return std::unique_ptr<Source>(new XSearchSource(std::move(options), env));
}

}  // namespace

namespace source_x_search {
const Entry<Source, Env> kEntry = {
    "x_search", "X's recent search, asked for the tasks' posts again and again.", kFields, Make};
}  // namespace source_x_search

}  // namespace hb
