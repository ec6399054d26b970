// `heartbeat rules`: the tasks and their rules.
#include <cstdio>
#include <memory>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/table_text.h"
#include "rule/rule.h"

namespace hb {

namespace {

Status List(const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer, control->Call("GET", "/api/v1/tasks", ""));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  HB_ASSIGN(const simdjson::dom::array tasks, ListOf(document, "tasks"));
  std::vector<std::vector<std::string>> rows;
  for (const simdjson::dom::element task : tasks) {
    rows.push_back({Member(task, "tag"), Member(task, "rule"), Member(task, "revision"),
                    Member(task, "since")});
  }
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

Result<int> Add(const std::string& tag, const std::string& rule, const CommandContext& context) {
  if (tag.empty()) return Error{Code::kInvalidArgument, "--tag: a task needs a name"};
  if (RuleError wrong; !CheckRule(rule, &wrong).ok()) return ShowRuleError(rule, wrong);
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_TRY(control->Call("PUT", "/api/v1/tasks/" + UrlEncode(tag),
                       "{\"rule\":" + JsonQuote(rule) + "}"));
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

}  // namespace

void AddRulesCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("rules", "list, add, remove and check the rules of tasks");
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
}

}  // namespace hb
