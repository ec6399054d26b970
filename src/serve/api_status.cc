// /api/v1/status, /healthz, /readyz
#include <algorithm>

#include "serve/answer.h"
#include "serve/params.h"
#include "serve/router.h"
#include "serve/rows.h"
#include "serve/status_json.h"

namespace hb {

namespace {

/// The status is asked for all the time: rather without a figure than late.
constexpr std::chrono::milliseconds kQuick{500};

void WriteTime(JsonWriter& json, std::string_view name, const std::optional<EventTime>& time) {
  json.Key(name);
  if (time && IsWritable(*time)) {
    json.Text(IsoTime(*time));
  } else {
    json.Null();
  }
}

/// Progress of all finite sources together; null where there is none.
void WriteReplay(const SystemStatus& status, JsonWriter& json) {
  std::uint64_t rows = 0, done = 0, total = 0;
  double rate = 0;
  bool any = false, running = false;
  for (const SourceStatus& source : status.sources) {
    if (source.live) continue;
    any = true;
    running = running || source.state == "running";
    rows += source.rows;
    done += source.bytes_done;
    total += source.bytes_total;
    rate += source.rate;
  }
  json.Key("replay");
  if (!any) {
    json.Null();
    return;
  }
  json.Open().Key("rows").Uint(rows).Key("bytes_done").Uint(done).Key("bytes_total").Uint(total);
  const double share = total == 0
                           ? (running ? 0 : 1)
                           : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  json.Key("percent").Number(100 * share).Key("eta_s");
  if (!running) {
    json.Int(0);
  } else if (rate > 0 && share > 0) {
    // Rows left by the rows a byte so far.
    json.Number(static_cast<double>(rows) * (1 - share) / share / rate);
  } else {
    json.Null();
  }
  json.Close();
}

void WriteCount(JsonWriter& json, std::string_view name,
                const std::optional<std::uint64_t>& count) {
  json.Key(name);
  if (count) {
    json.Uint(*count);
  } else {
    json.Null();
  }
}

/// 0: there is none.
void WriteCap(JsonWriter& json, std::uint64_t cap) {
  WriteCount(json, "cap", cap > 0 ? std::optional(cap) : std::nullopt);
}

void WriteMeter(const SourceMeter& meter, JsonWriter& json) {
  json.Key("meter").Open().Key("today").Uint(meter.today).Key("month").Uint(meter.month);
  json.Key("cost").Number(meter.dollars);
  WriteCap(json, meter.cap);
  WriteTime(json, "month_end", meter.month_end);
  WriteCount(json, "forecast", meter.forecast);
  json.Key("rules").OpenList();
  for (const SourceMeter::Rule& rule : meter.most) {
    json.Open().Member("task", rule.task).Key("month").Uint(rule.month);
    json.Key("forecast").Uint(rule.forecast).Close();
  }
  json.CloseList().Key("network");
  if (meter.network_cap > 0) {
    json.Open().Key("month").Uint(meter.network_month);
    WriteCap(json, meter.network_cap);
    json.Close();
  } else {
    json.Null();
  }
  json.Member("budget", meter.budget).Close();
}

void WriteSources(const SystemStatus& status, JsonWriter& json) {
  json.Key("sources").OpenList();
  for (const SourceStatus& source : status.sources) {
    json.Open()
        .Member("name", source.name)
        .Member("kind", source.kind)
        .Member("title", source.title.empty() ? source.kind : source.title)
        .Member("state", source.state);
    json.Member("detail", source.detail)
        .Key("posts")
        .Uint(source.posts)
        .Key("duplicates")
        .Uint(source.duplicates);
    json.Key("redactions").Uint(source.redactions).Key("rate").Number(source.rate);
    WriteTime(json, "watermark", source.watermark);
    WriteTime(json, "last_post", source.last_post);
    json.Key("dead_letters").Uint(source.dead_letters).Key("live").Bool(source.live);
    if (source.meter) WriteMeter(*source.meter, json);
    json.Close();
  }
  json.CloseList().Key("stages").OpenList();
  for (const StageStatus& stage : status.stages) {
    json.Open().Member("name", stage.name).Key("lag").Int(stage.lag).Key("rate").Number(stage.rate);
    json.Key("records")
        .Uint(stage.records)
        .Key("batches")
        .Uint(stage.batches)
        .Key("commits")
        .Uint(stage.commits)
        .Key("failed_commits")
        .Uint(stage.failed_commits)
        .Key("rebalances")
        .Uint(stage.rebalances)
        .Key("busy")
        .Number(stage.busy)
        .Close();
  }
  json.CloseList().Key("models").OpenList();
  for (const ModelStatus& model : status.models) {
    json.Open()
        .Member("task", model.task)
        .Member("name", model.name)
        .Member("version", model.version)
        .Close();
  }
  json.CloseList();
  if (!status.remote) return;
  const RemoteStatus& remote = *status.remote;
  json.Key("remote").Open().Member("name", remote.name);
  json.Key("calls").Uint(remote.calls).Key("retries").Uint(remote.retries);
  json.Key("throttled").Uint(remote.throttled).Key("failures").Uint(remote.failures);
  json.Key("answered").Uint(remote.answered).Key("unanswered").Uint(remote.unanswered);
  json.Key("month_units").Uint(remote.month_units);
  json.Key("monthly_units").Uint(remote.monthly_units);
  json.Key("month_cost").Number(remote.month_cost).Close();
}

void WriteGaps(SqlStore& store, JsonWriter& json) {
  json.Key("gaps").OpenList();
  const auto gaps =
      Statement(
          "SELECT source, epoch_ms(started), epoch_ms(ended), cause, refilled FROM gaps ORDER BY started DESC LIMIT 100")
          .Ask(store, 100, kQuick);
  if (gaps.ok()) {
    for (const Row& row : gaps.value().rows) {
      json.Open().Member("source", TextAt(row, 0)).Key("from");
      WriteMillis(row, 1, json);
      json.Key("to");
      WriteMillis(row, 2, json);
      json.Member("cause", TextAt(row, 3)).Key("refilled").Bool(NumberAt(row, 4) >= 1);
      json.Key("refilled_share").Number(NumberAt(row, 4)).Close();
    }
  }
  json.CloseList();
}

}  // namespace

StoredTotals AskTotals(const SystemStatus& status, SqlStore& store) {
  StoredTotals totals{.posts = status.posts_total};
  for (const SourceStatus& source : status.sources) totals.dead_letters += source.dead_letters;
  const auto stored =
      Statement("SELECT (SELECT count(*) FROM dead_letters), (SELECT count(*) FROM posts)")
          .Ask(store, 1, kQuick);
  if (stored.ok() && !stored.value().rows.empty()) {
    totals.dead_letters = static_cast<std::uint64_t>(IntAt(stored.value().rows[0], 0));
    totals.posts = static_cast<std::uint64_t>(IntAt(stored.value().rows[0], 1));
  }
  return totals;
}

void WriteStatus(const SystemStatus& status, const StoredTotals& totals, SqlStore& store,
                 JsonWriter& json) {
  json.Open()
      .Member("version", HB_VERSION)
      .Member("now", IsoTime(status.now))
      .Member("mode", status.mode);
  json.Key("uptime_s").Number(status.uptime_s).Key("ready").Bool(status.ready);
  WriteReplay(status, json);
  WriteSources(status, json);
  json.Key("memory_bytes")
      .Uint(status.memory_bytes)
      .Key("peak_memory_bytes")
      .Uint(status.peak_memory_bytes);
  json.Key("disk")
      .Open()
      .Key("log_bytes")
      .Uint(status.log_bytes)
      .Key("store_bytes")
      .Uint(status.store_bytes);
  json.Key("free_bytes").Uint(status.free_bytes).Close();
  json.Key("dead_letters").Uint(totals.dead_letters);
  WriteGaps(store, json);
  json.Key("posts_total").Uint(totals.posts).Key("rate").Number(status.rate);
  json.Key("messages").OpenList();
  for (const MessageStatus& message : status.messages) {
    json.Open()
        .Member("level", message.level)
        .Member("text", message.text)
        .Member("since", IsoTime(message.since))
        .Close();
  }
  json.CloseList().Close();
}

HttpResponse GetStatus(const HttpRequest&, const ApiContext& context) {
  const SystemStatus status = context.backend.Snapshot();
  SqlStore& store = context.backend.store();
  JsonWriter json;
  WriteStatus(status, AskTotals(status, store), store, json);
  return JsonAnswer(json);
}

HttpResponse GetHealth(const HttpRequest&, const ApiContext&) {
  JsonWriter json;
  json.Open().Member("status", "ok").Close();
  return JsonAnswer(json);
}

HttpResponse GetReady(const HttpRequest&, const ApiContext& context) {
  const SystemStatus status = context.backend.Snapshot();
  const auto stored = Statement("SELECT 1").Ask(context.backend.store(), 1, kQuick);
  if (status.ready && stored.ok()) return GetHealth({}, context);
  const std::string what = !status.ready ? "not every stage runs yet"
                                         : "the store does not answer: " + stored.error().message;
  return Problem(503, what, "ask again in a second; /api/v1/status says more");
}

}  // namespace hb
