#include "serve/es_aggregate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <vector>

#include "serve/es_query.h"
#include "serve/params.h"

namespace hb::es {

namespace {

using simdjson::dom::element;

constexpr int kMaxQuestions = 500, kMaxDepth = 5;
constexpr std::int64_t kMaxBuckets = 10'000;

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// The columns that one metric needs, and how it is written.
struct Metric {
  std::string name, kind;
  const Field* field = nullptr;
  std::vector<double> percents;
  std::size_t columns = 1;
};

bool IsMetric(std::string_view kind) {
  for (const std::string_view known :
       {"avg", "sum", "min", "max", "stats", "value_count", "cardinality", "percentiles"}) {
    if (kind == known) return true;
  }
  return false;
}

/// An aggregation by its kind, and what stands within it.
struct Wanted {
  std::string name, kind;
  element body;
  std::optional<element> inner;
};

Result<std::vector<Wanted>> Parse(element wanted) {
  simdjson::dom::object object;
  if (wanted.get(object) != simdjson::SUCCESS) return Bad("[aggs] is not an object");
  std::vector<Wanted> out;
  for (const auto member : object) {
    simdjson::dom::object parts;
    if (member.value.get(parts) != simdjson::SUCCESS)
      return Bad("aggregation [" + std::string(member.key) + "] is not an object");
    Wanted one;
    one.name = member.key;
    for (const auto part : parts) {
      if (part.key == "aggs" || part.key == "aggregations") {
        one.inner = part.value;
      } else if (part.key != "meta") {
        one.kind = part.key;
        one.body = part.value;
      }
    }
    if (one.kind.empty()) return Bad("aggregation [" + one.name + "] has no type");
    out.push_back(std::move(one));
    if (out.size() > 100) return Bad("more than 100 aggregations");
  }
  return out;
}

class Aggregator {
 public:
  Aggregator(const Index& index, EventTime now, SqlStore& store, const Deadline& deadline,
             JsonWriter& json)
      : index_(index), now_(now), store_(store), deadline_(deadline), json_(json) {}

  Status Write(const Statement& condition, element wanted, int depth) {
    if (depth > kMaxDepth)
      return Bad("aggregations are nested deeper than " + std::to_string(kMaxDepth));
    HB_ASSIGN(const std::vector<Wanted> all, Parse(wanted));
    json_.Open();
    for (const Wanted& one : all) {
      json_.Key(one.name);
      if (IsMetric(one.kind)) {
        HB_TRY(WriteMetric(condition, one));
      } else if (one.kind == "terms") {
        HB_TRY(WriteTerms(condition, one, depth));
      } else if (one.kind == "date_histogram") {
        HB_TRY(WriteHistogram(condition, one, depth));
      } else if (one.kind == "filter") {
        HB_TRY(WriteFilter(condition, one, depth));
      } else {
        return Bad("Unknown aggregation type [" + one.kind.substr(0, 60) + "]");
      }
    }
    json_.Close();
    return Ok();
  }

 private:
  Result<const Field*> FieldOf(const Wanted& one) const {
    std::string_view name;
    if (one.body["field"].get(name) != simdjson::SUCCESS)
      return Bad("aggregation [" + one.name + "] needs a [field]");
    const Field* field = index_.Find(name);
    if (field == nullptr)
      return Bad("aggregation [" + one.name + "]: there is no field [" +
                 std::string(name.substr(0, 100)) + "]");
    return field;
  }

  Result<SqlResult> Ask(const Statement& ask, std::size_t rows) {
    if (++questions_ > kMaxQuestions)
      return Bad("these aggregations need more than " + std::to_string(kMaxQuestions) +
                 " questions; ask for fewer buckets");
    return ask.Ask(store_, rows, deadline_.Left());
  }

  Statement From(const Statement& condition) const {
    Statement from(" FROM ");
    from.Add(index_.table).Add(" WHERE ").Append(condition);
    return from;
  }

  Result<Metric> MetricOf(const Wanted& one) const {
    Metric metric;
    metric.name = one.name;
    metric.kind = one.kind;
    HB_ASSIGN(metric.field, FieldOf(one));
    const FieldType type = metric.field->type;
    const bool numeric =
        type == FieldType::kLong || type == FieldType::kDouble || type == FieldType::kDate;
    if (!numeric && one.kind != "value_count" && one.kind != "cardinality") {
      return Bad("Field [" + std::string(metric.field->name) + "] of type [" +
                 std::string(TypeName(type)) + "] is not supported for aggregation [" + one.kind +
                 "]");
    }
    if (one.kind == "stats") metric.columns = 5;
    if (one.kind == "percentiles") {
      metric.percents = {1, 5, 25, 50, 75, 95, 99};
      simdjson::dom::array percents;
      if (one.body["percents"].get(percents) == simdjson::SUCCESS) {
        metric.percents.clear();
        for (const element value : percents) {
          double percent = -1;
          if (value.get(percent) != simdjson::SUCCESS || percent < 0 || percent > 100 ||
              metric.percents.size() >= 50) {
            return Bad("[percents] must be up to 50 numbers from 0 to 100");
          }
          metric.percents.push_back(percent);
        }
      }
      metric.columns = metric.percents.size();
    }
    return metric;
  }

  void Select(const Metric& metric, Statement& out) const {
    const bool list = metric.field->type == FieldType::kList;
    const std::string sql = metric.field->type == FieldType::kDate
                                ? "epoch_ms(" + std::string(metric.field->sql) + ")"
                                : std::string(metric.field->sql);
    if (metric.kind == "value_count") {
      out.Add(list ? "coalesce(sum(len(" : "count(").Add(sql).Add(list ? ")), 0)::BIGINT" : ")");
    } else if (metric.kind == "cardinality") {
      out.Add(list ? "len(list_distinct(flatten(list(" : "count(DISTINCT ")
          .Add(sql)
          .Add(list ? "))))" : ")");
    } else if (metric.kind == "stats") {
      for (const char* function : {"count(", ", min(", ", max(", ", avg(", ", sum("})
        out.Add(function).Add(sql).Add(")");
    } else if (metric.kind == "percentiles") {
      for (std::size_t i = 0; i < metric.percents.size(); ++i) {
        char share[40];
        std::snprintf(share, sizeof share, ", %.10f)", metric.percents[i] / 100);
        out.Add(i == 0 ? "" : ", ").Add("quantile_cont((").Add(sql).Add(")::DOUBLE").Add(share);
      }
    } else {
      // A sum of nothing is 0 for Elasticsearch.
      out.Add(metric.kind == "sum" ? "coalesce(" : "")
          .Add(metric.kind)
          .Add("(")
          .Add(sql)
          .Add(metric.kind == "sum" ? "), 0)" : ")");
    }
  }

  void WriteNumber(const Row& row, std::size_t column) {
    if (IsNull(row, column)) {
      json_.Null();
    } else {
      json_.Number(NumberAt(row, column));
    }
  }

  void WriteMetricRow(const Metric& metric, const Row& row, std::size_t at) {
    json_.Open();
    if (metric.kind == "percentiles") {
      json_.Key("values").Open();
      for (std::size_t i = 0; i < metric.percents.size(); ++i) {
        char name[40];
        std::snprintf(name, sizeof name,
                      metric.percents[i] == std::floor(metric.percents[i]) ? "%.1f" : "%g",
                      metric.percents[i]);
        json_.Key(name);
        WriteNumber(row, at + i);
      }
      json_.Close();
    } else if (metric.kind == "stats") {
      constexpr std::string_view kNames[] = {"count", "min", "max", "avg", "sum"};
      for (std::size_t i = 0; i < 5; ++i) {
        json_.Key(kNames[i]);
        if (i == 0) {
          json_.Int(IntAt(row, at));
        } else {
          WriteNumber(row, at + i);
        }
      }
    } else {
      json_.Key("value");
      if (metric.kind == "value_count" || metric.kind == "cardinality") {
        json_.Int(IntAt(row, at));
      } else {
        WriteNumber(row, at);
        if (metric.field->type == FieldType::kDate && !IsNull(row, at) && metric.kind != "sum") {
          json_.Member("value_as_string", IsoTime(FromMillis(IntAt(row, at))));
        }
      }
    }
    json_.Close();
  }

  Status WriteMetric(const Statement& condition, const Wanted& one) {
    HB_ASSIGN(const Metric metric, MetricOf(one));
    Statement ask("SELECT ");
    Select(metric, ask);
    ask.Append(From(condition));
    HB_ASSIGN(const SqlResult answer, Ask(ask, 1));
    WriteMetricRow(metric, answer.rows.empty() ? Row(metric.columns) : answer.rows[0], 0);
    return Ok();
  }

  /// The metrics directly within a bucket aggregation are found together with the buckets.
  struct Inside {
    std::vector<Metric> metrics;
    std::vector<Wanted> buckets;
  };
  Result<Inside> InsideOf(const Wanted& one) const {
    Inside inside;
    if (!one.inner) return inside;
    HB_ASSIGN(const std::vector<Wanted> all, Parse(*one.inner));
    for (const Wanted& inner : all) {
      if (IsMetric(inner.kind)) {
        HB_ASSIGN(Metric metric, MetricOf(inner));
        inside.metrics.push_back(std::move(metric));
      } else {
        inside.buckets.push_back(inner);
      }
    }
    return inside;
  }

  void WriteInsideMetrics(const Inside& inside, const Row& row, std::size_t at) {
    for (const Metric& metric : inside.metrics) {
      json_.Key(metric.name);
      WriteMetricRow(metric, row, at);
      at += metric.columns;
    }
  }

  Status WriteInsideBuckets(const Inside& inside, const Statement& condition, int depth) {
    for (const Wanted& one : inside.buckets) {
      json_.Key(one.name);
      if (depth >= kMaxDepth)
        return Bad("aggregations are nested deeper than " + std::to_string(kMaxDepth));
      if (one.kind == "terms") {
        HB_TRY(WriteTerms(condition, one, depth + 1));
      } else if (one.kind == "date_histogram") {
        HB_TRY(WriteHistogram(condition, one, depth + 1));
      } else if (one.kind == "filter") {
        HB_TRY(WriteFilter(condition, one, depth + 1));
      } else {
        return Bad("Unknown aggregation type [" + one.kind.substr(0, 60) + "]");
      }
    }
    return Ok();
  }

  /// " ORDER BY ..." of the member `order`.
  Result<std::string> OrderOf(const Wanted& one, const Inside& inside) const {
    element order;
    if (one.body["order"].get(order) != simdjson::SUCCESS) return std::string("2 DESC, 1");
    if (order.is_array()) {
      simdjson::dom::array list = order;
      if (list.size() != 1) return Bad("[order] takes one criterion");
      order = list.at(0).value();
    }
    simdjson::dom::object object;
    if (order.get(object) != simdjson::SUCCESS || object.size() != 1)
      return Bad("[order] takes one criterion");
    const auto member = *object.begin();
    std::string_view direction;
    if (member.value.get(direction) != simdjson::SUCCESS ||
        (direction != "asc" && direction != "desc"))
      return Bad("[order] is asc or desc");
    const std::string sign = direction == "asc" ? " ASC" : " DESC";
    if (member.key == "_count") return "2" + sign + ", 1";
    if (member.key == "_key" || member.key == "_term") return "1" + sign;
    std::size_t column = 3;
    for (const Metric& metric : inside.metrics) {
      if (metric.name == member.key && metric.columns == 1)
        return std::to_string(column) + sign + " NULLS LAST, 1";
      column += metric.columns;
    }
    return Bad("Invalid aggregation order path [" + std::string(member.key.substr(0, 60)) + "]");
  }

  Result<std::int64_t> SizeOf(const Wanted& one) const {
    element size;
    if (one.body["size"].get(size) != simdjson::SUCCESS) return std::int64_t{10};
    std::int64_t value = 0;
    if (size.get(value) != simdjson::SUCCESS || value < 1 || value > kMaxBuckets)
      return Bad("[size] must be from 1 to " + std::to_string(kMaxBuckets));
    return value;
  }

  Status WriteTerms(const Statement& condition, const Wanted& one, int depth) {
    HB_ASSIGN(const Field* field, FieldOf(one));
    HB_ASSIGN(const std::int64_t size, SizeOf(one));
    HB_ASSIGN(const Inside inside, InsideOf(one));
    HB_ASSIGN(const std::string order, OrderOf(one, inside));
    const bool list = field->type == FieldType::kList;
    const std::string key = field->type == FieldType::kDate
                                ? "epoch_ms(" + std::string(field->sql) + ")"
                                : std::string(field->sql);
    Statement ask("SELECT ");
    ask.Add(list ? "bucket_key" : key).Add(" AS k, count(*) AS n");
    for (const Metric& metric : inside.metrics) Select(metric, ask.Add(", "));
    // The sum of all counts tells what the smaller buckets hold.
    ask.Add(", sum(count(*)) OVER ()::BIGINT AS everything FROM ");
    if (list) ask.Add("(SELECT *, unnest(").Add(field->sql).Add(") AS bucket_key FROM ");
    ask.Add(index_.table).Add(" WHERE ").Append(condition);
    if (list) {
      ask.Add(")");
    } else {
      ask.Add(" AND ").Add(field->sql).Add(" IS NOT NULL");
    }
    ask.Add(" GROUP BY k ORDER BY ").Add(order).Add(" LIMIT ").Bind(size).Add("::BIGINT");
    HB_ASSIGN(const SqlResult answer, Ask(ask, static_cast<std::size_t>(size)));
    std::int64_t shown = 0;
    for (const Row& row : answer.rows) shown += IntAt(row, 1);
    const std::int64_t everything =
        answer.rows.empty() ? 0 : IntAt(answer.rows[0], answer.rows[0].size() - 1);
    json_.Open()
        .Key("doc_count_error_upper_bound")
        .Int(0)
        .Key("sum_other_doc_count")
        .Int(everything - shown);
    json_.Key("buckets").OpenList();
    for (const Row& row : answer.rows) {
      json_.Open().Key("key");
      WriteCell(row[0], "", json_);
      if (field->type == FieldType::kDate)
        json_.Member("key_as_string", IsoTime(FromMillis(IntAt(row, 0))));
      json_.Key("doc_count").Int(IntAt(row, 1));
      WriteInsideMetrics(inside, row, 2);
      if (!inside.buckets.empty()) {
        Statement within("(");
        within.Append(condition)
            .Add(") AND ")
            .Add(list ? "list_contains(" : "")
            .Add(key)
            .Add(list ? ", " : " = ")
            .Bind(row[0])
            .Add(list ? "::VARCHAR)" : "");
        HB_TRY(WriteInsideBuckets(inside, within, depth));
      }
      json_.Close();
    }
    json_.CloseList().Close();
    return Ok();
  }

  /// An interval: fixed milliseconds, or a unit of the calendar.
  struct Interval {
    std::int64_t ms = 0;
    std::string_view unit;  ///< for date_trunc
  };
  static Result<Interval> IntervalOf(const Wanted& one) {
    std::string_view text;
    constexpr std::pair<std::string_view, std::string_view> kCalendar[] = {
        {"minute", "minute"}, {"1m", "minute"}, {"hour", "hour"},       {"1h", "hour"},
        {"day", "day"},       {"1d", "day"},    {"week", "week"},       {"1w", "week"},
        {"month", "month"},   {"1M", "month"},  {"quarter", "quarter"}, {"1q", "quarter"},
        {"year", "year"},     {"1y", "year"}};
    if (one.body["calendar_interval"].get(text) == simdjson::SUCCESS) {
      for (const auto& [name, unit] : kCalendar) {
        if (name == text) return Interval{0, unit};
      }
      return Bad("The supplied interval [" + std::string(text.substr(0, 40)) +
                 "] could not be parsed as a calendar interval");
    }
    if (one.body["fixed_interval"].get(text) != simdjson::SUCCESS)
      return Bad("Required one of fields [interval, calendar_interval, fixed_interval]");
    std::int64_t number = 0;
    std::size_t at = 0;
    while (at < text.size() && at < 9 && text[at] >= '0' && text[at] <= '9')
      number = number * 10 + (text[at++] - '0');
    const std::string_view unit = text.substr(at);
    const std::int64_t ms = unit == "ms"  ? 1
                            : unit == "s" ? 1000
                            : unit == "m" ? 60'000
                            : unit == "h" ? 3'600'000
                            : unit == "d" ? 86'400'000
                                          : 0;
    if (number * ms <= 0)
      return Bad("failed to parse setting [fixed_interval] with value [" +
                 std::string(text.substr(0, 40)) + "]");
    return Interval{number * ms, {}};
  }

  /// The start, in milliseconds, of the bucket that the field's time lies in.
  static Statement StartOf(const Field& field, const Interval& interval) {
    Statement key;
    if (interval.ms == 0) {
      key.Add("epoch_ms(date_trunc('").Add(interval.unit).Add("', ").Add(field.sql).Add("))");
      return key;
    }
    // Rounds down before 1970 too.
    key.Add("((epoch_ms(").Add(field.sql).Add(") - ((epoch_ms(").Add(field.sql).Add(") % ");
    key.Bind(interval.ms).Add("::BIGINT) + ").Bind(interval.ms);
    key.Add("::BIGINT) % ").Bind(interval.ms).Add("::BIGINT))");
    return key;
  }

  Status WriteHistogram(const Statement& condition, const Wanted& one, int depth) {
    HB_ASSIGN(const Field* field, FieldOf(one));
    if (field->type != FieldType::kDate)
      return Bad("[date_histogram] needs a date, [" + std::string(field->name) + "] is none");
    std::string_view zone;
    if (one.body["time_zone"].get(zone) == simdjson::SUCCESS && zone != "UTC" && zone != "Z" &&
        zone != "+00:00") {
      return Bad("[time_zone] is UTC here");
    }
    HB_ASSIGN(const Interval interval, IntervalOf(one));
    HB_ASSIGN(const Inside inside, InsideOf(one));
    std::int64_t min_count = 0;
    if (one.body["min_doc_count"].get(min_count) != simdjson::SUCCESS) min_count = 0;
    const Statement key = StartOf(*field, interval);
    Statement ask("SELECT ");
    ask.Append(key).Add(" AS k, count(*) AS n");
    for (const Metric& metric : inside.metrics) Select(metric, ask.Add(", "));
    ask.Append(From(condition))
        .Add(" AND ")
        .Add(field->sql)
        .Add(" IS NOT NULL GROUP BY k ORDER BY k");
    HB_ASSIGN(const SqlResult answer, Ask(ask, static_cast<std::size_t>(kMaxBuckets) + 1));
    HB_ASSIGN(const std::vector<std::int64_t> keys, KeysOf(answer, interval, min_count));
    json_.Open().Key("buckets").OpenList();
    std::size_t at = 0;
    Row none(2);
    for (const Metric& metric : inside.metrics) none.resize(none.size() + metric.columns);
    for (const std::int64_t start : keys) {
      const bool there = at < answer.rows.size() && IntAt(answer.rows[at], 0) == start;
      const Row& row = there ? answer.rows[at++] : none;
      if (there && IntAt(row, 1) < min_count) continue;
      json_.Open()
          .Member("key_as_string", IsoTime(FromMillis(start)))
          .Key("key")
          .Int(start)
          .Key("doc_count")
          .Int(IntAt(row, 1));
      WriteInsideMetrics(inside, row, 2);
      if (!inside.buckets.empty()) {
        Statement within("(");
        within.Append(condition).Add(") AND ").Append(key).Add(" = ").Bind(start).Add("::BIGINT");
        HB_TRY(WriteInsideBuckets(inside, within, depth));
      }
      json_.Close();
    }
    json_.CloseList().Close();
    return Ok();
  }

  /// Starts of the buckets; with the empty ones between, if those are wanted.
  static Result<std::vector<std::int64_t>> KeysOf(const SqlResult& answer, const Interval& interval,
                                                  std::int64_t min_count) {
    const auto too_many = [] {
      return Bad("Trying to create too many buckets. Must be less than or equal to: [" +
                 std::to_string(kMaxBuckets) + "]; use a larger interval or a range");
    };
    if (answer.rows.size() > static_cast<std::size_t>(kMaxBuckets)) return too_many();
    std::vector<std::int64_t> keys;
    for (const Row& row : answer.rows) {
      const std::int64_t start = IntAt(row, 0);
      if (min_count <= 0 && interval.ms > 0 && !keys.empty()) {
        if ((start - keys.back()) / interval.ms + static_cast<std::int64_t>(keys.size()) >
            kMaxBuckets)
          return too_many();
        while (keys.back() + interval.ms < start) keys.push_back(keys.back() + interval.ms);
      }
      keys.push_back(start);
    }
    return keys;
  }

  Status WriteFilter(const Statement& condition, const Wanted& one, int depth) {
    HB_ASSIGN(const Statement filter, QueryCondition(index_, one.body, now_));
    Statement within("(");
    within.Append(condition).Add(") AND (").Append(filter).Add(")");
    Statement ask("SELECT count(*)");
    ask.Append(From(within));
    HB_ASSIGN(const SqlResult answer, Ask(ask, 1));
    json_.Open().Key("doc_count").Int(answer.rows.empty() ? 0 : IntAt(answer.rows[0], 0));
    if (one.inner) {
      HB_ASSIGN(const std::vector<Wanted> all, Parse(*one.inner));
      Inside inside;
      for (const Wanted& inner : all) {
        if (!IsMetric(inner.kind)) {
          inside.buckets.push_back(inner);
          continue;
        }
        json_.Key(inner.name);
        HB_TRY(WriteMetric(within, inner));
      }
      HB_TRY(WriteInsideBuckets(inside, within, depth));
    }
    json_.Close();
    return Ok();
  }

  const Index& index_;
  EventTime now_;
  SqlStore& store_;
  const Deadline& deadline_;
  JsonWriter& json_;
  int questions_ = 0;
};

}  // namespace

Status WriteAggregations(const Index& index, const Statement& condition, element wanted,
                         EventTime now, SqlStore& store, const Deadline& deadline,
                         JsonWriter& json) {
  return Aggregator(index, now, store, deadline, json).Write(condition, wanted, 0);
}

}  // namespace hb::es
