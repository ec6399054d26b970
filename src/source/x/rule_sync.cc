#include "source/x/rule_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/json.h"

namespace hb {

namespace {

constexpr std::string_view kPath = "/2/tweets/search/stream/rules";
constexpr std::size_t kRulesARequest = 100;
constexpr int kMaxPages = 100;
constexpr std::string_view kNotThere = "it was added, and is not there";

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Whether one of `rules` is the same as `rule`.
bool Holds(const std::vector<XRule>& rules, const XRule& rule) {
  return std::any_of(rules.begin(), rules.end(), [&](const XRule& other) {
    return Trimmed(other.value) == Trimmed(rule.value);
  });
}

/// One sync under way.
class Sync {
 public:
  Sync(XClient& client, std::string_view prefix, const std::set<std::string>& on_trial)
      : client_(client), prefix_(prefix), on_trial_(on_trial) {}

  RuleSync Run(const std::vector<Task>& tasks) {
    if (List()) {
      RulePlan plan = PlanRules(out_.in_force, tasks, prefix_);
      const bool changes = !plan.add.empty() || !plan.remove.empty();
      if (changes && Apply(plan) && List()) Compare(plan);
    }
    return std::move(out_);
  }

 private:
  bool Fail(const Ending& ending) {
    out_.failed = ending;
    return false;
  }

  bool List() {
    out_.in_force.clear();
    std::string token;
    for (int page = 0; page < kMaxPages; ++page) {
      XParams params{{"max_results", "1000"}};
      if (!token.empty()) params.emplace_back("pagination_token", token);
      const XClient::Answer answer = client_.Get(kPath, params);
      if (!answer.good) return Fail(answer.ending);
      Result<XRulesAnswer> rules = answers_.Rules(answer.http.body);
      if (!rules.ok()) return Fail({EndKind::kPassing, rules.error().message});
      for (XRule& rule : rules.value().rules) out_.in_force.push_back(std::move(rule));
      if (rules.value().next_token.empty() || rules.value().next_token == token) break;
      token = rules.value().next_token;
    }
    return true;
  }

  /// What X says to a change; nothing if it did not get to judge it.
  std::optional<XRulesAnswer> Change(const std::string& body, bool dry_run) {
    XParams params;
    if (dry_run) params.emplace_back("dry_run", "true");
    const XClient::Answer answer = client_.Post(kPath, params, body);
    const bool judged = answer.good || answer.problem.kind == "rule-cap" ||
                        answer.problem.kind == "invalid-rules" ||
                        answer.problem.kind == "duplicate-rules" ||
                        (answer.http.status == 400 && !answers_.Problems(answer.http.body).empty());
    if (!judged) {
      Fail(answer.ending);
      return std::nullopt;
    }
    Result<XRulesAnswer> rules = answers_.Rules(answer.http.body);
    if (!rules.ok()) {
      Fail({EndKind::kPassing, rules.error().message});
      return std::nullopt;
    }
    if (!answer.good && rules.value().errors.empty()) {
      rules.value().errors.push_back(answer.problem);
    }
    return std::move(rules).value();
  }

  static std::string AddBody(std::span<const XRule> rules) {
    std::string body = R"({"add":[)";
    for (const XRule& rule : rules) {
      if (body.back() != '[') body += ',';
      body += fmt::format(R"({{"value":{},"tag":{}}})", JsonQuote(rule.value), JsonQuote(rule.tag));
    }
    return body + "]}";
  }

  /// Drops from `rules` those that X would refuse by themselves. False: broken off.
  bool Sift(std::vector<XRule>& rules) {
    std::vector<XRule> good;
    for (std::size_t at = 0; at < rules.size(); at += kRulesARequest) {
      const std::size_t count = std::min(kRulesARequest, rules.size() - at);
      if (!SiftSome({rules.data() + at, count}, good)) return false;
    }
    rules = std::move(good);
    return true;
  }

  /// Appends to `good` those that X would not refuse.
  bool SiftSome(std::span<const XRule> some, std::vector<XRule>& good) {
    const auto verdict = Change(AddBody(some), true);
    if (!verdict) return false;
    const bool nameless =
        std::any_of(verdict->errors.begin(), verdict->errors.end(), [](const XProblem& problem) {
          return problem.kind != "rule-cap" && Trimmed(problem.value).empty();
        });
    if (nameless && some.size() > 1) {  // which of them it is has to be found out
      const std::size_t half = some.size() / 2;
      return SiftSome(some.first(half), good) && SiftSome(some.subspan(half), good);
    }
    std::set<std::string, std::less<>> refused;
    for (const XProblem& problem : verdict->errors) {
      if (problem.kind == "rule-cap") continue;
      const std::string_view value =
          Trimmed(problem.value).empty() ? Trimmed(some.front().value) : Trimmed(problem.value);
      // A duplicate is there: somebody was faster.
      if (!refused.emplace(value).second || problem.kind == "duplicate-rules") continue;
      for (const XRule& rule : some) {
        if (Trimmed(rule.value) == value) Missing(rule, problem.Words());
      }
    }
    for (const XRule& rule : some) {
      if (!refused.contains(Trimmed(rule.value))) good.push_back(rule);
    }
    return true;
  }

  /// X does not have the rule, or will not.
  void Missing(const XRule& rule, std::string_view why) {
    std::string tag = rule.tag.substr(prefix_.size());
    if (on_trial_.contains(tag)) {
      out_.refused.emplace(std::move(tag), why);
    } else {
      out_.warnings.push_back(fmt::format("the rule of task '{}' is not at X: {}", tag, why));
    }
  }

  /// False: broken off. `full`: X has no room for more.
  bool Add(std::vector<XRule>& rules, bool& full) {
    full = false;
    while (!rules.empty()) {
      const std::size_t count = std::min(kRulesARequest, rules.size());
      const auto verdict = Change(AddBody({rules.data(), count}), false);
      if (!verdict) return false;
      for (const XProblem& problem : verdict->errors) full = full || problem.kind == "rule-cap";
      if (full) return true;
      out_.added += verdict->created >= 0 ? static_cast<std::size_t>(verdict->created) : count;
      rules.erase(rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return true;
  }

  bool Remove(const std::vector<XRule>& rules) {
    for (std::size_t at = 0; at < rules.size(); at += kRulesARequest) {
      std::string body = R"({"delete":{"ids":[)";
      for (std::size_t i = at; i < std::min(at + kRulesARequest, rules.size()); ++i) {
        if (body.back() != '[') body += ',';
        body += JsonQuote(rules[i].id);
      }
      const auto verdict = Change(body + "]}}", false);
      if (!verdict) return false;
      if (verdict->deleted > 0) out_.removed += static_cast<std::size_t>(verdict->deleted);
    }
    return true;
  }

  bool Apply(RulePlan& plan) {
    if (!Sift(plan.add) || !out_.refused.empty()) return false;
    std::vector<XRule> left = plan.add;
    bool full = false;
    if (!Add(left, full) || !KeepTrialsWhole(plan.add, left)) return false;
    if (!Remove(plan.remove)) return false;
    // There may be room now.
    if (full && !plan.remove.empty() && !Add(left, full)) return false;
    for (const XRule& rule : left) {
      Missing(rule, "the account's number of rules is used up");
    }
    std::erase_if(plan.add, [&](const XRule& rule) { return Holds(left, rule); });
    return true;
  }

  /// Before anything is removed: what was on trial and added, and is not there, was refused
  /// without a word. False: it was, or it is broken off. `left`: could not be added.
  bool KeepTrialsWhole(const std::vector<XRule>& added, const std::vector<XRule>& left) {
    if (on_trial_.empty()) return true;
    if (!List()) return false;
    for (const XRule& rule : added) {
      const bool tried = on_trial_.contains(rule.tag.substr(prefix_.size())) && !Holds(left, rule);
      if (tried && !Holds(out_.in_force, rule)) Missing(rule, kNotThere);
    }
    return out_.refused.empty();
  }

  void Compare(const RulePlan& plan) {
    for (const XRule& rule : plan.add) {
      if (!Holds(out_.in_force, rule)) Missing(rule, kNotThere);
    }
  }

  XClient& client_;
  const std::string_view prefix_;
  const std::set<std::string>& on_trial_;
  XAnswers answers_;
  RuleSync out_;
};

}  // namespace

std::vector<Task> OneOfEachRule(const std::vector<Task>& tasks) {
  std::vector<Task> one;
  std::set<std::string_view> rules;
  for (const Task& task : tasks) {
    if (rules.insert(Trimmed(task.rule)).second) one.push_back(task);
  }
  return one;
}

RulePlan PlanRules(const std::vector<XRule>& at_x, const std::vector<Task>& tasks,
                   std::string_view prefix) {
  RulePlan plan;
  std::set<std::string_view> wanted;
  for (const Task& task : tasks) {
    if (!task.active) continue;
    const std::string_view value = Trimmed(task.rule);
    if (!wanted.insert(value).second) continue;
    const auto there = std::find_if(
        at_x.begin(), at_x.end(), [&](const XRule& rule) { return Trimmed(rule.value) == value; });
    if (there != at_x.end()) {
      plan.keep.push_back(*there);
    } else {
      plan.add.push_back({"", std::string(value), std::string(prefix) + task.tag});
    }
  }
  for (const XRule& rule : at_x) {
    if (rule.tag.starts_with(prefix) && !wanted.contains(Trimmed(rule.value))) {
      plan.remove.push_back(rule);
    }
  }
  return plan;
}

RuleSync SyncRules(XClient& client, const std::vector<Task>& tasks, std::string_view prefix,
                   const std::set<std::string>& on_trial) {
  return Sync(client, prefix, on_trial).Run(tasks);
}

}  // namespace hb
