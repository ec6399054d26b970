#include "simulate/x_rules.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/json.h"
#include "base/utf8.h"

namespace hb::simulate {

namespace {

std::string Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

XAnswer Invalid(std::string_view name, std::string_view value, std::string message) {
  return {400, XBadParameters({{std::string(name), std::string(value), std::move(message)}})};
}

/// As X points at a mistake in a rule.
std::string Describe(const RuleError& error) {
  return fmt::format("{} (at position {})", error.message, error.column);
}

Result<std::shared_ptr<const XRuleSet>> Compiled(const std::vector<Task>& tasks,
                                                 std::vector<XMatch> rules, std::uint32_t version) {
  auto compiled = std::make_shared<XRuleSet>();
  compiled->version = version;
  compiled->rules = std::move(rules);
  if (!tasks.empty()) {
    HB_ASSIGN(compiled->set, RuleSet::Compile(tasks, version));
  }
  return std::shared_ptr<const XRuleSet>(std::move(compiled));
}

/// Members of the request that X does not know.
std::string Unknown(const rapidjson::Value& object, const std::set<std::string_view>& known) {
  for (const auto& member : object.GetObject()) {
    if (!known.contains(member.name.GetString())) return member.name.GetString();
  }
  return {};
}

std::vector<std::string> Texts(const rapidjson::Value& object, const char* name) {
  std::vector<std::string> texts;
  const auto list = object.FindMember(name);
  if (list == object.MemberEnd() || !list->value.IsArray()) return texts;
  for (const auto& each : list->value.GetArray()) {
    if (each.IsString()) texts.emplace_back(each.GetString());
    if (each.IsUint64()) texts.push_back(std::to_string(each.GetUint64()));
  }
  return texts;
}

void AppendRule(std::string& out, std::string_view id, std::string_view value,
                std::string_view tag) {
  if (!out.empty()) out += ',';
  fmt::format_to(std::back_inserter(out), R"({{"id":"{}","value":)", id);
  AppendJsonString(value, out);
  if (!tag.empty()) {
    out += R"(,"tag":)";
    AppendJsonString(tag, out);
  }
  out += '}';
}

}  // namespace

Result<std::shared_ptr<const XRuleSet>> CompileQuery(const std::string& query) {
  RuleError error;
  if (const auto checked = CheckRule(query, &error); !checked.ok())
    return Error{Code::kInvalidArgument, Describe(error)};
  Task task;
  task.tag = "query";
  task.rule = query;
  return Compiled({task}, {{.id = "0", .tag = "query"}}, 1);
}

const std::vector<XMatch>& XMatcher::Match(const Post& post,
                                           const std::shared_ptr<const XRuleSet>& set) {
  matches_.clear();
  if (!set || !set->set) return matches_;
  if (set != set_) {
    set_ = set;
    scratch_ = set->set->MakeScratch();
  }
  posts_.Clear();
  std::vector<Redaction> redactions;
  std::vector<WireFault> faults;
  WireSink sink{.posts = posts_, .redactions = redactions, .faults = faults};
  const Status read =
      reader_.Parse(XMessage(post, fields_, nullptr), 0, {.source = "x", .row_id = {}}, sink);
  if (!read.ok() || posts_.empty()) return matches_;
  matched_.clear();
  set->set->Match(posts_, 0, *scratch_, matched_);
  for (const std::uint32_t index : matched_) matches_.push_back(set->rules[index]);
  return matches_;
}

/// What a request to change rules led to.
struct XRules::Outcome {
  std::size_t made = 0, refused = 0, valid = 0, invalid = 0, deleted = 0, kept = 0;
  std::string data, errors;

  void Fail(std::string_view json) {
    if (!errors.empty()) errors += ',';
    errors += json;
  }
};

XRules::XRules(Limits limits) : limits_(limits) { current_ = std::make_shared<XRuleSet>(); }

std::shared_ptr<const XRuleSet> XRules::current() const {
  const MutexLock lock(mutex_);
  return current_;
}

std::size_t XRules::size() const {
  const MutexLock lock(mutex_);
  return rules_.size();
}

XAnswer XRules::List(const Request& request, EventTime now) const {
  std::size_t most = 1'000, first = 0;
  if (const std::string* text = request.Param("max_results")) {
    most = static_cast<std::size_t>(std::strtoull(text->c_str(), nullptr, 10));
    if (most < 1 || most > 1'000) {
      return Invalid("max_results", *text,
                     fmt::format("The `max_results` query parameter value [{}] is not between 1 "
                                 "and 1000",
                                 *text));
    }
  }
  if (const std::string* token = request.Param("pagination_token")) {
    if (token->size() != 16 || token->find_first_not_of("0123456789abcdef") != std::string::npos) {
      return Invalid("pagination_token", *token, "The `pagination_token` is not one of this list");
    }
    first = static_cast<std::size_t>(std::strtoull(token->c_str(), nullptr, 16));
  }
  std::set<std::string, std::less<>> ids;
  for (const std::string& list : request.Params("ids")) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const std::string_view id = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(id.size() + 1, rest.size()));
      ids.emplace(id);
    }
  }
  const MutexLock lock(mutex_);
  std::string data;
  std::size_t count = 0, at = first;
  for (; at < rules_.size() && count < most; ++at) {
    const Rule& rule = rules_[at];
    if (!ids.empty() && !ids.contains(rule.id)) continue;
    AppendRule(data, rule.id, rule.value, rule.tag);
    ++count;
  }
  std::string body = data.empty() ? "{" : R"({"data":[)" + data + "],";
  fmt::format_to(std::back_inserter(body), R"("meta":{{"sent":"{}","result_count":{})", XTime(now),
                 count);
  if (at < rules_.size())
    fmt::format_to(std::back_inserter(body), R"(,"next_token":"{:016x}")", at);
  return {200, body + "}}"};
}

void XRules::AddOne(const std::string& value, const std::string& tag, std::vector<Rule>& rules,
                    Outcome& outcome) {
  const auto fail = [&](std::string_view title, std::string_view type, std::string_view detail,
                        std::string_view id) {
    ++outcome.refused;
    std::string json = R"({"value":)" + JsonQuote(value);
    if (!id.empty()) json += R"(,"id":)" + JsonQuote(id);
    if (!detail.empty()) json += R"(,"details":[)" + JsonQuote(detail) + "]";
    json += R"(,"title":)" + JsonQuote(title) + R"(,"type":"https://api.twitter.com/2/problems/)" +
            std::string(type) + "\"}";
    outcome.Fail(json);
  };
  RuleError error;
  if (CountCodePoints(value) > limits_.code_points) {
    ++outcome.invalid;
    return fail("UnprocessableEntity", "invalid-rules",
                fmt::format("The length of the rule is {} characters, at most {} are allowed "
                            "(at position {})",
                            CountCodePoints(value), limits_.code_points, limits_.code_points + 1),
                {});
  }
  if (const auto checked = CheckRule(value, &error); !checked.ok()) {
    ++outcome.invalid;
    return fail("UnprocessableEntity", "invalid-rules", Describe(error), {});
  }
  if (!limits_.sample && value.find("sample:") != std::string::npos) {
    ++outcome.invalid;
    return fail("UnprocessableEntity", "invalid-rules",
                "Reference to invalid operator 'sample'. Operator is not available in current "
                "product or product packaging.",
                {});
  }
  ++outcome.valid;
  const auto same = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
    return rule.value == value && rule.tag == tag;
  });
  if (same != rules.end()) return fail("DuplicateRule", "duplicate-rules", {}, same->id);
  if (rules.size() >= limits_.rules) {
    return fail("RulesCapExceeded", "rule-cap",
                fmt::format("Rules are limited to {}", limits_.rules), {});
  }
  ++outcome.made;
  rules.push_back({std::to_string(++last_id_), value, tag});
  AppendRule(outcome.data, rules.back().id, value, tag);
}

XAnswer XRules::Change(const Request& request, EventTime now) {
  const auto flag = [&](std::string_view name) {
    const std::string* value = request.Param(name);
    return value != nullptr && (*value == "true" || *value == "True");
  };
  const bool dry = flag("dry_run"), all = flag("delete_all");
  rapidjson::Document body;
  body.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  if (body.HasParseError() || !body.IsObject()) {
    if (!all || !request.body.empty()) return Invalid("body", "", "The body is not a JSON object");
    body.SetObject();
  }
  if (const std::string unknown = Unknown(body, {"add", "delete"}); !unknown.empty()) {
    return Invalid(unknown, "", "$." + unknown + " is not defined in the schema: 'add', 'delete'");
  }
  const auto add = body.FindMember("add"), gone = body.FindMember("delete");
  const bool adds = add != body.MemberEnd(), deletes = gone != body.MemberEnd();
  if (!adds && !deletes && !all) return Invalid("body", "", "The body has neither add nor delete");
  if ((adds && !add->value.IsArray()) || (deletes && !gone->value.IsObject()))
    return Invalid("body", "", "'add' is a list, 'delete' an object");
  if (adds) {
    for (const auto& each : add->value.GetArray()) {
      if (!each.IsObject() || !each.HasMember("value") || !each["value"].IsString())
        return Invalid("add", "", "Each rule is an object with a 'value'");
      if (const std::string unknown = Unknown(each, {"value", "tag"}); !unknown.empty())
        return Invalid("add", unknown, "$.add[*]." + unknown + " is not defined in the schema");
    }
  }
  const MutexLock lock(mutex_);
  Outcome outcome;
  std::vector<Rule> rules = rules_;
  if (all) {
    outcome.deleted += rules.size();
    rules.clear();
  }
  if (deletes) {
    const auto remove = [&](const std::string& what, bool by_id) {
      const auto erased = std::erase_if(
          rules, [&](const Rule& rule) { return (by_id ? rule.id : rule.value) == what; });
      outcome.deleted += erased;
      if (erased > 0) return;
      ++outcome.kept;
      outcome.Fail(
          fmt::format(R"({{"{}":{},"title":"RuleNotFound","detail":"Rule does not exist",)"
                      R"("type":"https://api.twitter.com/2/problems/resource-not-found"}})",
                      by_id ? "id" : "value", JsonQuote(what)));
    };
    for (const std::string& id : Texts(gone->value, "ids")) remove(id, true);
    for (const std::string& value : Texts(gone->value, "values")) remove(Trim(value), false);
  }
  if (adds) {
    for (const auto& each : add->value.GetArray()) {
      const auto tag = each.FindMember("tag");
      AddOne(Trim(each["value"].GetString()),
             tag != each.MemberEnd() && tag->value.IsString() ? tag->value.GetString() : "", rules,
             outcome);
    }
  }
  if (!dry) {
    rules_ = std::move(rules);
    Compile();
  }
  std::string summary;
  if (adds) {
    summary = fmt::format(R"("created":{},"not_created":{},"valid":{},"invalid":{})", outcome.made,
                          outcome.refused, outcome.valid, outcome.invalid);
  }
  if (deletes || all) {
    fmt::format_to(std::back_inserter(summary), R"({}"deleted":{},"not_deleted":{})",
                   summary.empty() ? "" : ",", outcome.deleted, outcome.kept);
  }
  std::string answer = outcome.data.empty() ? "{" : R"({"data":[)" + outcome.data + "],";
  fmt::format_to(std::back_inserter(answer), R"("meta":{{"sent":"{}","summary":{{{}}}}})",
                 XTime(now), summary);
  if (!outcome.errors.empty()) answer += R"(,"errors":[)" + outcome.errors + "]";
  return {outcome.made > 0 ? 201 : 200, answer + "}"};
}

void XRules::Compile() {
  std::vector<Task> tasks;
  std::vector<XMatch> matches;
  for (const Rule& rule : rules_) {
    Task task;
    task.tag = rule.id;
    task.rule = rule.value;
    tasks.push_back(std::move(task));
    matches.push_back({rule.id, rule.tag});
  }
  // Each was checked when it came.
  if (auto compiled = Compiled(tasks, std::move(matches), current_->version + 1); compiled.ok())
    current_ = std::move(compiled).value();
}

XAnswer XRules::Counts() const {
  const MutexLock lock(mutex_);
  return {200,
          fmt::format(R"({{"data":{{"cap_per_client_app":"{0}","cap_per_project":"{0}",)"
                      R"("project_rules_count":"{1}",)"
                      R"("client_app_rules_count":{{"client_app_id":"1","rule_count":{1}}},)"
                      R"("all_project_client_apps":[{{"client_app_id":"1","rule_count":{1}}}]}}}})",
                      limits_.rules, rules_.size())};
}

}  // namespace hb::simulate
