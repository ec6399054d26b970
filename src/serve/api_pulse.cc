// /api/v1/pulse
#include <array>
#include <map>

#include "record/task.h"
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_json.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/trend_json.h"
#include "serve/window_query.h"

namespace hb {

namespace {

constexpr std::size_t kMinutes = 60;
constexpr std::size_t kNewest = 10, kRising = 8;

/// What the page shows of one task.
struct Beat {
  std::int64_t posts_total = 0;
  double rate_now = 0;
  std::array<std::int64_t, kMinutes> spark{};
  std::array<std::optional<double>, kMinutes> mood{};
  std::array<Row, 3> spans{};  ///< of kSpans; kWindowSums each, empty if there is nothing
};
using Beats = std::map<std::string, Beat, std::less<>>;

struct Span {
  std::string_view name;
  std::chrono::minutes length;
};
constexpr std::array<Span, 3> kSpans = {{{"last_15m", std::chrono::minutes(15)},
                                         {"last_hour", std::chrono::hours(1)},
                                         {"last_day", std::chrono::hours(24)}}};

Beat& At(Beats& beats, std::string_view task) {
  const auto at = beats.find(task);
  return at != beats.end() ? at->second : beats.emplace(std::string(task), Beat{}).first->second;
}

Status AskTotals(std::int64_t size, SqlStore& store, Beats& beats) {
  Statement ask("SELECT task, sum(posts)::BIGINT FROM windows WHERE window_ms = ");
  ask.Bind(size).Add("::BIGINT GROUP BY task");
  HB_ASSIGN(const SqlResult rows, ask.Ask(store));
  for (const Row& row : rows.rows) At(beats, TextAt(row, 0)).posts_total = IntAt(row, 1);
  return Ok();
}

/// Sparks and moods a minute, from the smallest windows.
Status AskMinutes(std::int64_t size, EventTime now, SqlStore& store, Beats& beats) {
  const EventTime end = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1);
  const EventTime begin = end - std::chrono::minutes(kMinutes);
  Statement ask("SELECT task, (epoch_ms(window_start) - ");
  ask.Bind(ToMillis(begin))
      .Add(
          "::BIGINT) // 60000 AS minute, sum(posts)::BIGINT, sum((pos - neg) * posts) / sum(posts) FROM windows WHERE window_ms = ");
  ask.Bind(size)
      .Add("::BIGINT AND window_start >= ")
      .BindTime(begin)
      .Add(" AND window_start < ")
      .BindTime(end);
  ask.Add(" AND posts > 0 GROUP BY ALL");
  HB_ASSIGN(const SqlResult rows, ask.Ask(store));
  for (const Row& row : rows.rows) {
    const std::int64_t minute = IntAt(row, 1);
    if (minute < 0 || minute >= std::int64_t{kMinutes}) continue;
    Beat& beat = At(beats, TextAt(row, 0));
    beat.spark[static_cast<std::size_t>(minute)] = IntAt(row, 2);
    beat.mood[static_cast<std::size_t>(minute)] = NumberAt(row, 3);
  }
  return Ok();
}

Status AskSpans(std::int64_t size, EventTime now, SqlStore& store, Beats& beats) {
  for (std::size_t i = 0; i < kSpans.size(); ++i) {
    const TimeRange range = CountedRange(now, kSpans[i].length, size);
    Statement ask("SELECT task, ");
    ask.Add(kWindowSums)
        .Add(" FROM windows WHERE window_ms = ")
        .Bind(size)
        .Add("::BIGINT AND window_start >= ");
    ask.BindTime(range.from).Add(" AND window_start < ").BindTime(range.to).Add(" GROUP BY task");
    HB_ASSIGN(SqlResult rows, ask.Ask(store));
    for (Row& row : rows.rows) At(beats, TextAt(row, 0)).spans[i] = std::move(row);
  }
  return Ok();
}

Status AskRates(EventTime now, SqlStore& store, Beats& beats) {
  Statement ask(
      "SELECT task, count(*) FROM (SELECT unnest(list_append(tasks, '*')) AS task FROM posts WHERE time > ");
  ask.BindTime(now - std::chrono::minutes(1))
      .Add(" AND time <= ")
      .BindTime(now)
      .Add(") GROUP BY task");
  HB_ASSIGN(const SqlResult rows, ask.Ask(store));
  for (const Row& row : rows.rows) At(beats, TextAt(row, 0)).rate_now = NumberAt(row, 1) / 60;
  return Ok();
}

void WriteBeat(std::string_view tag, std::string_view rule, const Beat& beat, EventTime now,
               std::int64_t size, JsonWriter& json) {
  json.Open().Member("tag", tag).Member("rule", rule).Key("posts_total").Int(beat.posts_total);
  json.Key("rate_now").Number(beat.rate_now).Key("spark").OpenList();
  for (const std::int64_t count : beat.spark) json.Int(count);
  json.CloseList().Key("mood").OpenList();
  for (const auto& mood : beat.mood) {
    if (mood) {
      json.Number(*mood);
    } else {
      json.Null();
    }
  }
  json.CloseList();
  const Row none(kSumColumns + 1);
  for (std::size_t i = 0; i < kSpans.size(); ++i) {
    const TimeRange range = CountedRange(now, kSpans[i].length, size);
    json.Key(kSpans[i].name)
        .Open()
        .Member("from", IsoTime(range.from))
        .Member("to", IsoTime(range.to));
    WriteCounts(beat.spans[i].empty() ? none : beat.spans[i], 1, json);
    json.Close();
  }
  json.Close();
}

}  // namespace

HttpResponse GetPulse(const HttpRequest&, const ApiContext& context) {
  SqlStore& store = context.backend.store();
  const EventTime now = context.backend.Snapshot().now;
  Beats beats;
  HB_ANSWER_ASSIGN(const std::vector<std::int64_t> sizes, WindowSizes(store));
  if (!sizes.empty()) {
    HB_ANSWER_TRY(AskTotals(sizes.back(), store, beats));
    HB_ANSWER_TRY(AskMinutes(sizes.front(), now, store, beats));
    HB_ANSWER_TRY(AskSpans(sizes.front(), now, store, beats));
  }
  HB_ANSWER_TRY(AskRates(now, store, beats));
  JsonWriter json;
  json.Open().Member("now", IsoTime(now)).Key("tasks").OpenList();
  const std::int64_t size = sizes.empty() ? 60'000 : sizes.front();
  WriteBeat(kAllTasks, "", At(beats, kAllTasks), now, size, json);
  for (const Task& task : context.backend.Tasks())
    WriteBeat(task.tag, task.rule, At(beats, task.tag), now, size, json);
  json.CloseList().Key("rising");
  HB_ANSWER_ASSIGN(const std::vector<std::string> trends,
                   AskTrends(store, now, {.limit = kRising}));
  WriteTrends(trends, json);
  json.Key("newest").OpenList();
  const TimeRange all{FromMillis(-62'135'596'800'000), now + std::chrono::minutes(1)};
  HB_ANSWER_ASSIGN(const FoundPosts newest, FindPosts(store, Statement(), all, std::nullopt,
                                                      kNewest, std::chrono::seconds(2)));
  for (const Row& row : newest.rows) WritePostRow(row, json);
  json.CloseList().Close();
  return JsonAnswer(json);
}

}  // namespace hb
