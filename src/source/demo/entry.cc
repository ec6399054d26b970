#include "source/demo/entry.h"

#include <memory>

#include "source/demo/demo_source.h"

namespace hb {

namespace {

constexpr Field kFields[] = {
    {"seed", "int", "1", "Which script is told; the same seed says the same."},
    {"rate", "float", "25", "Posts a second, on average over a day."},
    {"history", "duration_ms", "2h",
     "How much of the past is told at once at the start, so that the curves begin full."},
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  DemoSource::Options options;
  options.seed = static_cast<std::uint64_t>(settings.Int("seed"));
  options.rate = settings.Float("rate");
  options.history = std::chrono::milliseconds(settings.Int("history"));
  if (!(options.rate > 0 && options.rate <= 100'000)) {
    return Error{Code::kInvalidArgument, "rate: above 0 and at most 100000 posts a second"};
  }
  if (options.history.count() < 0 || options.history > std::chrono::hours(24 * 31)) {
    return Error{Code::kInvalidArgument, "history: from 0 to 31 days"};
  }
  return std::unique_ptr<Source>(new DemoSource(options, env));
}

}  // namespace

namespace source_demo {
const Entry<Source, Env> kEntry = {
    "demo", "Believable posts about made-up events, told without a network.", kFields, Make};
}  // namespace source_demo

}  // namespace hb
