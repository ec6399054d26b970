// source/x/x_settings.h - the settings that X's sources share.
#pragma once

#include "base/result.h"
#include "component/component.h"
#include "source/x/x_source.h"

namespace hb {

inline constexpr Field kXBaseUrl = {"base_url", "string", "https://api.x.com",
                                    "Address of the X API, without a slash at its end."};
inline constexpr Field kXToken = {
    "token", "string", "",
    "Bearer token of the app; empty: BEARER_TOKEN of the environment, or of a file .env.", true};
inline constexpr Field kXName = {
    "name", "string", "app", "Tells several apps apart; the place to go on from is kept under it."};
inline constexpr Field kXSilence = {
    "silence", "duration_ms", "21s",
    "Without a byte for so long the stream is taken for dead (X sends one every 20 s)."};
inline constexpr Field kXDelay = {
    "delay", "duration_ms", "10s",
    "How late after it was said a post may come: a gap begins so much before the last one."};
inline constexpr Field kXBackfillMinutes = {
    "backfill_minutes", "int", "0",
    "Minutes that X sends again after a break, 0 to 5; Enterprise accounts only."};
inline constexpr Field kXQueueBytes = {
    "queue_bytes", "bytes", "64MiB",
    "Posts held in memory while the log is busy; then X sees a slow reader."};
inline constexpr Field kXMaxLineBytes = {
    "max_line_bytes", "bytes", "4MiB",
    "Longest message that is read; a longer one becomes a dead letter."};
inline constexpr Field kXPricePerPost = {"price_per_post", "float", "0.005",
                                         "Dollars that X asks for a post, for the meter."};
inline constexpr Field kXPostsPerMonth = {
    "posts_per_month", "int", "3000000",
    "Posts that the account may read in a month; 0: no limit."};
inline constexpr Field kXWarnShare = {"warn_share", "float", "0.8",
                                      "Share of posts_per_month from which on the meter warns."};

inline constexpr Field kXBudgetShare = {
    "budget_share", "float", "0.9",
    "Share of posts_per_month from which on at_budget holds, until the month ends."};
inline constexpr Field kXAtBudget = {
    "at_budget", "string", "thin",
    "From budget_share on: thin (fewer posts of greedy rules; what X will not thin pauses), "
    "thin_or_warn (what it will not thin stays whole), pause (none of greedy rules) or warn "
    "(nothing is done)."};
inline constexpr Field kXUsageEvery = {
    "usage_every", "duration_ms", "15m",
    "How often X is asked what it has counted, also to find that a usage cap was reset; 0: never."};

/// Fills what `settings` say about kXBaseUrl, kXToken and kXName. kInvalidArgument names the field.
Status ReadXAccess(const Settings& settings, XAccess& access, std::string& name);
/// The same for kXPricePerPost, kXPostsPerMonth, kXWarnShare and kXUsageEvery.
Status ReadXPrices(const Settings& settings, Meter::Prices& prices,
                   std::chrono::milliseconds& usage_every);
/// The same for all fields that the streams share.
Status ReadXSettings(const Settings& settings, Env& env, XSource::Options& options);
/// The same for kXBudgetShare and kXAtBudget. `samples`: rules can be thinned.
Status ReadXBudget(const Settings& settings, bool samples, Budget::Options& budget);

}  // namespace hb
