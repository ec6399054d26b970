// `heartbeat rules`: the tasks and their rules.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "app/catalogue.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/rule_trial.h"
#include "app/table_text.h"
#include "env/env.h"
#include "rule/rule.h"
#include "serve/params.h"

namespace hb {

namespace {

/// The tasks in force, each as tag, rule, revision and since when.
Result<std::vector<std::vector<std::string>>> TasksOf(Control& control) {
  HB_ASSIGN(const HttpResponse answer, control.Call("GET", "/api/v1/tasks", ""));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  HB_ASSIGN(const simdjson::dom::array tasks, ListOf(document, "tasks"));
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element task : tasks) {
    rows.push_back({Member(task, "tag"), Member(task, "rule"), Member(task, "revision"),
                    Member(task, "since")});
  }
  return rows;
}

Status List(const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const auto rows, TasksOf(*control));
  std::fputs(TableText({"tag", "rule", "revision", "since"}, rows, {false, false, true, false}, 100)
                 .c_str(),
             stdout);
  return Ok();
}

/// Shows the rule with a mark below the wrong column.
int ShowRuleError(const std::string& rule, const RuleError& error) {
  std::fprintf(stderr, "%s\n%s^ column %zu: %s\n", rule.c_str(),
               std::string(error.column - 1, ' ').c_str(), error.column, error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "%s\n", error.hint.c_str());
  return kExitUsage;
}

Status Put(Control& control, const std::string& tag, const std::string& rule) {
  HB_TRY(
      control.Call("PUT", "/api/v1/tasks/" + UrlEncode(tag), "{\"rule\":" + JsonQuote(rule) + "}"));
  return Ok();
}

Result<int> Add(const std::string& tag, const std::string& rule, const CommandContext& context) {
  if (tag.empty()) return Error{Code::kInvalidArgument, "--tag: a task needs a name"};
  if (RuleError wrong; !CheckRule(rule, &wrong).ok()) return ShowRuleError(rule, wrong);
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_TRY(Put(*control, tag, rule));
  std::printf("%s: %s\n", tag.c_str(), rule.c_str());
  return kExitDone;
}

Status Remove(const std::string& tag, const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_TRY(control->Call("DELETE", "/api/v1/tasks/" + UrlEncode(tag), ""));
  HB_ASSIGN(const Config config, LoadConfig(context.config_path));
  for (const TaskConfig& task : config.tasks) {
    if (task.tag != tag) continue;
    std::fprintf(stderr, "%s stands in the configuration too, and comes back with the next start\n",
                 tag.c_str());
  }
  return Ok();
}

int Check(const std::string& rule) {
  RuleError error;
  const auto explained = CheckRule(rule, &error);
  if (explained.ok()) {
    std::puts(explained.value().text.c_str());
    for (const std::string& warning : explained.value().warnings)
      std::printf("warning: %s\n", warning.c_str());
    return kExitDone;
  }
  return ShowRuleError(rule, error);
}

/// The tasks that a file of configuration asks for; all else in it is left alone.
Result<std::vector<TaskConfig>> TasksOfFile(const std::string& path) {
  HB_ASSIGN(const std::string text, ReadFile(path));
  HB_ASSIGN(Config config, ParseConfig(text, path));
  if (config.tasks.empty()) {
    return Error{Code::kInvalidArgument, path + ": has no [[task]] with tag and rule"};
  }
  return std::move(config.tasks);
}

/// Makes the tasks in force those of the file; with `dry_run` only says what would change.
Result<int> Sync(const std::string& path, bool dry_run, const CommandContext& context) {
  HB_ASSIGN(const std::vector<TaskConfig> wanted, TasksOfFile(path));
  for (const TaskConfig& task : wanted) {
    RuleError wrong;
    if (CheckRule(task.rule, &wrong).ok()) continue;
    std::fprintf(stderr, "%s: task '%s'\n", path.c_str(), task.tag.c_str());
    return ShowRuleError(task.rule, wrong);
  }
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const auto tasks, TasksOf(*control));
  std::map<std::string, std::string> present;
  for (const auto& task : tasks) present.emplace(task[0], task[1]);

  std::size_t changed = 0;
  std::set<std::string> kept;
  // What is new comes before what goes, so that no moment is without a rule that stays.
  for (const TaskConfig& task : wanted) {
    kept.insert(task.tag);
    const auto old = present.find(task.tag);
    if (old != present.end() && old->second == task.rule) continue;
    ++changed;
    if (old == present.end()) {
      std::printf("+ %s: %s\n", task.tag.c_str(), task.rule.c_str());
    } else {
      std::printf("~ %s: %s (was: %s)\n", task.tag.c_str(), task.rule.c_str(), old->second.c_str());
    }
    if (!dry_run) HB_TRY(Put(*control, task.tag, task.rule));
  }
  for (const auto& [tag, rule] : present) {
    if (kept.contains(tag)) continue;
    ++changed;
    std::printf("- %s: %s\n", tag.c_str(), rule.c_str());
    if (!dry_run) HB_TRY(control->Call("DELETE", "/api/v1/tasks/" + UrlEncode(tag), ""));
  }
  std::printf("%zu %s\n", changed, dry_run ? "would change" : "changed");
  return kExitDone;
}

struct TrialOptions {
  std::string file, map, format;
  std::vector<std::string> rules;
  double price = 0.005;  ///< X's for a post that is read, in dollars; August 2026
  std::size_t examples = 2;
};

/// The rules to try: those of the command line, else those of the configuration.
Result<std::vector<Task>> RulesToTry(const TrialOptions& options, const CommandContext& context) {
  std::vector<Task> tasks;
  for (const std::string& rule : options.rules) {
    tasks.push_back({.tag = fmt::format("rule {}", tasks.size() + 1), .rule = rule});
  }
  if (!tasks.empty()) return tasks;
  HB_ASSIGN(const Config config, LoadConfig(context.config_path));
  for (const TaskConfig& task : config.tasks) tasks.push_back({.tag = task.tag, .rule = task.rule});
  if (tasks.empty()) {
    return Error{Code::kInvalidArgument,
                 "no rule to try: give --rule RULE, or a --config with [[task]]"};
  }
  return tasks;
}

void ShowTrial(const RuleTrial& trial, const std::vector<Task>& tasks, double price) {
  constexpr double kMonth = 30;
  const auto row = [&](const std::string& tag, const std::string& rule, std::uint64_t posts) {
    const double share =
        trial.posts == 0 ? 0 : static_cast<double>(posts) / static_cast<double>(trial.posts);
    const double a_day = static_cast<double>(posts) / trial.Days();
    return std::vector<std::string>{tag,
                                    rule,
                                    std::to_string(posts),
                                    fmt::format("{:.2f} %", 100 * share),
                                    fmt::format("{:.1f}", a_day),
                                    fmt::format("{:.2f}", a_day * kMonth * price)};
  };
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    rows.push_back(row(tasks[i].tag, tasks[i].rule, trial.rules[i].posts));
  }
  if (tasks.size() > 1) rows.push_back(row("together", "each post once", trial.matched));
  constexpr std::size_t kWidest = 60;
  std::fputs(TableText({"task", "rule", "posts", "share", "a day", "$ a month"}, rows,
                       {false, false, true, true, true, true}, kWidest)
                 .c_str(),
             stdout);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const std::string& example : trial.rules[i].examples) {
      std::printf("%s: %s\n", tasks[i].tag.c_str(), OneLine(example).c_str());
    }
  }
}

Result<int> Test(const TrialOptions& options, const CommandContext& context) {
  HB_ASSIGN(const std::vector<Task> tasks, RulesToTry(options, context));
  for (const Task& task : tasks) {
    if (RuleError wrong; !CheckRule(task.rule, &wrong).ok()) return ShowRuleError(task.rule, wrong);
  }
  Settings::Values values{{"path", options.file}, {"speed", "max"}};
  if (!options.map.empty()) values["map"] = options.map;
  if (!options.format.empty()) values["format"] = options.format;
  HB_ASSIGN(const auto* entry, FindSource("replay"));
  SystemClock clock;
  Env env{clock, "."};
  HB_ASSIGN(const auto source, MakeComponent(*entry, values, env));
  HB_ASSIGN(const RuleTrial trial, TryRules(tasks, options.examples, *source));
  std::printf("%llu posts, %s to %s", static_cast<unsigned long long>(trial.posts),
              IsoTime(trial.first).c_str(), IsoTime(trial.last).c_str());
  if (trial.unreadable > 0) {
    std::printf(" (%llu rows are no posts)", static_cast<unsigned long long>(trial.unreadable));
  }
  std::puts("");
  if (trial.with_language == 0) std::puts("no post here says its language: lang: finds nothing");
  ShowTrial(trial, tasks, options.price);
  return kExitDone;
}

}  // namespace

void AddRulesCommand(CLI::App& app, CommandContext& context) {
  auto* command =
      app.add_subcommand("rules", "list, add, remove, check and try the rules of tasks");
  command->require_subcommand(1);
  auto rule = std::make_shared<std::string>();
  auto tag = std::make_shared<std::string>();
  const auto finish = [&context](const Status& done) {
    if (!done.ok()) context.exit_code = Fail(done.error());
  };

  command->add_subcommand("list", "the tasks in force")->callback([finish, &context] {
    finish(List(context));
  });
  auto* add = command->add_subcommand("add", "add a task, or give its tag a new rule");
  add->add_option("rule", *rule, "the rule, in X's grammar")->required();
  add->add_option("--tag", *tag, "name of the task")->required();
  add->callback([=, &context] {
    const Result<int> code = Add(*tag, *rule, context);
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  });
  auto* remove = command->add_subcommand("rm", "remove a task");
  remove->add_option("tag", *tag, "name of the task")->required();
  remove->callback([=, &context] { finish(Remove(*tag, context)); });
  auto* check = command->add_subcommand("check", "explain a rule, or point at what is wrong");
  check->add_option("rule", *rule, "the rule")->required();
  check->callback([rule, &context] { context.exit_code = Check(*rule); });

  const auto end = [&context](const Result<int>& code) {
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  };
  auto file = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  auto* sync = command->add_subcommand("sync", "make the tasks in force those of a file");
  sync->add_option("file", *file, "file with [[task]] tables; heartbeat.toml is one")->required();
  sync->add_flag("--dry-run", *dry_run, "say what would change, and change nothing");
  sync->callback([=, &context] { end(Sync(*file, *dry_run, context)); });

  auto options = std::make_shared<TrialOptions>();
  auto* test = command->add_subcommand(
      "test", "which posts of a file rules find, how many, and what X would bill for them");
  test->add_option("file", options->file, "file of posts (CSV or JSONL, also .gz or .zst)")
      ->required();
  test->add_option("--rule", options->rules, "a rule; may be given again (default: the [[task]]s)")
      ->allow_extra_args(false);
  test->add_option("--map", options->map, "columns of a CSV: content=text,time=created_at");
  test->add_option("--format", options->format, "format of the file, if it is not recognised");
  test->add_option("--price", options->price, "dollars a post")->check(CLI::NonNegativeNumber);
  test->add_option("--examples", options->examples, "texts to show for each rule (default 2)")
      ->check(CLI::Range(0, 1'000));
  test->callback([=, &context] { end(Test(*options, context)); });
}

}  // namespace hb
