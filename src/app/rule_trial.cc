#include "app/rule_trial.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "rule/rule.h"

namespace hb {

double RuleTrial::Days() const {
  const std::chrono::duration<double, std::ratio<86'400>> span = last - first;
  return std::max(span.count(), kLeastDays);
}

Result<RuleTrial> TryRules(const std::vector<Task>& tasks, std::size_t examples, Source& source) {
  constexpr std::size_t kBatch = 4'000;
  HB_ASSIGN(const auto rules, RuleSet::Compile(tasks, 1));
  const auto scratch = rules->MakeScratch();
  RuleTrial trial;
  trial.rules.resize(rules->tags().size());
  std::vector<std::uint32_t> matched;
  Intake intake;
  PollState state = PollState::kMore;
  while (state != PollState::kDone) {
    intake.Clear();
    HB_ASSIGN(state, source.Poll(kBatch, std::chrono::seconds(1), intake));
    trial.unreadable += intake.dead.size();
    const PostBatch& posts = intake.posts;
    for (std::size_t row = 0; row < posts.size(); ++row) {
      if (trial.posts++ == 0) trial.first = trial.last = posts.time[row];
      trial.first = std::min(trial.first, posts.time[row]);
      trial.last = std::max(trial.last, posts.time[row]);
      if (!posts.lang[row].empty()) ++trial.with_language;
      matched.clear();
      rules->Match(posts, row, *scratch, matched);
      if (!matched.empty()) ++trial.matched;
      for (const std::uint32_t rule : matched) {
        RuleTrial::Found& found = trial.rules[rule];
        if (found.posts++ < examples) found.examples.emplace_back(posts.content[row]);
      }
    }
  }
  return trial;
}

}  // namespace hb
