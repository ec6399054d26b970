// What the window stage costs a post, on the embedded log: processor time, allocations, and bytes on `windows`.
//
// The posts are a month of a public archive where it lies beside the repository, else made up; they are analysed
// before the clock starts, which gives a yardstick for the machine's speed at the time.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "analysis/chain.h"
#include "base/hash.h"
#include "log/embedded/embedded_log.h"
#include "pipeline/codec.h"
#include "pipeline/topics.h"
#include "pipeline/window_stage.h"
#include "record/identity.h"
#include "source/replay/replay_source.h"

namespace hb {
namespace {

constexpr char kMonth[] = HB_SOURCE_DIR "/../shared/data/replay/ira_2016-10.csv.gz";
constexpr std::size_t kBatch = 1000;

class Bench {
 public:
  explicit Bench(std::int64_t gap_ms) : dir_(std::filesystem::temp_directory_path() / ("hb_window_bench_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    EmbeddedLogOptions options;
    options.path = (dir_ / "log").string();
    options.cache_bytes = std::size_t{4} << 30;  // The stage keeps up: it decodes nothing.
    log_ = OpenEmbeddedLog(options, *env_).value();
    for (const TopicSpec& spec : TopicSpecs(2, -1, -1)) static_cast<void>(log_->EnsureTopic(spec).ok());
    if (gap_ms == 0) {
      ReadMonth();
    } else {
      MakeUp(gap_ms);
    }
  }
  ~Bench() {
    log_.reset();
    std::filesystem::remove_all(dir_);
  }

  /// Runs the stage over all posts.
  void Run(benchmark::State& state) {
    const auto tombstones = Tombstones::Open(*log_).value();
    StatusBoard board;
    WindowStage::Options options;
    // As a replay at full speed has it on a machine that is not shared.
    options.commit_every = std::chrono::hours(1);
    options.commit_rows = 14'000;
    WindowStage stage(options, *log_, *tombstones, nullptr, clock_, board);
    if (!stage.Open().ok()) return state.SkipWithError("the stage does not open");
    stage.Start();
    const auto ended = [&] { return board.stages.window.records >= posts_ && board.stages.window.lag == 0; };
    while (!ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    SourceReport done;
    done.name = "bench";
    done.state = SourceState::kDone;
    board.Report(done);
    while (!stage.finished()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stage.Stop();
    const auto posts = static_cast<double>(posts_);
    state.counters["us_per_post"] = static_cast<double>(board.stages.window.busy_ns) / 1000 / posts;
    state.counters["allocations_per_post"] = static_cast<double>(board.stages.window.allocations) / posts;
    state.counters["analyze_us_per_post"] = static_cast<double>(analyze_ns_) / 1000 / posts;
    for (const TopicInfo& topic : log_->Topics().value()) {
      double records = 0, bytes = 0;
      for (const PartitionInfo& part : topic.partitions) {
        records += static_cast<double>(ToInt(part.end));
        bytes += static_cast<double>(part.bytes);
      }
      if (topic.spec.name == kWindowsTopic) {
        state.counters["windows_per_post"] = records / posts;
        state.counters["bytes_per_window"] = bytes / std::max(1.0, records);
      }
      if (topic.spec.name == kTrendsTopic) state.counters["trends"] = records;
    }
  }

 private:
  void ReadMonth() {
    ReplaySource::Options options;
    options.path = kMonth;
    const auto source = ReplaySource::Create(std::move(options), *env_).value();
    for (bool more = true; more;) {
      Intake intake;
      const auto polled = source->Poll(kBatch, std::chrono::milliseconds(100), intake);
      more = polled.ok() && polled.value() == PollState::kMore;
      Give(intake.posts);
    }
  }
  void MakeUp(std::int64_t gap_ms) {
    std::mt19937 random(1);
    for (std::int64_t first = 0; first < 60'000; first += kBatch) {
      PostBatch posts;
      for (std::int64_t n = first; n < first + static_cast<std::int64_t>(kBatch); ++n) {
        const std::string id = std::to_string(1'000'000 + n), author = std::to_string(random() % 3000);
        std::string text;
        for (int word = 0; word < 12; ++word) text += "word" + std::to_string(random() % (1 + random() % 20'000)) + " ";
        if (random() % 2) text += "#tag" + std::to_string(random() % (1 + random() % 300));
        posts.Append({.time = FromMillis(1'600'000'000'000 + n * gap_ms), .key = KeyOf(id), .id = id, .source = "made up",
                      .content = text, .author = author});
      }
      Give(posts);
    }
  }
  void Give(const PostBatch& posts) {
    const auto transaction = log_->Begin("bench").value();
    std::vector<std::shared_ptr<PostBatch>> parts = {std::make_shared<PostBatch>(), std::make_shared<PostBatch>()};
    for (std::size_t row = 0; row < posts.size(); ++row) {
      PostBatch& part = *parts[Hash64(posts.id[row]) % parts.size()];
      part.Append(posts.Row(row));
      part.tasks.EndRow();
      part.rules_version.push_back(1);
    }
    for (std::int32_t p = 0; p < 2; ++p) {
      const auto& part = parts[static_cast<std::size_t>(p)];
      if (part->size() == 0) continue;
      posts_ += part->size();
      auto analysis = std::make_shared<AnalysisBatch>();
      const std::uint64_t begin = ThreadCpuNanoseconds();
      chain_->Analyze(part, *scratch_, *analysis);
      analyze_ns_ += ThreadCpuNanoseconds() - begin;
      static_cast<void>(transaction->Append(kAnalysisTopic, Partition{p}, EncodeAnalyses(std::move(analysis))).ok());
    }
    static_cast<void>(transaction->Commit().ok());
  }

  const std::filesystem::path dir_;
  SystemClock clock_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<AnalysisChain> chain_ = AnalysisChain::Create().value();
  std::unique_ptr<AnalysisChain::Scratch> scratch_ = chain_->MakeScratch();
  std::unique_ptr<Log> log_;
  std::uint64_t posts_ = 0, analyze_ns_ = 0;
};

/// Argument: milliseconds between posts that are made up; 0: the month.
void BM_WindowStage(benchmark::State& state) {
  if (state.range(0) == 0 && !std::filesystem::exists(kMonth)) {
    return state.SkipWithError("the month of posts is not there: left out");
  }
  Bench bench(state.range(0));
  for (auto _ : state) bench.Run(state);
}
BENCHMARK(BM_WindowStage)->Arg(0)->Arg(20'000)->Arg(2)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
