#include "wire/x_answers.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "wire/json_text.h"

namespace hb {

namespace {

constexpr std::size_t kMaxText = 2000;

/// At most kMaxText bytes, cut between code points.
std::string Short(std::string_view text) {
  if (text.size() > kMaxText) {
    std::size_t end = kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  return std::string(text);
}

std::string Text(const JsonObject& object, std::string_view key) {
  return Short(JsonString(object, key));
}

std::string Id(const JsonObject& object, std::string_view key) {
  IdBuffer buffer;
  return Short(JsonId(object, key, buffer));
}

XProblem ProblemOf(const JsonObject& object) {
  XProblem problem;
  const std::string_view type = JsonString(object, "type");
  // "https://api.twitter.com/2/problems/usage-capped"; "about:blank" says nothing.
  if (const auto slash = type.rfind('/'); slash != std::string_view::npos) {
    problem.kind = Short(type.substr(slash + 1));
  }
  problem.title = Text(object, "title");
  problem.detail = Text(object, "detail");
  if (problem.detail.empty()) problem.detail = Text(object, "message");
  problem.reason = Text(object, "reason");
  problem.connection_issue = Text(object, "connection_issue");
  problem.disconnect_type = Text(object, "disconnect_type");
  problem.period = Text(object, "period");
  problem.parameter = Text(object, "parameter");
  problem.value = Text(object, "value");
  problem.id = Id(object, "id");
  if (const auto details = JsonList(object, "details")) {
    for (const JsonElement& each : *details) problem.details.push_back(Short(AsString(each)));
  }
  if (const auto parameters = JsonMember(object, "parameters")) {
    for (const auto [key, value] : *parameters) {
      if (problem.parameter.empty()) problem.parameter = Short(key);
    }
  }
  return problem;
}

void AppendProblems(const JsonObject& root, std::vector<XProblem>& out) {
  const auto errors = JsonList(root, "errors");
  if (!errors) return;
  for (const JsonElement& each : *errors) {
    if (const auto object = AsObject(each)) out.push_back(ProblemOf(*object));
  }
}

std::optional<std::int64_t> Summary(const JsonObject& root, std::string_view key) {
  const auto meta = JsonMember(root, "meta");
  const auto summary = meta ? JsonMember(*meta, "summary") : std::nullopt;
  return summary ? JsonInt(*summary, key) : std::nullopt;
}

}  // namespace

std::string XProblem::Words() const {
  std::string words = title.empty() ? kind : title;
  for (const std::string& more : {connection_issue, disconnect_type, reason, detail}) {
    if (more.empty() || more == words) continue;
    if (!words.empty()) words += ": ";
    words += more;
  }
  for (const std::string& more : details) words += "; " + more;
  return words;
}

struct XAnswers::State {
  JsonText text;
  Result<JsonObject> Root(std::string_view body) {
    HB_ASSIGN(const JsonElement root, text.Parse(body, 0));
    const auto object = AsObject(root);
    if (!object) return Error{Code::kInvalidArgument, "JSON, but not an object"};
    return *object;
  }
};

XAnswers::XAnswers() : state_(std::make_unique<State>()) {}
XAnswers::~XAnswers() = default;

std::vector<XProblem> XAnswers::Problems(std::string_view body) {
  std::vector<XProblem> problems;
  const Result<JsonObject> root = state_->Root(body);
  if (!root.ok()) return problems;
  AppendProblems(root.value(), problems);
  const XProblem whole = ProblemOf(root.value());
  if (!whole.Words().empty()) problems.insert(problems.begin(), whole);
  return problems;
}

XProblem XAnswers::Problem(std::string_view body) {
  std::vector<XProblem> problems = Problems(body);
  XProblem first;
  if (problems.empty()) {
    constexpr std::size_t kBeginning = 200;
    for (const char c : body.substr(0, kBeginning)) first.detail += c >= ' ' && c < 127 ? c : ' ';
    return first;
  }
  first = std::move(problems.front());
  // The whole says "Invalid Request", its first error says which parameter.
  if (problems.size() > 1) {
    if (first.parameter.empty()) first.parameter = problems[1].parameter;
    if (first.detail.empty()) first.detail = problems[1].detail;
    if (!problems[1].detail.empty() && first.detail != problems[1].detail) {
      first.details.push_back(problems[1].detail);
    }
  }
  return first;
}

Result<XRulesAnswer> XAnswers::Rules(std::string_view body) {
  HB_ASSIGN(const JsonObject root, state_->Root(body));
  XRulesAnswer answer;
  if (const auto data = JsonList(root, "data")) {
    for (const JsonElement& each : *data) {
      const auto rule = AsObject(each);
      if (!rule) continue;
      // Whole, since they are compared: a rule has at most 4,096 characters.
      answer.rules.push_back({Id(*rule, "id"), std::string(JsonString(*rule, "value")),
                              std::string(JsonString(*rule, "tag"))});
    }
  }
  AppendProblems(root, answer.errors);
  if (const auto meta = JsonMember(root, "meta")) answer.next_token = Text(*meta, "next_token");
  answer.created = Summary(root, "created").value_or(-1);
  answer.deleted = Summary(root, "deleted").value_or(-1);
  return answer;
}

Result<XPage> XAnswers::Page(std::string_view body) {
  HB_ASSIGN(const JsonObject root, state_->Root(body));
  XPage page;
  if (const auto meta = JsonMember(root, "meta")) {
    page.newest_id = Id(*meta, "newest_id");
    page.oldest_id = Id(*meta, "oldest_id");
    page.next_token = Text(*meta, "next_token");
    page.result_count = JsonInt(*meta, "result_count").value_or(0);
    const auto total = JsonInt(*meta, "total_tweet_count");
    page.total_count = total ? *total : JsonInt(*meta, "total_post_count").value_or(0);
  }
  const auto data = JsonList(root, "data");
  if (!data) return page;
  for (const JsonElement& each : *data) {
    const auto row = AsObject(each);
    if (!row) continue;
    const auto posts = JsonInt(*row, "tweet_count");
    const std::string start = Text(*row, "start");
    if (start.empty()) break;  // a page of posts
    page.counts.push_back({start, posts ? *posts : JsonInt(*row, "post_count").value_or(0)});
  }
  return page;
}

Result<XUsage> XAnswers::Usage(std::string_view body) {
  HB_ASSIGN(const JsonObject root, state_->Root(body));
  const auto data = JsonMember(root, "data");
  if (!data) return Error{Code::kInvalidArgument, "the answer has no data"};
  const auto number = [&](std::string_view key) {
    const std::string text = Id(*data, key);  // a number or a text of digits
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  XUsage usage{.used = number("project_usage"), .cap = number("project_cap")};
  const std::uint64_t day = number("cap_reset_day");
  usage.reset_day = day <= 31 ? static_cast<std::int64_t>(day) : 0;
  return usage;
}

Result<XComplianceJob> XAnswers::ComplianceJob(std::string_view body) {
  HB_ASSIGN(const JsonObject root, state_->Root(body));
  const auto data = JsonMember(root, "data");
  if (!data) return Error{Code::kInvalidArgument, "the answer has no data"};
  // Signed addresses are long: none of these is cut.
  XComplianceJob job{.id = Id(*data, "id"),
                     .status = Text(*data, "status"),
                     .upload_url = std::string(JsonString(*data, "upload_url")),
                     .download_url = std::string(JsonString(*data, "download_url"))};
  if (job.id.empty()) return Error{Code::kInvalidArgument, "the job has no id"};
  return job;
}

Result<XComplianceResult> XAnswers::ComplianceResult(std::string_view line) {
  HB_ASSIGN(const JsonObject root, state_->Root(line));
  XComplianceResult result{.id = Id(root, "id"),
                           .reason = Text(root, "reason"),
                           .redacted_at = Text(root, "redacted_at")};
  if (result.id.empty()) return Error{Code::kInvalidArgument, "the line has no id"};
  return result;
}

Result<std::vector<XTrend>> XAnswers::Trends(std::string_view body) {
  HB_ASSIGN(const JsonObject root, state_->Root(body));
  std::vector<XTrend> trends;
  if (const auto data = JsonList(root, "data")) {
    for (const JsonElement& each : *data) {
      const auto trend = AsObject(each);
      if (!trend) continue;
      const auto posts = JsonInt(*trend, "tweet_count");
      trends.push_back(
          {Text(*trend, "trend_name"), posts ? *posts : JsonInt(*trend, "post_count").value_or(0)});
    }
  }
  return trends;
}

XMessageKind XAnswers::Message(std::string_view line, std::vector<std::string>& rules,
                               XProblem& problem) {
  rules.clear();
  const Result<JsonObject> root = state_->Root(line);
  if (!root.ok()) return XMessageKind::kBroken;
  if (HasMember(root.value(), "data")) {
    if (const auto matching = JsonList(root.value(), "matching_rules")) {
      for (const JsonElement& each : *matching) {
        if (const auto rule = AsObject(each)) rules.push_back(Id(*rule, "id"));
      }
    }
    return XMessageKind::kData;
  }
  if (!HasMember(root.value(), "errors") && !HasMember(root.value(), "title")) {
    return XMessageKind::kUnknown;
  }
  std::vector<XProblem> problems;
  AppendProblems(root.value(), problems);
  problem = problems.empty() ? ProblemOf(root.value()) : std::move(problems.front());
  return XMessageKind::kError;
}

}  // namespace hb
