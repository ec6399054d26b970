// /api/v1/series, /api/v1/summary
#include <algorithm>
#include <array>
#include <map>

#include "component/component.h"
#include "record/task.h"
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/window_query.h"

namespace hb {

namespace {

constexpr std::int64_t kMaxWindows = 20'000;  // of one answer; those without posts do not count
/// `auto` picks the smallest size that gives at most so many: a chart has no more pixels.
constexpr std::int64_t kAutoWindows = 1500;
constexpr std::int64_t kMaxSeriesTopics = 10;

std::string TaskParam(const HttpRequest& request) {
  const std::string_view task = Param(request, "task");
  return std::string(task.empty() ? kAllTasks : task);
}

/// The request's range; without one, everything there is.
Result<TimeRange> DataRange(const HttpRequest& request, const ApiContext& context) {
  HB_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  TimeRange range;
  range.to = bounds.to.value_or(context.backend.Snapshot().now + std::chrono::milliseconds(1));
  if (bounds.from) {
    range.from = *bounds.from;
  } else {
    HB_ASSIGN(const SqlResult first, Statement("SELECT epoch_ms(min(window_start)) FROM windows")
                                         .Ask(context.backend.store(), 1));
    range.from = first.rows.empty() || IsNull(first.rows[0], 0)
                     ? range.to - std::chrono::hours(24)
                     : FromMillis(IntAt(first.rows[0], 0));
    if (bounds.to) range.from = std::min(range.from, range.to);
  }
  range.to = std::max(range.to, range.from);
  return range;
}

/// Milliseconds of "1m", "15m", "1h", "2d"; 0 for "auto" and "".
Result<std::int64_t> SizeParam(const HttpRequest& request) {
  const std::string_view text = Param(request, "size");
  if (text.empty() || text == "auto") return std::int64_t{0};
  std::int64_t number = 0;
  std::size_t at = 0;
  while (at < text.size() && at < 6 && text[at] >= '0' && text[at] <= '9')
    number = number * 10 + (text[at++] - '0');
  const std::string_view unit = text.substr(at);
  const std::int64_t ms = unit == "s"   ? 1000
                          : unit == "m" ? 60'000
                          : unit == "h" ? 3'600'000
                          : unit == "d" ? 86'400'000
                                        : 0;
  if (number * ms > 0) return number * ms;
  return Error{Code::kInvalidArgument, "parameter size: '" + std::string(text.substr(0, 40)) +
                                           "' is no size; use 1m, 15m, 1h or auto"};
}

/// The range of what is there, within the one asked for: for choosing a size.
Result<TimeRange> Narrowed(const TimeRange& range, SqlStore& store) {
  HB_ASSIGN(const auto span, PostSpan(store));
  if (!span) return range;
  const TimeRange inner{std::max(range.from, span->from), std::min(range.to, span->to)};
  return inner.from < inner.to ? inner : range;
}

/// A size for a range so long that no size fits it: times of posts lie far apart, because one of
/// them is wrong or because much is kept. So it is windows with posts that are counted.
Result<std::int64_t> SparseSize(const std::vector<std::int64_t>& sizes, const std::string& task,
                                const TimeRange& range, SqlStore& store) {
  Statement ask("SELECT window_ms, count(DISTINCT window_start) FROM windows WHERE task = ");
  ask.BindText(task).Add(" AND posts > 0 AND window_start >= ").BindTime(range.from);
  ask.Add(" AND window_start < ").BindTime(range.to).Add(" GROUP BY window_ms ORDER BY window_ms");
  HB_ASSIGN(const SqlResult counts, ask.Ask(store, 100));
  for (const Row& row : counts.rows) {
    if (IntAt(row, 1) <= kAutoWindows) return IntAt(row, 0);
  }
  return sizes.back();
}

/// Asks for the posts that pass `conditions`, counted in windows of `size`, newest first.
Statement AskPostSeries(const Statement& conditions, const TimeRange& range, std::int64_t size) {
  Statement ask("SELECT epoch_ms(time) - epoch_ms(time) % ");
  ask.Bind(size).Add("::BIGINT AS start, count(DISTINCT author), 1.0, false, 0, ").Add(kPostSums);
  ask.Add(" FROM posts WHERE time >= ").BindTime(range.from);
  ask.Add(" AND time < ").BindTime(range.to).Append(conditions);
  ask.Add(" GROUP BY start ORDER BY start DESC");
  return ask;
}

/// " FROM windows WHERE ..." of a task, size and range.
Statement WindowsOf(const std::string& task, std::int64_t size, const TimeRange& range) {
  Statement from(" FROM windows WHERE task = ");
  from.BindText(task).Add(" AND window_ms = ").Bind(size).Add("::BIGINT AND window_start >= ");
  // The window that `from` lies in belongs to it.
  from.BindTime(range.from - std::chrono::milliseconds(size - 1))
      .Add(" AND window_start < ")
      .BindTime(range.to);
  return from;
}

/// Asks for the windows that are kept, newest first.
Statement AskWindowSeries(const std::string& task, const TimeRange& range, std::int64_t size) {
  Statement ask("SELECT ");
  ask.Add(kSeriesColumns).Add(kWindowSums).Append(WindowsOf(task, size, range));
  ask.Add(" AND posts > 0 GROUP BY window_start ORDER BY window_start DESC");
  return ask;
}

/// The most frequent topics of a series, and how many posts of each window are about them.
struct TopicCourse {
  std::vector<std::string> names;                            ///< most frequent first
  std::map<std::int64_t, std::vector<std::int64_t>> counts;  ///< by the window's start, ms
};

/// Topics of the windows that are kept: rows of start, key, posts.
Statement WindowTopics(const std::string& task, const TimeRange& range, std::int64_t size) {
  Statement counted(
      "SELECT epoch_ms(window_start) AS start, entry.key AS key, entry.posts AS posts "
      "FROM (SELECT window_start, unnest(topics) AS entry");
  return counted.Append(WindowsOf(task, size, range)).Add(")");
}

/// The same of posts that pass `conditions`.
Statement PostTopics(const Statement& conditions, const TimeRange& range, std::int64_t size) {
  Statement counted("SELECT epoch_ms(time) - epoch_ms(time) % ");
  counted.Bind(size).Add("::BIGINT AS start, key, count(*) AS posts FROM (SELECT time, ");
  counted.Add("unnest(list_distinct(topics)) AS key FROM posts WHERE time >= ");
  counted.BindTime(range.from).Add(" AND time < ").BindTime(range.to).Append(conditions);
  return counted.Add(") GROUP BY ALL");
}

/// `counted`: rows of start, key, posts.
Result<TopicCourse> AskTopics(const Statement& counted, std::int64_t most, SqlStore& store) {
  Statement ask("WITH counted AS (");
  ask.Append(counted).Add(
      "), top AS (SELECT key, sum(posts) AS total FROM counted GROUP BY key ORDER BY 2 DESC, 1 "
      "LIMIT ");
  ask.Bind(most).Add(
      "::BIGINT) SELECT start, key, posts FROM counted JOIN top USING (key) "
      "ORDER BY total DESC, key");
  HB_ASSIGN(const SqlResult rows, ask.Ask(store, static_cast<std::size_t>(kMaxWindows * most)));
  TopicCourse course;
  for (const Row& row : rows.rows) {
    if (course.names.empty() || course.names.back() != TextAt(row, 1))
      course.names.emplace_back(TextAt(row, 1));
    std::vector<std::int64_t>& counts = course.counts[IntAt(row, 0)];
    counts.resize(course.names.size());
    counts.back() = IntAt(row, 2);
  }
  return course;
}

void WriteTopics(const TopicCourse& course, std::int64_t start, JsonWriter& json) {
  const auto window = course.counts.find(start);
  json.Key("topics").OpenList();
  for (std::size_t i = 0; i < course.names.size(); ++i) {
    const bool counted = window != course.counts.end() && i < window->second.size();
    json.Int(counted ? window->second[i] : 0);
  }
  json.CloseList();
}

/// `size`, or for 0 one that suits the range.
Result<std::int64_t> SeriesSize(std::int64_t size, const std::vector<std::int64_t>& sizes,
                                const std::string& task, const TimeRange& range, SqlStore& store) {
  if (size > 0) return size;
  HB_ASSIGN(const TimeRange inner, Narrowed(range, store));
  size = SizeFor(sizes, inner, kAutoWindows);
  if ((inner.to - inner.from).count() / size <= kMaxWindows) return size;
  return SparseSize(sizes, task, range, store);
}

HttpResponse NoSuchSize(const std::vector<std::int64_t>& sizes) {
  std::string list;
  for (const std::int64_t one : sizes) list += (list.empty() ? "" : ", ") + DurationText(one);
  return Problem(400, "there are no windows of that size", "sizes kept: " + list + ", or auto");
}

}  // namespace

HttpResponse GetSeries(const HttpRequest& request, const ApiContext& context) {
  SqlStore& store = context.backend.store();
  const std::string task = TaskParam(request);
  HB_ANSWER_ASSIGN(const TimeRange range, DataRange(request, context));
  HB_ANSWER_ASSIGN(const std::int64_t wanted, SizeParam(request));
  HB_ANSWER_ASSIGN(const std::int64_t topics_asked,
                   IntParam(request, "topics", 0, 0, kMaxSeriesTopics));
  HB_ANSWER_ASSIGN(std::vector<std::int64_t> sizes, WindowSizes(store));
  if (sizes.empty()) sizes = {60'000, 900'000, 3'600'000};
  HB_ANSWER_TRY(CheckTask(task, context));
  HB_ANSWER_ASSIGN(const std::int64_t size, SeriesSize(wanted, sizes, task, range, store));
  // One hashtag or language has no windows of its own: its posts are counted.
  constexpr std::array<std::string_view, 5> kFilters = {"hashtag", "lang", "topic", "emotion",
                                                        "entity"};
  const bool from_posts = std::ranges::any_of(
      kFilters, [&](std::string_view name) { return !Param(request, name).empty(); });
  if (!from_posts && std::find(sizes.begin(), sizes.end(), size) == sizes.end())
    return NoSuchSize(sizes);
  Statement conditions;
  if (from_posts) {
    HB_ANSWER_ASSIGN(conditions, PostConditions(request, context));
  }
  const Statement ask =
      from_posts ? AskPostSeries(conditions, range, size) : AskWindowSeries(task, range, size);
  // The newest first, so that they are what is left of too many.
  HB_ANSWER_ASSIGN(SqlResult windows, ask.Ask(store, kMaxWindows));
  if (windows.truncated && wanted > 0) {
    return Problem(400, "that would be more than " + std::to_string(kMaxWindows) + " windows",
                   "ask for a shorter range, a larger size, or size=auto");
  }
  std::reverse(windows.rows.begin(), windows.rows.end());
  TopicCourse topics;
  if (topics_asked > 0) {
    const Statement counted =
        from_posts ? PostTopics(conditions, range, size) : WindowTopics(task, range, size);
    HB_ANSWER_ASSIGN(topics, AskTopics(counted, topics_asked, store));
  }
  const EventTime first = windows.truncated && !windows.rows.empty()
                              ? FromMillis(IntAt(windows.rows[0], 0))
                              : range.from;
  JsonWriter json;
  json.Open()
      .Member("task", task)
      .Key("size_ms")
      .Int(size)
      .Member("from", IsoTime(first))
      .Member("to", IsoTime(range.to))
      .Key("truncated")
      .Bool(windows.truncated);
  if (topics_asked > 0) {
    json.Key("topics").OpenList();
    for (const std::string& name : topics.names) json.Text(name);
    json.CloseList();
  }
  json.Key("windows").OpenList();
  for (const Row& row : windows.rows) {
    json.Open();
    WriteSeriesRow(row, 0, !from_posts, json);
    if (topics_asked > 0) WriteTopics(topics, IntAt(row, 0), json);
    json.Close();
  }
  json.CloseList().Close();
  return JsonAnswer(json);
}

namespace {

/// Posts up to which authors of a summary are counted one by one.
constexpr std::int64_t kMaxExactAuthors = 300'000;

/// The most frequent keys of a column of lists, as [{"key","count"}].
Status WriteTop(std::string_view column, const Statement& from, SqlStore& store, JsonWriter& json) {
  Statement ask("SELECT entry.key, sum(entry.posts)::BIGINT FROM (SELECT unnest(");
  ask.Add(column).Add(") AS entry").Append(from).Add(") GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 20");
  HB_ASSIGN(const SqlResult top, ask.Ask(store, 20));
  json.Key(column);
  WriteKeyCounts(top.rows, json);
  return Ok();
}

Status WriteAuthors(const std::string& task, const TimeRange& range, std::int64_t posts,
                    SqlStore& store, JsonWriter& json) {
  const bool exact = posts <= kMaxExactAuthors;
  Statement ask(exact ? "SELECT count(DISTINCT author)" : "SELECT approx_count_distinct(author)");
  ask.Add(" FROM posts WHERE time >= ").BindTime(range.from).Add(" AND time < ").BindTime(range.to);
  if (task != kAllTasks) ask.Add(" AND list_contains(tasks, ").BindText(task).Add(")");
  HB_ASSIGN(const SqlResult authors, ask.Ask(store, 1));
  json.Key("authors")
      .Int(authors.rows.empty() ? 0 : IntAt(authors.rows[0], 0))
      .Key("authors_approximate")
      .Bool(!exact);
  return Ok();
}

}  // namespace

HttpResponse GetSummary(const HttpRequest& request, const ApiContext& context) {
  SqlStore& store = context.backend.store();
  const std::string task = TaskParam(request);
  HB_ANSWER_TRY(CheckTask(task, context));
  HB_ANSWER_ASSIGN(const TimeRange range, DataRange(request, context));
  HB_ANSWER_ASSIGN(const std::vector<std::int64_t> sizes, WindowSizes(store));
  HB_ANSWER_ASSIGN(const TimeRange inner, Narrowed(range, store));
  const std::int64_t size = sizes.empty() ? 60'000 : SizeFor(sizes, inner, kAutoWindows);
  const Statement from = WindowsOf(task, size, range);
  Statement sums("SELECT ");
  sums.Add(kWindowSums)
      .Add(
          ", sum(originals)::BIGINT, sum(reposts)::BIGINT, sum(replies)::BIGINT, sum(quotes)::BIGINT, count(*)")
      .Append(from);
  HB_ANSWER_ASSIGN(const SqlResult total, sums.Ask(store, 1));
  if (total.rows.empty()) return Problem(500, "the store gave no sums");
  const Row& row = total.rows[0];
  JsonWriter json;
  json.Open()
      .Member("task", task)
      .Member("from", IsoTime(range.from))
      .Member("to", IsoTime(range.to));
  WriteSums(row, 0, json);
  HB_ANSWER_TRY(WriteAuthors(task, range, IntAt(row, 0), store, json));
  constexpr std::array<std::string_view, 4> kKinds = {"post", "repost", "reply", "quote"};
  json.Key("kinds").Open();
  for (std::size_t i = 0; i < 4; ++i) json.Key(kKinds[i]).Int(IntAt(row, kSumColumns + i));
  json.Close();
  for (const std::string_view column : {"languages", "countries", "hashtags", "words", "topics"}) {
    HB_ANSWER_TRY(WriteTop(column, from, store, json));
  }
  Statement entities(
      "SELECT entry.key AS key, entry.posts AS posts FROM (SELECT unnest(entities) AS entry");
  entities.Append(from).Add(")");
  HB_ANSWER_TRY(WriteEntities(entities, store, json));
  // The counts of keys are sums over windows that each keep their 50 largest.
  json.Key("approximate").Bool(IntAt(row, kSumColumns + 4) > 1).Key("size_ms").Int(size).Close();
  return JsonAnswer(json);
}

}  // namespace hb
