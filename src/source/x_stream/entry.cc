#include "source/x_stream/entry.h"

#include <memory>

#include "source/x/x_settings.h"
#include "source/x/x_source.h"

namespace hb {

namespace {

constexpr Field kFields[] = {
    kXBaseUrl,
    kXToken,
    kXName,
    {"tag_prefix", "string", "heartbeat:",
     "Rules at X whose tag begins so are ours: they are kept equal to the tasks, others are left "
     "alone."},
    {"refill", "bool", "true", "Ask recent search for what the stream missed."},
    {"recovery", "bool", "false",
     "Ask the stream itself first for what it missed in the last 24 hours; Enterprise accounts "
     "only."},
    {"refill_after", "duration_ms", "30s",
     "How long after it was said a post is surely found by search, at least 10s."},
    {"query_chars", "int", "512",
     "Longest rule that search takes: 512 for self-serve accounts, 4096 for Enterprise."},
    {"compliance", "bool", "false",
     "Listen to X's compliance streams too, so that what is deleted there is deleted here at once; "
     "Enterprise accounts only."},
    kXDelay,
    kXSilence,
    kXBackfillMinutes,
    kXQueueBytes,
    kXMaxLineBytes,
    kXPricePerPost,
    kXPostsPerMonth,
    kXWarnShare,
    kXBudgetShare,
    kXAtBudget,
    kXUsageEvery,
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  XSource::Options options;
  options.kind = "x_stream";
  options.path = "/2/tweets/search/stream";
  HB_TRY(ReadXSettings(settings, env, options));
  HB_TRY(ReadXBudget(settings, true, options.budget));
  options.tag_prefix = settings.Text("tag_prefix");
  if (options.tag_prefix.empty() || options.tag_prefix.size() > 64) {
    return Error{Code::kInvalidArgument,
                 "tag_prefix: 1 to 64 characters; without one every rule at X would be ours"};
  }
  options.refill = settings.Bool("refill");
  options.compliance = settings.Bool("compliance");
  options.recovery = settings.Bool("recovery");
  options.refill_after = std::chrono::milliseconds(settings.Int("refill_after"));
  if (options.refill_after < std::chrono::milliseconds(0)) {
    return Error{Code::kInvalidArgument, "refill_after: 0 or more"};
  }
  const std::int64_t chars = settings.Int("query_chars");
  if (chars < 1 || chars > 100'000) {
    return Error{Code::kInvalidArgument, "query_chars: from 1 to 100000"};
  }
  options.query_chars = static_cast<std::size_t>(chars);
  return std::unique_ptr<Source>(new XSource(std::move(options), env));
}

}  // namespace

namespace source_x_stream {
const Entry<Source, Env> kEntry = {
    "x_stream", "X's filtered stream: the posts that match the tasks, as they are said.", kFields,
    Make};
}  // namespace source_x_stream

}  // namespace hb
