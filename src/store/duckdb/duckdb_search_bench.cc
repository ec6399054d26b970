// Questions to a store of many posts (HB_SEARCH_POSTS, default 10 million): newest first, full
// text, filters; and what small writes and deletes cost beside so many rows. Needs about 2 GB of
// disk, given back at the end.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

std::size_t PostCount() {
  const char* text = std::getenv("HB_SEARCH_POSTS");
  return text == nullptr ? 10'000'000 : std::strtoull(text, nullptr, 10);
}

/// Replaces the texts of a sample by 12 words each, frequent ones more often, so that nothing
/// repeats.
std::shared_ptr<const AnalysisBatch> WordyPosts(std::size_t first, std::size_t rows) {
  auto batch = SamplePosts(first, rows);
  auto posts = std::make_shared<PostBatch>(*batch->posts);
  posts->content.Clear();
  batch->clean.Clear();
  std::minstd_rand random(static_cast<unsigned>(first + 1));
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) {
    text.clear();
    for (int w = 0; w < 12; ++w) {
      const auto a = random() % 30'000, b = random() % 30'000;
      text += (w == 0 ? "Word" : " word") + std::to_string(a * b / 30'000);
    }
    // One post in a million and one in a thousand.
    if ((first + i) % 1'000'000 == 500'000) text += " Needle";
    if ((first + i) % 1000 == 500) text += " Button";
    posts->content.Append(text);
    batch->clean.Append(text);
  }
  batch->posts = std::move(posts);
  return batch;
}

class BigStore {
 public:
  static BigStore& Get() {
    if (!Instance()) Instance().reset(new BigStore);
    return *Instance();
  }
  /// Before main ends: DuckDB does not survive being closed after it.
  static void Drop() { Instance().reset(); }
  ~BigStore() {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  SqlStore& operator*() { return *store_; }
  [[nodiscard]] std::size_t posts() const { return posts_; }

 private:
  BigStore() : posts_(PostCount()) {
    dir_ =
        std::filesystem::temp_directory_path() / ("hb_search_bench_" + std::to_string(::getpid()));
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    store_ = MakeDuckdbStore({}, *env_).value();
    if (!store_->Open().ok()) std::abort();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < posts_; at += 40'000) {
      const std::shared_ptr<const AnalysisBatch> batches[] = {
          WordyPosts(at, std::min<std::size_t>(40'000, posts_ - at))};
      std::vector<Aggregate> windows;  // as many as a live week has: 200,000 for 10 million posts
      for (std::size_t w = at / 50; w < (at + 40'000) / 50; ++w) {
        windows.push_back(SampleAggregate("t" + std::to_string(w % 5),
                                          static_cast<std::int64_t>(w / 5), 0, 1, 50));
      }
      if (!store_->Write({.analyses = batches, .aggregates = windows}).ok()) std::abort();
    }
    (void)store_->Prune(FromMillis(0));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%zu posts: made and written in %.1f s, %.0f MiB on disk, peak memory %.0f MiB\n",
                posts_, took.count(), static_cast<double>(store_->DiskBytes()) / 1048576.0,
                static_cast<double>(PeakMemoryBytes()) / 1048576.0);
    std::fflush(stdout);
  }
  static std::unique_ptr<BigStore>& Instance() {
    static std::unique_ptr<BigStore> instance;
    return instance;
  }

  std::size_t posts_;
  SystemClock clock_;
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<SqlStore> store_;
};

void Ask(benchmark::State& state, const char* sql, const std::vector<Cell>& parameters,
         std::size_t least) {
  SqlStore& store = *BigStore::Get();
  for (auto _ : state) {
    const Result<SqlResult> result =
        store.Query(sql, parameters, {.time = std::chrono::seconds(60)});
    if (!result.ok()) return state.SkipWithError(result.error().message.c_str());
    if (result.value().rows.size() < least) return state.SkipWithError("too few rows");
    state.counters["rows"] = static_cast<double>(result.value().rows.size());
  }
}

// As docs/formats/store.md recommends it; ILIKE is some five times slower.
constexpr const char* kSearch =
    "SELECT id, time, content FROM posts WHERE contains(lower(content), lower($1)) ORDER BY time "
    "DESC LIMIT 50";

void BM_Newest50(benchmark::State& s) {
  Ask(s, "SELECT * FROM posts ORDER BY time DESC LIMIT 50", {}, 50);
}
void BM_Newest50OfTask(benchmark::State& s) {
  Ask(s, "SELECT * FROM posts WHERE list_contains(tasks, $1) ORDER BY time DESC LIMIT 50", {"tens"},
      50);
}
void BM_Newest50Negative(benchmark::State& s) {
  Ask(s, "SELECT * FROM posts WHERE label = $1 AND lang = $2 ORDER BY time DESC LIMIT 50",
      {"negative", "ru"}, 50);
}
void BM_SearchCommon(benchmark::State& s) { Ask(s, kSearch, {"word7"}, 50); }
void BM_SearchOneInThousand(benchmark::State& s) { Ask(s, kSearch, {"button"}, 50); }
void BM_SearchRare(benchmark::State& s) { Ask(s, kSearch, {"needle"}, 1); }
void BM_SearchRareContains(benchmark::State& s) {
  Ask(s,
      "SELECT id, time, content FROM posts WHERE contains(content, $1) ORDER BY time DESC LIMIT 50",
      {"Needle"}, 1);
}
void BM_SearchRareIlike(benchmark::State& s) {
  Ask(s,
      "SELECT id, time, content FROM posts WHERE content ILIKE '%' || $1 || '%' ORDER BY time DESC "
      "LIMIT 50",
      {"needle"}, 1);
}
void BM_SearchRareInATenth(benchmark::State& s) {
  // The newest tenth of the time covered (250 ms a post).
  const auto start =
      FromMillis(1'470'009'600'000 + static_cast<std::int64_t>(BigStore::Get().posts()) * 225);
  const std::string since = std::to_string(ToMillis(start));
  const std::string sql =
      "SELECT id, time, content FROM posts WHERE time >= make_timestamp(" + since +
      "000) AND contains(lower(content), lower($1)) ORDER BY time DESC LIMIT 50";
  Ask(s, sql.c_str(), {"needle"}, 0);
}
void BM_CountByLabel(benchmark::State& s) {
  Ask(s,
      "SELECT sentiment_analysis, COUNT(*) AS qtd FROM sentiment_labels GROUP BY ALL ORDER BY "
      "COUNT(*) DESC",
      {}, 3);
}
void BM_SeriesOfADay(benchmark::State& s) {
  Ask(s,
      "SELECT * FROM windows WHERE task = $1 AND window_size = '1m' AND window_start < $2 ORDER BY "
      "window_start",
      {"t1", "2016-08-02"}, 1);
}
void BM_NewestWindows(benchmark::State& s) {
  Ask(s, "SELECT * FROM windows WHERE task = $1 ORDER BY window_start DESC LIMIT 60", {"t1"}, 60);
}
void BM_TopHashtagsOfADay(benchmark::State& s) {
  Ask(s,
      "SELECT tag, count(*) AS n FROM (SELECT unnest(hashtags) AS tag FROM posts WHERE time < $1) "
      "GROUP BY tag "
      "ORDER BY n DESC LIMIT 20",
      {"2016-08-02"}, 1);
}

/// 50 posts and 60 partials, as a quiet live stream writes them.
void BM_SmallWrite(benchmark::State& state) {
  SqlStore& store = *BigStore::Get();
  std::size_t at = BigStore::Get().posts();
  std::uint32_t revision = 2;
  for (auto _ : state) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {WordyPosts(at, 50)};
    at += 50;
    std::vector<Aggregate> windows;
    for (int w = 0; w < 60; ++w) {
      windows.push_back(
          SampleAggregate("t" + std::to_string(w % 5), 35'000 + w / 5, 0, revision, 60));
    }
    ++revision;
    if (!store.Write({.analyses = batches, .aggregates = windows}).ok())
      state.SkipWithError("write failed");
  }
}
void BM_DeleteAPost(benchmark::State& state) {
  SqlStore& store = *BigStore::Get();
  std::size_t n = 0;
  for (auto _ : state) {
    Redaction redaction;
    redaction.id = std::to_string(1'000'000'000 + 7 + 1000 * n++);
    redaction.key = KeyOf(redaction.id);
    const Redaction redactions[] = {redaction};
    if (!store.Write({.redactions = redactions}).ok()) state.SkipWithError("write failed");
  }
}

#define HB_BENCH(name) BENCHMARK(name)->Unit(benchmark::kMillisecond)->MinTime(0.3)->UseRealTime()
HB_BENCH(BM_Newest50);
HB_BENCH(BM_Newest50OfTask);
HB_BENCH(BM_Newest50Negative);
HB_BENCH(BM_SearchCommon);
HB_BENCH(BM_SearchOneInThousand);
HB_BENCH(BM_SearchRare);
HB_BENCH(BM_SearchRareContains);
HB_BENCH(BM_SearchRareIlike);
HB_BENCH(BM_SearchRareInATenth);
HB_BENCH(BM_CountByLabel);
HB_BENCH(BM_SeriesOfADay);
HB_BENCH(BM_NewestWindows);
HB_BENCH(BM_TopHashtagsOfADay);
HB_BENCH(BM_SmallWrite);
HB_BENCH(BM_DeleteAPost);

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  hb::BigStore::Drop();
  return 0;
}
