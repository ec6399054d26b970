// Appending and reading batches of 500 records of 300 bytes. Every case first checks that what it
// measures gives the right records.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "env/env.h"
#include "log/embedded/batch_format.h"
#include "log/embedded/embedded_log.h"
#include "env/temporary_folder.h"

namespace hb {
namespace {

constexpr std::size_t kRecords = 500, kBytes = 300;

/// Records that pack about as well as posts do: words from a vocabulary with a long tail, and ids.
std::shared_ptr<const RecordBatch> MakeBatch(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto batch = std::make_shared<RecordBatch>();
  for (std::size_t row = 0; row < kRecords; ++row) {
    std::string text;
    while (text.size() < kBytes - 24) {
      std::uint64_t word = random() % (std::uint64_t{1} << (2 + random() % 14));
      for (word = word * 0x9E3779B97F4A7C15U; word > 1000; word /= 997) {
        text.push_back(static_cast<char>('a' + word % 26));
      }
      text.push_back(' ');
    }
    text.resize(kBytes - 24);
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t id = random();
      text.append(reinterpret_cast<const char*>(&id), sizeof(id));
    }
    batch->Append(random(), FromMillis(1'700'000'000'000 + static_cast<std::int64_t>(row * 7)),
                  text);
  }
  return batch;
}

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "bench: %s\n", result.error().message.c_str());
    std::abort();
  }
  return std::move(result).value();
}

void Require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "bench: wrong answer: %s\n", what);
  std::abort();
}

struct Opened {
  explicit Opened(std::size_t cache_bytes, bool compress) {
    EmbeddedLogOptions options;
    options.path = folder.path() + "/log";
    options.cache_bytes = cache_bytes;
    options.compress = compress;
    log = Must(OpenEmbeddedLog(options, env));
    Must(log->EnsureTopic({"in", 1, -1, -1}));
  }
  TemporaryFolder folder;
  SystemClock clock;
  Env env{clock, folder.path()};
  std::unique_ptr<Log> log;
};

std::uint64_t AppendOne(Log& log, const std::shared_ptr<const RecordBatch>& batch) {
  auto transaction = Must(log.Begin("bench"));
  Must(transaction->Append("in", Partition{0}, batch));
  return Must(transaction->Commit());
}

void CheckLast(Log& log, const RecordBatch& batch) {
  std::vector<FetchedBatch> got;
  Must(log.Read("in", Partition{0}, Must(log.Topics())[0].partitions[0].begin, 1, got));
  Require(got.size() == 1 && got[0].records->keys == batch.keys &&
              got[0].records->timestamps == batch.timestamps &&
              got[0].records->values[kRecords - 1] == batch.values[kRecords - 1],
          "a batch read back");
}

/// Appends with group commit every 20 ms. Argument: 1 packs with zstd.
void BM_Append(benchmark::State& state) {
  Opened opened(64 << 20, state.range(0) != 0);
  const auto batch = MakeBatch(1);
  AppendOne(*opened.log, batch);
  CheckLast(*opened.log, *batch);
  std::vector<std::shared_ptr<const RecordBatch>> batches;
  for (std::uint64_t seed = 0; seed < 64; ++seed) batches.push_back(MakeBatch(seed));
  std::size_t next = 0;
  std::uint64_t mark = 0;
  for (auto _ : state) mark = AppendOne(*opened.log, batches[next++ % batches.size()]);
  Must(opened.log->WaitDurable(mark));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRecords));
  state.counters["disk_bytes_per_record"] =
      static_cast<double>(opened.log->DiskBytes()) /
      static_cast<double>((state.iterations() + 1) * kRecords);
}
BENCHMARK(BM_Append)->Arg(0)->Arg(1)->Iterations(1500)->MeasureProcessCPUTime()->UseRealTime();

/// Reads what is not in the cache any more.
void BM_ReadStored(benchmark::State& state) {
  Opened opened(0, state.range(0) != 0);
  const auto batch = MakeBatch(1);
  for (int i = 0; i < 400; ++i) AppendOne(*opened.log, batch);
  CheckLast(*opened.log, *batch);
  std::int64_t at = 0;
  std::size_t records = 0;
  std::vector<FetchedBatch> got;
  for (auto _ : state) {
    got.clear();
    Must(opened.log->Read("in", Partition{0}, Offset{at}, 4 << 20, got));
    for (const FetchedBatch& fetched : got) records += fetched.records->size();
    at = ToInt(got.back().end());
    if (at >= std::int64_t{400} * std::int64_t{kRecords}) at = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK(BM_ReadStored)->Arg(0)->Arg(1)->MeasureProcessCPUTime()->UseRealTime();

/// A consumer that keeps up is given the batch itself.
void BM_ReadNewest(benchmark::State& state) {
  Opened opened(64 << 20, false);
  const auto batch = MakeBatch(1);
  for (int i = 0; i < 20; ++i) AppendOne(*opened.log, batch);
  std::vector<FetchedBatch> got;
  Must(opened.log->Read("in", Partition{0}, Offset{0}, 4 << 20, got));
  Require(got.size() == 20 && got[7].records == batch, "the batch itself");
  std::size_t records = 0;
  for (auto _ : state) {
    got.clear();
    Must(opened.log->Read("in", Partition{0}, Offset{0}, 4 << 20, got));
    for (const FetchedBatch& fetched : got) records += fetched.records->size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK(BM_ReadNewest);

/// Searches keys; values are not read.
void BM_FindKeys(benchmark::State& state) {
  Opened opened(0, false);
  const auto batch = MakeBatch(1);
  for (int i = 0; i < 400; ++i) AppendOne(*opened.log, batch);
  const std::uint64_t keys[] = {1, 2, 3};
  const std::uint64_t there[] = {batch->keys[17]};
  Require(
      Must(opened.log->FindKeys("in", Partition{0}, there, Offset{0}, Offset{1000})).size() == 2,
      "keys found");
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Must(opened.log->FindKeys("in", Partition{0}, keys, Offset{0}, Offset{400 * kRecords})));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * 400 * kRecords));
}
BENCHMARK(BM_FindKeys);

void BM_Encode(benchmark::State& state) {
  const auto batch = MakeBatch(1);
  const bool pack = state.range(0) != 100;
  const int level = static_cast<int>(state.range(0));
  const auto encode = [&] {
    return Must(embedded::EncodeBatch(
        batch, pack ? embedded::Compression::kZstd : embedded::Compression::kNone, level));
  };
  const embedded::EncodedBatch encoded = encode();
  StringColumn values;
  Must(embedded::DecodeBody(encoded.body + std::string(encoded.values), kRecords, {}, values));
  Require(values[kRecords - 1] == batch->values[kRecords - 1], "an encoded batch");
  for (auto _ : state) benchmark::DoNotOptimize(encode());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRecords));
  state.counters["bytes_per_record"] = static_cast<double>(encoded.stored_bytes()) / kRecords;
}
BENCHMARK(BM_Encode)->Arg(100)->Arg(-10)->Arg(-5)->Arg(-3)->Arg(-1)->Arg(1)->Arg(3);

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
#ifndef NDEBUG
  std::fprintf(stderr, "this build is not optimised: its figures would mean nothing\n");
  return 1;
#endif
  benchmark::AddCustomContext("compiler", __VERSION__);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
