#include "source/x_sample/entry.h"

#include <memory>

#include "source/x/x_settings.h"
#include "source/x/x_source.h"

namespace hb {

namespace {

constexpr Field kFields[] = {
    kXBaseUrl,    kXToken,        kXName,         kXDelay,         kXSilence,   kXBackfillMinutes,
    kXQueueBytes, kXMaxLineBytes, kXPricePerPost, kXPostsPerMonth, kXWarnShare,
    kXUsageEvery,
};

Result<std::unique_ptr<Source>> Make(const Settings& settings, Env& env) {
  XSource::Options options;
  options.kind = "x_sample";
  options.path = "/2/tweets/sample/stream";
  options.rules = false;
  options.refill = false;  // search cannot find the same hundredth of all posts
  HB_TRY(ReadXSettings(settings, env, options));
  return std::unique_ptr<Source>(new XSource(std::move(options), env));
}

}  // namespace

namespace source_x_sample {
const Entry<Source, Env> kEntry = {
    "x_sample", "X's sample stream: about one post in a hundred of all, whatever the tasks.",
    kFields, Make};
}  // namespace source_x_sample

}  // namespace hb
