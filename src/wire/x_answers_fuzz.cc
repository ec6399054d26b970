// Any bytes as an answer of the X API: never a crash, and every text is valid UTF-8.
#include <cstdint>
#include <cstdlib>

#include "base/utf8.h"
#include "wire/x_answers.h"

namespace {

void Check(const hb::XProblem& problem) {
  if (!hb::IsValidUtf8(problem.Words()) || !hb::IsValidUtf8(problem.value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hb::XAnswers answers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(answers.Problem(text));
  if (const auto rules = answers.Rules(text); rules.ok()) {
    for (const hb::XRule& rule : rules.value().rules) {
      if (!hb::IsValidUtf8(rule.value) || !hb::IsValidUtf8(rule.tag)) std::abort();
    }
    for (const hb::XProblem& problem : rules.value().errors) Check(problem);
  }
  if (const auto page = answers.Page(text); page.ok()) {
    if (!hb::IsValidUtf8(page.value().next_token)) std::abort();
    for (const hb::XCount& count : page.value().counts) {
      if (!hb::IsValidUtf8(count.start)) std::abort();
    }
  }
  if (const auto usage = answers.Usage(text); usage.ok()) {
    if (usage.value().reset_day < 0 || usage.value().reset_day > 31) std::abort();
  }
  if (const auto job = answers.ComplianceJob(text); job.ok()) {
    if (job.value().id.empty() || !hb::IsValidUtf8(job.value().upload_url)) std::abort();
  }
  if (const auto result = answers.ComplianceResult(text); result.ok()) {
    if (!hb::IsValidUtf8(result.value().id + result.value().reason)) std::abort();
  }
  if (const auto trends = answers.Trends(text); trends.ok()) {
    for (const hb::XTrend& trend : trends.value()) {
      if (!hb::IsValidUtf8(trend.name)) std::abort();
    }
  }
  std::vector<std::string> rules;
  hb::XProblem problem;
  answers.Message(text, rules, problem);
  Check(problem);
  return 0;
}
