#include "source/x/x_settings.h"

#include <chrono>
#include <string>

namespace hb {

namespace {

using std::chrono::milliseconds;

Error Wrong(const char* what) { return {Code::kInvalidArgument, what}; }

bool IsWebAddress(const std::string& url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && !url.ends_with('/') &&
         url.find_first_of(" ?#\r\n") == std::string::npos;
}

}  // namespace

Status ReadXAccess(const Settings& settings, XAccess& access, std::string& name) {
  access.base_url = settings.Text("base_url");
  if (!IsWebAddress(access.base_url)) {
    return Wrong("base_url: https://HOST or http://HOST, without a slash at its end");
  }
  access.token = FindXToken(settings.Text("token"));
  if (access.token.empty()) {
    return Wrong("token: X needs the bearer token of an app; set BEARER_TOKEN in the environment");
  }
  if (access.token.find_first_of("\r\n ") != std::string::npos) {
    return Wrong("token: a bearer token has no blanks and no line breaks");
  }
  name = settings.Text("name");
  if (name.empty() || name.size() > 64) return Wrong("name: 1 to 64 characters");
  return Ok();
}

Status ReadXPrices(const Settings& settings, Meter::Prices& prices, milliseconds& usage_every) {
  prices.post = settings.Float("price_per_post");
  if (!(prices.post >= 0)) return Wrong("price_per_post: 0 or more");
  const std::int64_t month = settings.Int("posts_per_month");
  if (month < 0) return Wrong("posts_per_month: 0 or more");
  prices.month_posts = static_cast<std::uint64_t>(month);
  prices.warn_share = settings.Float("warn_share");
  if (!(prices.warn_share > 0)) return Wrong("warn_share: above 0");
  usage_every = milliseconds(settings.Int("usage_every"));
  if (usage_every < milliseconds(0)) return Wrong("usage_every: 0 or more");
  return Ok();
}

Status ReadXSettings(const Settings& settings, Env& env, XSource::Options& options) {
  HB_TRY(ReadXAccess(settings, options.access, options.name));
  HB_TRY(ReadXPrices(settings, options.prices, options.usage_every));
  options.silence = milliseconds(settings.Int("silence"));
  if (options.silence < milliseconds(100)) return Wrong("silence: 100ms or more");
  options.delay = milliseconds(settings.Int("delay"));
  if (options.delay < milliseconds(0) || options.delay > std::chrono::hours(1)) {
    return Wrong("delay: from 0 to 1h");
  }
  const std::int64_t minutes = settings.Int("backfill_minutes");
  if (minutes < 0 || minutes > 5) return Wrong("backfill_minutes: from 0 to 5");
  options.backfill_minutes = static_cast<int>(minutes);
  const std::int64_t queue = settings.Int("queue_bytes");
  if (queue < (1 << 16)) return Wrong("queue_bytes: 64KiB or more");
  options.queue_bytes = static_cast<std::size_t>(queue);
  const std::int64_t line = settings.Int("max_line_bytes");
  if (line < 1024 || line > (std::int64_t{1} << 30)) return Wrong("max_line_bytes: 1KiB to 1GiB");
  options.max_line_bytes = static_cast<std::size_t>(line);
  // Programs that were cut off together should not return together.
  options.seed = static_cast<std::uint64_t>(env.clock.Steady().time_since_epoch().count());
  return Ok();
}

Status ReadXBudget(const Settings& settings, bool samples, Budget::Options& budget) {
  budget.share = settings.Float("budget_share");
  if (!(budget.share > 0)) return Wrong("budget_share: above 0");
  const std::string policy = settings.Text("at_budget");
  if (policy == "thin" && samples) {
    budget.policy = Budget::Policy::kThin;
  } else if (policy == "thin_or_warn" && samples) {
    budget.policy = Budget::Policy::kThinOrWarn;
  } else if (policy == "pause") {
    budget.policy = Budget::Policy::kPause;
  } else if (policy == "warn") {
    budget.policy = Budget::Policy::kWarn;
  } else {
    return Wrong(samples ? "at_budget: thin, thin_or_warn, pause or warn"
                         : "at_budget: pause or warn");
  }
  return Ok();
}

}  // namespace hb
