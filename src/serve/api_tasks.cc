// /api/v1/tasks, /api/v1/rules/check
#include <algorithm>

#include "record/identity.h"
#include "rule/rule.h"
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_json.h"
#include "serve/router.h"
#include "serve/rows.h"
#include "serve/window_query.h"

namespace hb {

namespace {

constexpr std::size_t kMaxRuleBytes = 16 * 1024;
/// How long a rule may be tried, and on how much at once.
constexpr std::chrono::milliseconds kTryTime{2500};
constexpr std::chrono::minutes kSlice{5};
constexpr std::size_t kSliceRows = 100'000, kExamples = 5;

void WriteTask(const Task& task, JsonWriter& json) {
  json.Member("tag", task.tag).Member("rule", task.rule).Key("revision").Uint(task.revision);
  json.Key("active").Bool(task.active).Member("since", IsoTime(task.time));
}

HttpResponse TaskAnswer(const Task& task, int status) {
  JsonWriter json;
  json.Open();
  WriteTask(task, json);
  json.Close();
  return JsonAnswer(json, status);
}

/// The rule of the body, checked; or the problem to be answered.
struct CheckedRule {
  std::string rule;
  std::optional<HttpResponse> problem;
};
CheckedRule RuleOf(const JsonBody& body) {
  auto rule = body.Text("rule");
  if (!rule)
    return {"", Problem(400, "the body has no text \"rule\"",
                        R"(send {"rule":"(ukraine OR kyiv) lang:en"})")};
  if (rule->size() > kMaxRuleBytes) {
    return {"", Problem(400, "the rule has " + std::to_string(rule->size()) + " bytes",
                        "at most " + std::to_string(kMaxRuleBytes) + " are read")};
  }
  RuleError error;
  if (const auto checked = CheckRule(*rule, &error); !checked.ok()) {
    return {"", ProblemAt(400, error.message, error.hint, error.column)};
  }
  return {*std::move(rule), std::nullopt};
}

bool Exists(const ApiContext& context, std::string_view tag) {
  const std::vector<Task> tasks = context.backend.Tasks();
  return std::any_of(tasks.begin(), tasks.end(), [&](const Task& task) { return task.tag == tag; });
}

PostKind KindOf(std::string_view name) {
  for (const PostKind kind : {PostKind::kRepost, PostKind::kReply, PostKind::kQuote}) {
    if (PostKindName(kind) == name) return kind;
  }
  return PostKind::kPost;
}

/// Pushes the texts of a JSON list.
void PushTexts(std::string_view list, simdjson::dom::parser& parser, ListColumn& out) {
  simdjson::dom::array values;
  if (parser.parse(simdjson::padded_string(list)).get(values) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element value : values) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) out.Push(text);
  }
}

/// What a rule would have matched in the last hour of the store.
struct Trial {
  std::size_t matched = 0, of = 0;  ///< of the newest posts, as many as there was time for
  std::int64_t hour = 0;            ///< all posts of the hour
  SqlResult examples;
};

/// What a rule looks at, and no more: an hour may hold hundreds of thousands of posts.
constexpr std::string_view kRuleColumns =
    "id, key, epoch_ms(time), source, content, author, handle, country, kind, hashtags, urls, platform_lang, "
    "conversation, reply_to, repost_of, followers, flags";

PostBatch BatchOf(const std::vector<Row>& rows) {
  PostBatch batch;
  simdjson::dom::parser parser;
  for (const Row& row : rows) {
    PushTexts(TextAt(row, 9), parser, batch.hashtags);
    PushTexts(TextAt(row, 10), parser, batch.urls);
    // Rules see the platform's language, where there is one, as they do at ingest.
    batch.Append({.time = FromMillis(IntAt(row, 2)),
                  .key = PostKey{static_cast<std::uint64_t>(IntAt(row, 1))},
                  .id = TextAt(row, 0),
                  .source = TextAt(row, 3),
                  .content = TextAt(row, 4),
                  .lang = TextAt(row, 11),
                  .author = TextAt(row, 5),
                  .handle = TextAt(row, 6),
                  .country = TextAt(row, 7),
                  .conversation = TextAt(row, 12),
                  .reply_to = TextAt(row, 13),
                  .repost_of = TextAt(row, 14),
                  .kind = KindOf(TextAt(row, 8)),
                  .flags = static_cast<std::uint16_t>(IntAt(row, 16)),
                  .followers = IsNull(row, 15) ? -1 : IntAt(row, 15)});
  }
  return batch;
}

/// The posts as they are shown, newest first.
Result<SqlResult> AskExamples(const std::vector<std::string>& ids, const TimeRange& hour,
                              SqlStore& store) {
  if (ids.empty()) return SqlResult{};
  Statement ask("SELECT ");
  ask.Add(kPostColumns).Add(" FROM posts WHERE time >= ").BindTime(hour.from);
  ask.Add(" AND time < ").BindTime(hour.to).Add(" AND id IN (");
  for (const std::string& id : ids) ask.Add(&id == ids.data() ? "" : ", ").BindText(id);
  ask.Add(") ORDER BY time DESC, key DESC LIMIT ")
      .Bind(static_cast<std::int64_t>(kExamples))
      .Add("::BIGINT");
  return ask.Ask(store, kExamples, kTryTime);
}

Result<Trial> Try(const std::string& rule, const ApiContext& context) {
  const auto deadline = std::chrono::steady_clock::now() + kTryTime;
  const Task task{.tag = "tried", .rule = rule, .revision = 1, .active = true, .time = {}};
  HB_ASSIGN(const auto rules, RuleSet::Compile(std::span(&task, 1), 1));
  SqlStore& store = context.backend.store();
  HB_ASSIGN(const std::vector<std::int64_t> sizes, WindowSizes(store));
  // The hour of Pulse: its count of posts and `of` are the same number.
  const TimeRange hour = CountedRange(context.backend.Snapshot().now, std::chrono::hours(1),
                                      sizes.empty() ? 60'000 : sizes.front());
  Statement count("SELECT count(*) FROM posts WHERE time >= ");
  count.BindTime(hour.from).Add(" AND time < ").BindTime(hour.to);
  HB_ASSIGN(const SqlResult all, count.Ask(store, 1, kTryTime));
  Trial trial;
  trial.hour = all.rows.empty() ? 0 : IntAt(all.rows[0], 0);
  std::vector<std::string> examples;
  const auto scratch = rules->MakeScratch();
  std::vector<std::uint32_t> matched;
  // Newest first, a slice of the hour at a time: however many there are, memory holds one slice,
  // and what there is no time for is the oldest.
  for (EventTime to = hour.to; to > hour.from; to -= kSlice) {
    if (trial.of > 0 && std::chrono::steady_clock::now() >= deadline) break;
    Statement ask("SELECT ");
    ask.Add(kRuleColumns).Add(" FROM posts WHERE time >= ");
    ask.BindTime(std::max(hour.from, to - kSlice)).Add(" AND time < ").BindTime(to);
    ask.Add(" ORDER BY time DESC, key DESC");
    HB_ASSIGN(const SqlResult slice, ask.Ask(store, kSliceRows, kTryTime));
    const PostBatch batch = BatchOf(slice.rows);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      matched.clear();
      rules->Match(batch, i, *scratch, matched);
      if (matched.empty()) continue;
      if (trial.matched++ < kExamples) examples.emplace_back(batch.id[i]);
    }
    trial.of += batch.size();
    if (slice.truncated) break;  // what is older would leave a hole
  }
  HB_ASSIGN(trial.examples, AskExamples(examples, hour, store));
  return trial;
}

}  // namespace

HttpResponse GetTasks(const HttpRequest&, const ApiContext& context) {
  std::map<std::string, std::int64_t, std::less<>> last_day;
  const EventTime now = context.backend.Snapshot().now;
  Statement ask(
      "SELECT task, sum(posts)::BIGINT FROM windows WHERE window_ms = (SELECT min(window_ms) FROM windows) AND window_start >= ");
  ask.BindTime(now - std::chrono::hours(24))
      .Add(" AND window_start <= ")
      .BindTime(now)
      .Add(" GROUP BY task");
  const auto counts = ask.Ask(context.backend.store(), 10'000, std::chrono::seconds(2));
  if (counts.ok()) {
    for (const Row& row : counts.value().rows) last_day.emplace(TextAt(row, 0), IntAt(row, 1));
  }
  JsonWriter json;
  json.Open().Key("tasks").OpenList();
  for (const Task& task : context.backend.Tasks()) {
    json.Open();
    WriteTask(task, json);
    if (counts.ok()) {
      const auto at = last_day.find(task.tag);
      json.Key("posts_24h").Int(at == last_day.end() ? 0 : at->second);
    }
    json.Close();
  }
  json.CloseList().Close();
  return JsonAnswer(json);
}

HttpResponse PostTask(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  const auto tag = body.Text("tag");
  if (!tag || tag->empty())
    return Problem(400, "the body has no text \"tag\"",
                   R"(send {"tag":"ukraine","rule":"ukraine OR kyiv"})");
  const CheckedRule rule = RuleOf(body);
  if (rule.problem) return *rule.problem;
  HB_ANSWER_ASSIGN(const std::optional<Task> added, context.backend.AddTask(*tag, rule.rule));
  if (!added) {
    return Problem(409, "there is a task '" + *tag + "' already",
                   "change its rule with PUT, or choose another tag");
  }
  return TaskAnswer(*added, 201);
}

HttpResponse PutTask(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  const CheckedRule rule = RuleOf(body);
  if (rule.problem) return *rule.problem;
  const std::string& tag = context.Capture("tag");
  const int status = Exists(context, tag) ? 200 : 201;
  HB_ANSWER_ASSIGN(const Task task, context.backend.PutTask(tag, rule.rule));
  return TaskAnswer(task, status);
}

HttpResponse DeleteTask(const HttpRequest&, const ApiContext& context) {
  const auto removed = context.backend.RemoveTask(context.Capture("tag"));
  if (!removed.ok()) return ProblemOf(removed.error());
  HttpResponse response;
  response.status = 204;
  return response;
}

HttpResponse PostRuleCheck(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  const auto rule = body.Text("rule");
  if (!rule)
    return Problem(400, "the body has no text \"rule\"", R"(send {"rule":"ukraine OR kyiv"})");
  if (rule->size() > kMaxRuleBytes)
    return Problem(400, "the rule is longer than " + std::to_string(kMaxRuleBytes) + " bytes",
                   "split it into several tasks");
  JsonWriter json;
  RuleError error;
  const auto explained = CheckRule(*rule, &error);
  if (!explained.ok()) {
    json.Open()
        .Key("valid")
        .Bool(false)
        .Member("error", error.message)
        .Key("column")
        .Uint(error.column);
    json.Member("hint", error.hint).Close();
    return JsonAnswer(json);
  }
  json.Open()
      .Key("valid")
      .Bool(true)
      .Member("explanation", explained.value().text)
      .Key("needs")
      .OpenList();
  for (const std::string& warning : explained.value().warnings) json.Text(warning);
  json.CloseList();
  const auto trial = Try(*rule, context);
  json.Key("matched_last_hour");
  if (trial.ok()) {
    json.Uint(trial.value().matched)
        .Key("of")
        .Uint(trial.value().of)
        .Key("posts_last_hour")
        .Int(trial.value().hour)
        .Key("examples")
        .OpenList();
    for (const Row& row : trial.value().examples.rows) WritePostRow(row, json);
    json.CloseList();
  } else {
    json.Null().Key("of").Int(0).Key("examples").OpenList().CloseList();
  }
  json.Close();
  return JsonAnswer(json);
}

}  // namespace hb
