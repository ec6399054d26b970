// `heartbeat comply`: asks X which stored posts are gone, and removes them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/progress_line.h"
#include "app/signals.h"
#include "app/x_account.h"
#include "base/json.h"
#include "component/component.h"
#include "env/env.h"
#include "source/x/compliance.h"

namespace hb {

namespace {

constexpr std::size_t kIdsARequest = 5'000;  // of /api/v1/forget
constexpr std::size_t kIdsAStatement = 100'000;

struct ComplyOptions {
  std::string base_url, wait = "1h", every = "10s";
  std::vector<std::string> jobs;
  std::size_t job_ids = 250'000;
  bool dry_run = false;
};

bool IsXId(std::string_view id) {
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && at == id.data() + id.size() && id.size() < 20;
}

/// Ids of the stored posts that came from X, a part at a time.
class StoredIds {
 public:
  explicit StoredIds(const CommandContext& context) : context_(context) {}
  /// At most `most` more, one a line; "" at the end.
  Result<std::string> Next(std::size_t most) {
    HB_ASSIGN(const auto control, Control::Open(context_.config_path, context_.data_dir));
    std::string lines;
    for (std::size_t taken = 0; taken < most;) {
      const std::size_t part = std::min(kIdsAStatement, most - taken);
      const std::string statement =
          "SELECT id FROM posts WHERE starts_with(source, 'x_') AND id > '" + last_ +
          "' ORDER BY id LIMIT " + std::to_string(part);
      HB_ASSIGN(const HttpResponse answer,
                control->Call("POST", "/api/v1/sql",
                              "{\"query\":" + JsonQuote(statement) +
                                  ",\"limit\":" + std::to_string(part) + "}"));
      simdjson::dom::parser parser;
      HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
      HB_ASSIGN(const simdjson::dom::array rows, ListOf(document, "rows"));
      std::size_t came = 0;
      for (const simdjson::dom::element row : rows) {
        const std::string id = PlainText(row.at(0));
        ++came;
        last_ = id;
        if (!IsXId(id)) continue;  // it goes into a statement, and to X
        lines += id + "\n";
        ++count_;
      }
      taken += came;
      if (came < part) break;
      if (!IsXId(last_)) return Error{Code::kCorrupt, "a stored post of X has no id of X"};
    }
    return lines;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  const CommandContext& context_;
  std::string last_;
  std::uint64_t count_ = 0;
};

/// What X says of the posts.
struct Found {
  std::vector<std::string> gone;  ///< ids
  std::map<std::string, std::uint64_t> reasons;
  std::size_t unread = 0;

  void Add(const XComplianceResult& result) {
    if (!IsXId(result.id)) {
      ++unread;
      return;
    }
    ++reasons[result.reason.empty() ? "no reason" : result.reason];
    // Whatever the reason: what X does not show as it stands here must not be shown here.
    gone.push_back(result.id);
  }
};

std::string Texts(const std::vector<std::string>& texts, std::size_t begin) {
  std::string list = "[";
  const std::size_t end = std::min(texts.size(), begin + kIdsARequest);
  for (std::size_t i = begin; i < end; ++i) list += (i > begin ? "," : "") + JsonQuote(texts[i]);
  return list + "]";
}

/// Removes some of them by the road of every deletion.
Status RemovePart(const std::vector<std::string>& ids, std::size_t at,
                  const CommandContext& context) {
  // A data folder without `up` is opened anew for each request: it is tidied up after one.
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_TRY(control->Call("POST", "/api/v1/forget",
                       fmt::format(R"({{"posts":{},"network":"x"}})", Texts(ids, at))));
  return Ok();
}

/// As many as can be, whatever goes wrong with some; then the first error.
Status Remove(const std::vector<std::string>& ids, const CommandContext& context) {
  Status first = Ok();
  for (std::size_t at = 0; at < ids.size(); at += kIdsARequest) {
    Status removed = RemovePart(ids, at, context);
    if (first.ok() && !removed.ok()) first = std::move(removed);
  }
  return first;
}

Status Apply(const std::string& job, const Found& found, const ComplyOptions& options,
             const CommandContext& context) {
  std::string words;
  for (const auto& [reason, posts] : found.reasons) {
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", WithSeparators(posts), reason);
  }
  std::printf("job %s: %s\n", job.c_str(), words.empty() ? "nothing has changed" : words.c_str());
  if (found.unread > 0) {
    std::fprintf(stderr, "%zu lines of the results could not be read\n", found.unread);
  }
  if (options.dry_run) return Ok();
  return Remove(found.gone, context);
}

Status Comply(const ComplyOptions& options, const CommandContext& context) {
  HB_ASSIGN(const Config config, LoadConfig(context.config_path));
  HB_ASSIGN(XAccess access, XAccountOf(config, options.base_url));
  HB_ASSIGN(const std::int64_t longest, ParseDurationMs(options.wait));
  HB_ASSIGN(const std::int64_t every, ParseDurationMs(options.every));
  const Signals signals;
  SystemClock clock;
  auto until = clock.Steady();  // of the job under way
  XCompliance compliance(
      {.access = std::move(access),
       .look_every = std::max(std::chrono::milliseconds(every), std::chrono::milliseconds(100)),
       .wait =
           [&](std::chrono::milliseconds wait) {
             return clock.Steady() + wait <= until && !signals.Next(wait);
           }},
      clock);
  const auto wait_anew = [&] { until = clock.Steady() + std::chrono::milliseconds(longest); };
  const auto finish = [&](const std::string& job) -> Status {
    Found found;
    wait_anew();
    Result<std::size_t> unread =
        compliance.Finish(job, [&](const XComplianceResult& result) { found.Add(result); });
    if (!unread.ok()) {
      return Error{unread.error().code, fmt::format("{} (go on with `heartbeat comply --job {}`)",
                                                    unread.error().message, job)};
    }
    found.unread += unread.value();
    return Apply(job, found, options, context);
  };
  if (!options.jobs.empty()) {
    for (const std::string& job : options.jobs) {
      if (!IsXId(job)) return Error{Code::kInvalidArgument, "--job: a number is meant"};
      HB_TRY(finish(job));
    }
    return Ok();
  }
  StoredIds ids(context);
  for (;;) {
    HB_ASSIGN(const std::string lines, ids.Next(options.job_ids));
    if (lines.empty()) break;
    wait_anew();
    HB_ASSIGN(const std::string job, compliance.Begin(lines));
    HB_TRY(finish(job));
  }
  std::printf("%s stored posts of X were asked for\n", WithSeparators(ids.count()).c_str());
  return Ok();
}

}  // namespace

void AddComplyCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<ComplyOptions>();
  auto* command = app.add_subcommand(
      "comply", "ask X which stored posts were deleted, protected or suspended, and remove them");
  command->add_option("--base-url", options->base_url,
                      "address of the API (default: that of the first X source, or X's own)");
  command->add_option("--job", options->jobs, "take the results of a job that was begun before");
  command->add_option("--wait", options->wait, "how long to wait for X, for each job (default 1h)");
  command->add_option("--every", options->every, "between two looks at a job (default 10s)");
  command->add_option("--job-ids", options->job_ids, "posts a job (default 250000)")
      ->check(CLI::Range(1, 10'000'000));
  command->add_flag("--dry-run", options->dry_run, "say what X says, and remove nothing");
  command->callback([options, &context] {
    if (const Status done = Comply(*options, context); !done.ok())
      context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
