// source/x/rule_sync.h - the rules at X kept equal to the tasks.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "record/task.h"
#include "source/reconnect.h"
#include "source/x/x_client.h"
#include "wire/x_answers.h"

namespace hb {

/// Without those whose rule an earlier one has, blanks at both ends aside: X is asked for it once.
std::vector<Task> OneOfEachRule(const std::vector<Task>& tasks);

/// What has to change at X. Rules are the same if their text is, blanks at both ends aside: X
/// refuses a text that is there already, whatever its tag, and posts find their tasks here by their
/// own text. So a rule whose tag alone differs is left as it is, since to delete and add it again
/// would lose posts.
struct RulePlan {
  std::vector<XRule> add;     ///< without ids
  std::vector<XRule> remove;  ///< ours, and asked for no more
  std::vector<XRule> keep;    ///< asked for and there, ours or somebody else's
};
/// Ours are the rules whose tag begins with `prefix`; no other is ever removed. Two tasks of one
/// rule need it once.
RulePlan PlanRules(const std::vector<XRule>& at_x, const std::vector<Task>& tasks,
                   std::string_view prefix);

/// What a sync came to.
struct RuleSync {
  std::vector<XRule> in_force;                 ///< all rules at X, ours or not
  std::vector<std::string> warnings;           ///< "the rule of task 'cats' is not at X: ..."
  std::map<std::string, std::string> refused;  ///< of `on_trial`, by tag: why
  std::size_t added = 0, removed = 0;
  std::optional<Ending> failed;  ///< it was broken off; what was done stays
};

/// Reads all rules, tries what is new without changing anything, adds, then removes what is asked
/// for no more (before, only if there is no room), and reads again.
/// https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule
/// `on_trial`: tags of tasks that are asked for in another way if X refuses their rule. Then
/// nothing is removed, and nothing added if X has said so when it was tried: what is at X stays
/// until somebody has decided about them.
/// Errors   A rule that X refuses is a warning; the others still take hold.
RuleSync SyncRules(XClient& client, const std::vector<Task>& tasks, std::string_view prefix,
                   const std::set<std::string>& on_trial = {});

}  // namespace hb
