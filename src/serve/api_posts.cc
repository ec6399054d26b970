// /api/v1/posts
#include "serve/answer.h"
#include "serve/export_file.h"
#include "serve/params.h"
#include "serve/post_json.h"
#include "serve/post_query.h"
#include "serve/router.h"
#include "serve/rows.h"

namespace hb {

namespace {

constexpr std::chrono::milliseconds kSearchDeadline{5000};
constexpr EventTime kBeginning = FromMillis(-62'135'596'800'000);
constexpr std::int64_t kMaxExportRows = 1'000'000;

/// Everything unless the request says otherwise: the search itself is bounded.
Result<TimeRange> SearchRange(const HttpRequest& request) {
  HB_ASSIGN(const TimeBounds bounds, TimeBoundParams(request));
  return TimeRange{bounds.from.value_or(kBeginning),
                   bounds.to.value_or(FromMillis(253'402'300'799'999))};
}

}  // namespace

HttpResponse GetPosts(const HttpRequest& request, const ApiContext& context) {
  const auto begin = std::chrono::steady_clock::now();
  HB_ANSWER_ASSIGN(const TimeRange range, SearchRange(request));
  HB_ANSWER_ASSIGN(const std::int64_t limit, IntParam(request, "limit", 50, 1, 500));
  std::optional<PostCursor> cursor;
  if (const std::string_view text = Param(request, "cursor"); !text.empty()) {
    HB_ANSWER_ASSIGN(cursor, PostCursor::Parse(text));
  }
  HB_ANSWER_ASSIGN(const Statement conditions, PostConditions(request, context));
  HB_ANSWER_ASSIGN(const FoundPosts found,
                   FindPosts(context.backend.store(), conditions, range, cursor,
                             static_cast<std::size_t>(limit), kSearchDeadline));
  JsonWriter json;
  json.Open().Key("posts").OpenList();
  for (const Row& row : found.rows) WritePostRow(row, json);
  json.CloseList().Key("next");
  if (found.next) {
    json.Text(found.next->Text());
  } else {
    json.Null();
  }
  json.Key("scanned_to");
  if (found.scanned_to == kBeginning) {
    json.Null();  // There is nothing to search.
  } else {
    json.Text(IsoTime(found.scanned_to));
  }
  json.Key("complete").Bool(found.complete);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  json.Key("took_ms").Number(took.count()).Close();
  return JsonAnswer(json);
}

HttpResponse GetPost(const HttpRequest&, const ApiContext& context) {
  const std::string& id = context.Capture("id");
  Statement ask("SELECT ");
  // An edit is a post of its own; of doubled ids the newest counts.
  ask.Add(kPostColumns)
      .Add(" FROM posts WHERE id = ")
      .BindText(id)
      .Add(" ORDER BY time DESC LIMIT 1");
  HB_ANSWER_ASSIGN(const SqlResult found, ask.Ask(context.backend.store(), 1));
  if (found.rows.empty()) {
    return Problem(404, "there is no post '" + id.substr(0, 200) + "'",
                   "it may have been deleted, or is older than what is kept");
  }
  JsonWriter json;
  WritePostRow(found.rows[0], json);
  return JsonAnswer(json);
}

HttpResponse ExportPosts(const HttpRequest& request, const ApiContext& context) {
  HB_ANSWER_ASSIGN(const TimeRange range, SearchRange(request));
  HB_ANSWER_ASSIGN(const std::int64_t limit,
                   IntParam(request, "limit", kMaxExportRows, 1, kMaxExportRows));
  HB_ANSWER_ASSIGN(const Statement conditions, PostConditions(request, context));
  Statement ask(
      "SELECT id, time, source, task, tasks, lang, content, author, handle, country, kind, neg, neu, pos, mixed, label, "
      "label4, polarity, subjectivity, hashtags, mentions, urls, models, emotion, entities, topics FROM posts WHERE time >= ");
  ask.BindTime(range.from).Add(" AND time < ").BindTime(range.to).Append(conditions);
  ask.Add(" ORDER BY time DESC, key DESC LIMIT ").Bind(limit).Add("::BIGINT");
  return ExportAnswer(ask, Param(request, "format"), "heartbeat-posts",
                      {.rows = static_cast<std::size_t>(limit), .time = std::chrono::minutes(5)},
                      context);
}

}  // namespace hb
