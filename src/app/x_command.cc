// `heartbeat x`: what X says of itself: usage, trends of a place, counts of a rule.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/period.h"
#include "app/progress_line.h"
#include "app/table_text.h"
#include "app/x_account.h"
#include "env/env.h"
#include "source/x/x_search.h"

namespace hb {

namespace {

struct XOptions {
  std::string base_url, rule, start, end, granularity = "hour", archive = "recent";
  std::int64_t woeid = 1;
  int most = 20;
};

/// A client, and what it needs.
struct Account {
  SystemClock clock;
  XAccess access;
};

Result<std::unique_ptr<Account>> Open(const XOptions& options, const CommandContext& context) {
  HB_ASSIGN(const Config config, LoadConfig(context.config_path));
  auto account = std::make_unique<Account>();
  HB_ASSIGN(account->access, XAccountOf(config, options.base_url));
  return account;
}

Status Usage(const XOptions& options, const CommandContext& context) {
  HB_ASSIGN(const auto account, Open(options, context));
  XClient client(account->access, account->clock);
  const XClient::Answer answer = GetUsage(client);
  if (!answer.good) return XFailure(answer);
  XAnswers answers;
  HB_ASSIGN(const XUsage usage, answers.Usage(answer.http.body));
  std::printf("%s posts read this month", WithSeparators(usage.used).c_str());
  if (usage.cap > 0) {
    std::printf(" of %s (%.1f %%)", WithSeparators(usage.cap).c_str(),
                100.0 * static_cast<double>(usage.used) / static_cast<double>(usage.cap));
  }
  if (usage.reset_day > 0) {
    std::printf("; the count begins anew on day %lld of the month",
                static_cast<long long>(usage.reset_day));
  }
  std::puts("");
  return Ok();
}

Status Trends(const XOptions& options, const CommandContext& context) {
  HB_ASSIGN(const auto account, Open(options, context));
  XClient client(account->access, account->clock);
  const XClient::Answer answer = client.Get(fmt::format("/2/trends/by/woeid/{}", options.woeid),
                                            {{"max_trends", std::to_string(options.most)}});
  if (!answer.good) return XFailure(answer);
  XAnswers answers;
  HB_ASSIGN(const std::vector<XTrend> trends, answers.Trends(answer.http.body));
  std::vector<std::vector<std::string>> rows;
  for (const XTrend& trend : trends) {
    rows.push_back(
        {OneLine(trend.name),
         trend.posts > 0 ? WithSeparators(static_cast<std::uint64_t>(trend.posts)) : ""});
  }
  std::fputs(TableText({"trend", "posts"}, rows, {false, true}, 80).c_str(), stdout);
  return Ok();
}

Status Counts(const XOptions& options, const CommandContext& context) {
  HB_ASSIGN(const auto account, Open(options, context));
  XSearch::Ask ask{.query = options.rule, .whole_archive = options.archive == "all"};
  if (!options.start.empty()) {
    HB_ASSIGN(ask.start, ParseMoment(options.start));
  }
  if (!options.end.empty()) {
    HB_ASSIGN(ask.end, ParseMoment(options.end));
  }
  XSearch search(account->access, account->clock);
  std::vector<XCount> counts;
  HB_ASSIGN(const std::int64_t sum, search.Count(ask, options.granularity, &counts));
  // Later pages are of earlier times.
  std::sort(counts.begin(), counts.end(),
            [](const XCount& a, const XCount& b) { return a.start < b.start; });
  std::vector<std::vector<std::string>> rows;
  for (const XCount& count : counts) {
    rows.push_back({OneLine(count.start), std::to_string(count.posts)});
  }
  rows.push_back({"together", std::to_string(sum)});
  std::fputs(TableText({"from", "posts"}, rows, {false, true}, 40).c_str(), stdout);
  return Ok();
}

}  // namespace

void AddXCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<XOptions>();
  auto* command =
      app.add_subcommand("x", "ask X: what was read, trends of a place, counts of a rule");
  command->require_subcommand(1);
  command->add_option("--base-url", options->base_url,
                      "address of the API (default: that of the first X source, or X's own)");
  const auto finish = [&context](const Status& done) {
    if (!done.ok()) context.exit_code = Fail(done.error());
  };
  command->add_subcommand("usage", "posts that X has counted this month, and how many it allows")
      ->callback([=, &context] { finish(Usage(*options, context)); });

  auto* trends = command->add_subcommand("trends", "what X says is trending at a place");
  trends->add_option("--woeid", options->woeid, "the place: 1 is the world, 23424977 the USA")
      ->check(CLI::NonNegativeNumber);
  trends->add_option("--limit", options->most, "trends to show (default 20)")
      ->check(CLI::Range(1, 50));
  trends->callback([=, &context] { finish(Trends(*options, context)); });

  auto* counts = command->add_subcommand(
      "counts", "how many posts of the past a rule matches, without reading them");
  counts->add_option("rule", options->rule, "the rule, in X's grammar")->required();
  counts->add_option("--start", options->start, "from when on (default: seven days ago)");
  counts->add_option("--end", options->end, "until when (default: now)");
  counts->add_option("--granularity", options->granularity, "size of a row (default: hour)")
      ->check(CLI::IsMember({"minute", "hour", "day"}));
  counts->add_option("--archive", options->archive, "recent (seven days) or all")
      ->check(CLI::IsMember({"recent", "all"}));
  counts->callback([=, &context] { finish(Counts(*options, context)); });
}

}  // namespace hb
