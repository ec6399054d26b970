// What a record costs through Kafka: HB_KAFKA=FOLDER as for the tests.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "log/kafka/kafka_log.h"

namespace hb {
namespace {

constexpr int kPartitions = 4;
constexpr int kRows = 5000;  // of a batch

std::string Bootstrap() {
  const char* folder = std::getenv("HB_KAFKA");
  std::string text;
  if (folder != nullptr) std::getline(std::ifstream(std::string(folder) + "/bootstrap"), text);
  return text;
}

/// Of this process, librdkafka's threads among it.
double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

struct Bench {
  SystemClock clock;
  std::unique_ptr<Log> log;
  std::shared_ptr<RecordBatch> batch = std::make_shared<RecordBatch>();
};

bool Open(benchmark::State& state, Bench& bench) {
  KafkaOptions options;
  options.bootstrap_servers = Bootstrap();
  if (options.bootstrap_servers.empty()) {
    state.SkipWithError("no Kafka: HB_KAFKA names no folder of tests/servers/servers.py");
    return false;
  }
  options.application = "bench" + std::to_string(getpid()) + "-" +
                        std::to_string(ToMillis(bench.clock.Now()) % 100'000);
  options.topic_prefix = options.application + ".";
  auto log = OpenKafkaLog(options, bench.clock);
  if (!log.ok()) {
    state.SkipWithError(log.error().message.c_str());
    return false;
  }
  bench.log = std::move(log).value();
  if (!bench.log->EnsureTopic({"a", kPartitions, -1, -1}).ok()) {
    state.SkipWithError("no topic");
    return false;
  }
  for (int i = 0; i < kRows; ++i) {
    std::string value;
    while (value.size() < 300)
      value += std::to_string(i * 7919 + static_cast<int>(value.size())) + " words ";
    bench.batch->Append(static_cast<std::uint64_t>(i), FromMillis(i), value);
  }
  return true;
}

bool Write(Bench& bench, int transactions) {
  for (int i = 0; i < transactions; ++i) {
    auto transaction = bench.log->Begin("bench");
    if (!transaction.ok()) return false;
    for (int p = 0; p < kPartitions; ++p) {
      if (!transaction.value()->Append("a", Partition{p}, bench.batch).ok()) return false;
    }
    if (!transaction.value()->Commit().ok()) return false;
  }
  return true;
}

void Report(benchmark::State& state, double cpu, std::int64_t records) {
  state.SetItemsProcessed(records);
  state.counters["cpu_us_a_record"] = cpu * 1e6 / static_cast<double>(records);
}

void BM_Write(benchmark::State& state) {
  Bench bench;
  if (!Open(state, bench)) return;
  const double before = CpuSeconds();
  std::int64_t records = 0;
  for (auto _ : state) {
    if (!Write(bench, 1)) return state.SkipWithError("could not write");
    records += kPartitions * kRows;
  }
  Report(state, CpuSeconds() - before, records);
}
BENCHMARK(BM_Write)->Iterations(25)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Poll(benchmark::State& state) {
  Bench bench;
  if (!Open(state, bench) || !Write(bench, 25)) return;
  const std::vector<std::string> topics = {"a"};
  auto consumer = bench.log->Subscribe("g", topics, Visibility::kDurable, 0, 1);
  if (!consumer.ok()) return state.SkipWithError("could not join");
  const double before = CpuSeconds();
  std::int64_t records = 0;
  std::vector<FetchedBatch> got;
  for (auto _ : state) {
    while (records < 25 * kPartitions * kRows) {
      got.clear();
      if (!consumer.value()->Poll(std::chrono::milliseconds(100), 1 << 20, got).ok()) return;
      for (const FetchedBatch& batch : got)
        records += static_cast<std::int64_t>(batch.records->size());
    }
  }
  Report(state, CpuSeconds() - before, records);
}
BENCHMARK(BM_Poll)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
