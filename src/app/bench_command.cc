// `heartbeat bench`: the whole pipeline over one file, as fast as it goes.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/progress_line.h"
#include "app/runtime.h"
#include "app/version.h"
#include "base/hash.h"
#include "base/json.h"
#include "env/env.h"

namespace hb {

namespace {

#ifdef NDEBUG
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif

using SteadyTime = std::chrono::steady_clock::time_point;

struct BenchOptions {
  std::string replay, profile = "core", tier = "fast", map, work_dir, speed = "max", tasks;
  double seconds = 0;  ///< 0: to the end of the file
  bool json = false;
};

/// How many posts had come by when; from two such curves follows how long a post was under way.
struct Curve {
  std::vector<std::pair<SteadyTime, std::uint64_t>> points;
  void Note(SteadyTime at, std::uint64_t count) {
    if (points.empty() || points.back().second != count) points.emplace_back(at, count);
  }
};

/// Milliseconds from being committed to the log to being in the store, at `share` of all posts.
/// Posts leave in about the order in which they came, so the n-th out is taken for the n-th in.
double LatencyMs(const Curve& in, const Curve& out, double share) {
  std::vector<double> latencies;
  std::size_t at = 0;
  for (const auto& [time, count] : in.points) {
    while (at < out.points.size() && out.points[at].second < count) ++at;
    if (at == out.points.size()) break;
    latencies.push_back(
        std::chrono::duration<double, std::milli>(out.points[at].first - time).count());
  }
  if (latencies.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(latencies.size() - 1));
  std::nth_element(latencies.begin(), latencies.begin() + rank, latencies.end());
  return std::max(0.0, latencies[static_cast<std::size_t>(rank)]);
}

struct StageCost {
  std::string name;
  double us_per_post = 0, allocations_per_post = 0;
};

/// Processor time of the whole program, in seconds: the stages' threads and those of the libraries.
double ProcessorSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct BenchReport {
  std::uint64_t rows = 0, dead_letters = 0;
  double seconds = 0, open_seconds = 0, processor_seconds = 0;
  double p50_ms = 0, p99_ms = 0, distinct_share = 0, mean_bytes = 0;
  std::vector<StageCost> stages;
  std::uint64_t peak_memory = 0;
  std::string format, sync_policy;
  std::vector<std::string> analyzers;
};

/// Reads the stored texts back: the share of different ones, and their mean size.
Status Describe(Runtime& runtime, BenchReport& report) {
  HB_ASSIGN(
      const SqlResult answer,
      runtime.store().Query(
          "SELECT count(*), count(DISTINCT content), avg(octet_length(encode(content))) FROM posts",
          {}, {}));
  if (answer.rows.empty()) return Ok();
  const auto number = [&](std::size_t column) -> double {
    const Cell& cell = answer.rows.front()[column];
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&cell)) return *real;
    return 0;
  };
  if (number(0) > 0) report.distinct_share = number(1) / number(0);
  report.mean_bytes = number(2);
  return Ok();
}

Result<BenchReport> RunBench(const BenchOptions& options, const std::string& dir) {
  Config config;
  config.analyze_all = options.profile == "all";
  HB_ASSIGN(config.analysis_tier, AnalysisChain::ParseTier(options.tier));
  config.data_dir = dir;
  const SteadyTime opening = std::chrono::steady_clock::now();
  HB_ASSIGN(const auto runtime, Runtime::Open(config));
  if (!options.tasks.empty()) {
    HB_ASSIGN(const std::string text, ReadFile(options.tasks));
    HB_ASSIGN(const Config asked, ParseConfig(text, options.tasks));
    HB_TRY(runtime->SyncTasks(asked.tasks));
  }
  ComponentConfig source{"replay", {{"path", options.replay}, {"speed", options.speed}}};
  if (!options.map.empty()) source.values["map"] = options.map;
  HB_TRY(runtime->AddSource(source));
  BenchReport report;
  const double processor_before = ProcessorSeconds();
  const SteadyTime start = std::chrono::steady_clock::now();
  report.open_seconds = std::chrono::duration<double>(start - opening).count();
  HB_TRY(runtime->Start());
  const StatusBoard::Stages& stages = runtime->pipeline().board().stages;
  Curve in, out;
  unsigned asked = 0;
  const auto past_end = [&](SteadyTime now) {
    return options.seconds > 0 &&
           std::chrono::duration<double>(now - start).count() >= options.seconds;
  };
  for (bool drained = false; !drained;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const SteadyTime now = std::chrono::steady_clock::now();
    in.Note(now, stages.ingest.records);
    out.Note(now, stages.stored_posts);
    if (const std::string failed = runtime->Failure(); !failed.empty()) {
      return Error{Code::kInternal, failed + " stopped by an error"};
    }
    if (past_end(now)) break;
    // Asking costs: only once the sources have ended, and not all the time.
    if (!runtime->pipeline().board().AllSourcesEnded() || ++asked % 10 != 0) continue;
    HB_ASSIGN(drained, runtime->Drained());
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.processor_seconds = ProcessorSeconds() - processor_before;
  report.rows = options.seconds > 0 ? stages.stored_posts.load() : stages.ingest.records.load();
  report.p50_ms = LatencyMs(in, out, 0.50);
  report.p99_ms = LatencyMs(in, out, 0.99);
  const double posts = std::max<double>(1, static_cast<double>(report.rows));
  const auto cost = [&](const char* name, const StageCounters& c) {
    report.stages.push_back({name, static_cast<double>(c.busy_ns) / 1000 / posts,
                             static_cast<double>(c.allocations) / posts});
  };
  cost("ingest", stages.ingest);
  cost("analyze", stages.analyze);
  cost("window", stages.window);
  cost("store", stages.store);
  for (const SourceStatus& s : runtime->Snapshot().sources) report.dead_letters += s.dead_letters;
  for (const auto& model : runtime->chain().models()) {
    if (model.carried) report.analyzers.push_back(model.name);
  }
  report.peak_memory = PeakMemoryBytes();
  HB_TRY(Describe(*runtime, report));
  runtime->Stop();
  return report;
}

std::string FormatOf(const std::string& path) {
  for (const char* format : {".csv", ".json"}) {
    if (path.find(format) != std::string::npos) return format[1] == 'c' ? "csv" : "json";
  }
  return "auto";
}

double ProcessorUs(const BenchReport& r) {
  return r.processor_seconds * 1e6 / std::max<double>(1, static_cast<double>(r.rows));
}

void PrintJson(const BenchOptions& options, const BenchReport& r) {
  std::printf(
      "{\"posts_per_second\":%.0f,\"rows\":%llu,\"dead_letters\":%llu,\"seconds\":%.3f,\"open_seconds\":%.3f,\"processor_us_per_post\":%.3f,"
      "\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"peak_memory_bytes\":%llu,\"distinct_share\":%.4f,\"mean_bytes\":%.1f,"
      "\"input\":%s,\"input_format\":\"%s\",\"profile\":\"%s\",\"sync_policy\":\"WAL synced every 20 ms; the store reads only what is synced\",",
      static_cast<double>(r.rows) / r.seconds, static_cast<unsigned long long>(r.rows),
      static_cast<unsigned long long>(r.dead_letters), r.seconds, r.open_seconds, ProcessorUs(r),
      r.p50_ms, r.p99_ms, static_cast<unsigned long long>(r.peak_memory), r.distinct_share,
      r.mean_bytes, JsonQuote(std::filesystem::path(options.replay).filename().string()).c_str(),
      FormatOf(options.replay).c_str(), options.profile.c_str());
  std::printf("\"stages\":{");
  for (std::size_t i = 0; i < r.stages.size(); ++i) {
    std::printf("%s\"%s\":{\"us_per_post\":%.3f,\"allocations_per_post\":%.2f}", i > 0 ? "," : "",
                r.stages[i].name.c_str(), r.stages[i].us_per_post,
                r.stages[i].allocations_per_post);
  }
  std::printf("},\"analyzers\":[");
  for (std::size_t i = 0; i < r.analyzers.size(); ++i) {
    std::printf("%s%s", i > 0 ? "," : "", JsonQuote(r.analyzers[i]).c_str());
  }
  std::printf("],\"cores\":%u,\"compiler\":\"%s\",\"build\":\"%s\",\"version\":\"%s\"}\n",
              std::thread::hardware_concurrency(), std::string(kCompiler).c_str(),
              std::string(kBuildType).c_str(), std::string(kVersion).c_str());
}

void PrintText(const BenchReport& r) {
  std::printf(
      "%s posts in %.2f s: %s posts a second\n", WithSeparators(r.rows).c_str(), r.seconds,
      WithSeparators(static_cast<std::uint64_t>(static_cast<double>(r.rows) / r.seconds)).c_str());
  std::printf("log to store: p50 %.1f ms, p99 %.1f ms; peak memory %s bytes\n", r.p50_ms, r.p99_ms,
              WithSeparators(r.peak_memory).c_str());
  std::printf("  %-8s %7.3f us of processor time a post, all threads\n", "program", ProcessorUs(r));
  for (const StageCost& stage : r.stages) {
    std::printf("  %-8s %7.3f us a post, %6.2f allocations\n", stage.name.c_str(),
                stage.us_per_post, stage.allocations_per_post);
  }
}

Status Bench(const BenchOptions& options) {
  if (!kOptimised) {
    return Error{Code::kInvalidArgument, "this build is not optimised: bench the release build"};
  }
  namespace fs = std::filesystem;
  const fs::path dir =
      (options.work_dir.empty() ? fs::temp_directory_path() : fs::path(options.work_dir)) /
      ("heartbeat-bench-" + std::to_string(::getpid()));
  const Result<BenchReport> report = RunBench(options, dir.string());
  std::error_code ignored;
  fs::remove_all(dir, ignored);
  if (!report.ok()) return report.error();
  if (options.json) {
    PrintJson(options, report.value());
  } else {
    PrintText(report.value());
  }
  return Ok();
}

}  // namespace

void AddBenchCommand(CLI::App& app, CommandContext& context) {
  auto* command =
      app.add_subcommand("bench", "measure the whole pipeline on a file, in a folder of its own");
  auto options = std::make_shared<BenchOptions>();
  command->add_option("--replay", options->replay, "file of posts")->required();
  command->add_option("--map", options->map, "columns of a CSV: content=text,time=created_at");
  command->add_option("--tasks", options->tasks, "file with [[task]] tables, to bench their rules");
  command
      ->add_option("--profile", options->profile,
                   "core: hashtags, language, polarity, sentiment; all: emotion, names and topics as well")
      ->check(CLI::IsMember({"core", "all"}));
  command->add_option("--tier", options->tier, "which models say what posts feel like")
      ->check(CLI::IsMember({"fast", "accurate", "cascade"}));
  command->add_option(
      "--speed", options->speed,
      "max, 1 (as recorded) or a factor: at less than max, p50 and p99 are those of a live stream");
  command
      ->add_option("--seconds", options->seconds,
                   "stop after that long (0: at the end of the file)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--dir", options->work_dir, "where the temporary data folder is made");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, &context] {
    if (const Status done = Bench(*options); !done.ok()) context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
