// /metrics: the process in figures, for Prometheus (text 0.0.4) and OpenMetrics 1.0.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>

#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Families in the order in which they are first named.
class Families {
 public:
  void Gauge(std::string_view name, std::string_view help, double value,
             std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    Of(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  /// `name` ends in "_total".
  void Counter(std::string_view name, std::string_view help, double value,
               std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    Of(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  [[nodiscard]] const std::vector<MetricFamily>& all() const { return families_; }

 private:
  MetricFamily& Of(std::string_view name, std::string_view help, MetricType type) {
    const auto at = std::find_if(families_.begin(), families_.end(),
                                 [&](const MetricFamily& f) { return f.name == name; });
    if (at != families_.end()) return *at;
    families_.push_back({std::string(name), std::string(help), type, {}});
    return families_.back();
  }
  std::vector<MetricFamily> families_;
};

double Number(std::uint64_t value) { return static_cast<double>(value); }
double Seconds(EventTime time) { return static_cast<double>(ToMillis(time)) / 1000; }

void AddSources(const SystemStatus& status, Families& out) {
  for (const SourceStatus& source : status.sources) {
    const std::vector<ClientMetric::Label> labels = {{"source", source.name},
                                                     {"kind", source.kind}};
    out.Counter("heartbeat_source_posts_total", "Posts taken from a source.", Number(source.posts),
                labels);
    out.Counter("heartbeat_source_duplicates_total", "Posts of a source that were known already.",
                Number(source.duplicates), labels);
    out.Counter("heartbeat_source_dead_letters_total", "Input of a source that could not be used.",
                Number(source.dead_letters), labels);
    out.Counter("heartbeat_source_redactions_total",
                "Deletes, edits and account events of a source.", Number(source.redactions),
                labels);
    out.Gauge("heartbeat_source_up", "1 while the source runs or has ended as it should.",
              source.state == "running" || source.state == "done" ? 1 : 0, labels);
    if (source.watermark && IsWritable(*source.watermark))
      out.Gauge("heartbeat_source_watermark_seconds",
                "Event time up to which the source is complete, Unix seconds.",
                Seconds(*source.watermark), labels);
    if (source.last_post)
      out.Gauge("heartbeat_source_last_post_seconds",
                "Time of the newest post of the source, Unix seconds.", Seconds(*source.last_post),
                labels);
  }
}

void AddRemote(const SystemStatus& status, Families& out) {
  if (!status.remote) return;
  const RemoteStatus& remote = *status.remote;
  const std::vector<ClientMetric::Label> labels = {{"model", remote.name}};
  out.Counter("heartbeat_remote_calls_total", "Requests to the sentiment service.",
              Number(remote.calls), labels);
  out.Counter("heartbeat_remote_retries_total", "Of those, repeated ones.", Number(remote.retries),
              labels);
  out.Counter("heartbeat_remote_throttled_total", "Answers that asked to come again later.",
              Number(remote.throttled), labels);
  out.Counter("heartbeat_remote_failures_total", "Batches of posts given up.",
              Number(remote.failures), labels);
  out.Counter("heartbeat_remote_posts_total", "Posts that the service judged.",
              Number(remote.answered), labels);
  out.Counter("heartbeat_remote_unanswered_posts_total", "Posts left to heartbeat's own models.",
              Number(remote.unanswered), labels);
  out.Counter("heartbeat_remote_units_total", "Units paid for since the start.",
              Number(remote.units), labels);
  out.Gauge("heartbeat_remote_month_units", "Units spent this calendar month.",
            Number(remote.month_units), labels);
  out.Gauge("heartbeat_remote_month_cost_dollars", "What these cost at the list price.",
            remote.month_cost, labels);
}

void AddStages(const SystemStatus& status, Families& out) {
  for (const StageStatus& stage : status.stages) {
    const std::vector<ClientMetric::Label> labels = {{"stage", stage.name}};
    out.Counter("heartbeat_stage_records_total", "Records that a stage has worked through.",
                Number(stage.records), labels);
    out.Counter("heartbeat_stage_batches_total", "Batches that a stage has worked through.",
                Number(stage.batches), labels);
    out.Counter("heartbeat_stage_commits_total", "Commits of a stage.", Number(stage.commits),
                labels);
    out.Counter("heartbeat_stage_failed_commits_total",
                "Commits that failed, or of which nobody knew whether they did.",
                Number(stage.failed_commits), labels);
    out.Counter("heartbeat_stage_rebalances_total",
                "Times that partitions were given to a stage or taken away.",
                Number(stage.rebalances), labels);
    out.Gauge("heartbeat_stage_lag_records", "Records that a stage has yet to read.",
              static_cast<double>(stage.lag), labels);
    out.Gauge("heartbeat_stage_busy_ratio", "Share of one core that a stage used in the last 10 s.",
              stage.busy, labels);
  }
}

/// OpenMetrics names a counter's family without "_total" and ends with "# EOF".
std::string ToOpenMetrics(const std::string& text) {
  std::istringstream lines(text);
  std::string out, line;
  while (std::getline(lines, line)) {
    const bool about = line.rfind("# HELP ", 0) == 0 || line.rfind("# TYPE ", 0) == 0;
    if (about) {
      const std::size_t end = std::min(line.find(' ', 7), line.size());
      constexpr std::string_view kTotal = "_total";
      if (end > 7 + kTotal.size() && line.compare(end - kTotal.size(), kTotal.size(), kTotal) == 0)
        line.erase(end - kTotal.size(), kTotal.size());
    }
    out += line + '\n';
  }
  return out + "# EOF\n";
}

}  // namespace

HttpResponse GetMetrics(const HttpRequest& request, const ApiContext& context) {
  const SystemStatus status = context.backend.Snapshot();
  Families families;
  families.Gauge("heartbeat_info", "Always 1; what runs is in the labels.", 1,
                 {{"version", HB_VERSION}, {"mode", status.mode}});
  families.Gauge("heartbeat_ready", "1 once every stage runs.", status.ready ? 1 : 0);
  families.Gauge("heartbeat_uptime_seconds", "Time since the start.", status.uptime_s);
  families.Gauge("heartbeat_now_seconds",
                 "The stream's now: wall clock, or the watermark of a replay; Unix seconds.",
                 Seconds(status.now));
  families.Counter("heartbeat_posts_total", "Posts taken from all sources since the start.",
                   Number(status.posts_total));
  families.Gauge("heartbeat_posts_per_second", "Posts a second over the last 10 s.", status.rate);
  AddSources(status, families);
  AddRemote(status, families);
  AddStages(status, families);
  families.Gauge("heartbeat_memory_bytes", "Resident memory.", Number(status.memory_bytes));
  families.Gauge("heartbeat_peak_memory_bytes", "Largest resident memory so far.",
                 Number(status.peak_memory_bytes));
  families.Gauge("heartbeat_disk_bytes", "Bytes on disk.", Number(status.log_bytes),
                 {{"part", "log"}});
  families.Gauge("heartbeat_disk_bytes", "Bytes on disk.", Number(status.store_bytes),
                 {{"part", "store"}});
  families.Gauge("heartbeat_disk_free_bytes", "Bytes free where the data folder lies.",
                 Number(status.free_bytes));
  for (const std::string_view level : {"info", "warning", "error"}) {
    const auto count = std::count_if(status.messages.begin(), status.messages.end(),
                                     [&](const MessageStatus& m) { return m.level == level; });
    families.Gauge("heartbeat_messages", "Messages shown to the user at present.",
                   static_cast<double>(count), {{"level", std::string(level)}});
  }
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = prometheus::TextSerializer().Serialize(families.all());
  const auto accept = request.headers.find("accept");
  if (accept != request.headers.end() &&
      accept->second.find("application/openmetrics-text") != std::string::npos) {
    response.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    response.body = ToOpenMetrics(response.body);
  }
  return response;
}

}  // namespace hb
