#include "app/backfill_results.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/json.h"
#include "env/env.h"
#include "serve/params.h"

namespace hb {

namespace {

/// Lists are texts parted by commas: warehouses have no lists. Authors stay here.
std::string TweetSql(const std::string& within) {
  return "SELECT time, id, source, task, array_to_string(tasks, ',') AS tasks, lang, country, "
         "kind::VARCHAR AS kind, content, array_to_string(hashtags, ',') AS hashtags, "
         "label4::VARCHAR AS sentiment, pos::DOUBLE AS positive, neg::DOUBLE AS negative, "
         "neu::DOUBLE AS neutral, mixed::DOUBLE AS mixed, polarity::DOUBLE AS polarity, "
         "subjectivity::DOUBLE AS subjectivity, models FROM posts WHERE " +
         within + " ORDER BY time, key";
}

/// Of each task, and of all posts together under "*".
std::string SentimentSql(const std::string& within, std::int64_t window_us) {
  const auto share = [](const char* label) {
    return fmt::format("100.0 * count(*) FILTER (label4 = '{0}') / count(*) AS {0}_percent", label);
  };
  return fmt::format(
      "SELECT make_timestamp(epoch_us(time) // {0} * {0}) AS window_start, t.task AS task, "
      "avg(pos)::DOUBLE AS positive, avg(neg)::DOUBLE AS negative, avg(neu)::DOUBLE AS neutral, "
      "avg(mixed)::DOUBLE AS mixed, {1}, {2}, {3}, {4}, count(*) AS total "
      "FROM (SELECT time, pos, neg, neu, mixed, label4, unnest(list_append(tasks, '*')) AS task "
      "FROM posts WHERE {5}) AS t GROUP BY ALL ORDER BY ALL",
      window_us, share("positive"), share("negative"), share("neutral"), share("mixed"), within);
}

Status WriteOne(const std::string& sql, const std::string& format, const std::string& path,
                Control& control) {
  HB_ASSIGN(const HttpResponse answer, control.Call("POST", "/api/v1/sql/export?format=" + format,
                                                    "{\"query\":" + JsonQuote(sql) + "}"));
  LogWarningOf(answer);
  return WriteFileAtomic(path, answer.body);
}

}  // namespace

Status WriteBackfillResults(const ResultSpan& span, const std::string& folder, Control& control) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Code::kUnavailable, folder + ": " + error.message()};
  const std::string within = fmt::format("time >= TIMESTAMP '{}' AND time < TIMESTAMP '{}'",
                                         IsoTime(span.start), IsoTime(span.end));
  const auto window_us = std::chrono::duration_cast<std::chrono::microseconds>(span.window).count();
  for (const char* format : {"csv", "parquet"}) {
    const std::string ending = std::string(".") + format;
    HB_TRY(WriteOne(TweetSql(within), format, folder + "/tweet" + ending, control));
    HB_TRY(
        WriteOne(SentimentSql(within, window_us), format, folder + "/sentiment" + ending, control));
  }
  return Ok();
}

}  // namespace hb
