// What a Write costs: posts in commits of several sizes, windows of a backfilled replay.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

class TempStore {
 public:
  TempStore() {
    dir_ =
        std::filesystem::temp_directory_path() / ("hb_store_bench_" + std::to_string(::getpid()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
    store_ = MakeDuckdbStore({}, *env_).value();
    if (!store_->Open().ok()) std::abort();
  }
  ~TempStore() {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  SqlStore& operator*() { return *store_; }
  SqlStore* operator->() { return store_.get(); }

 private:
  SystemClock clock_;
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  std::unique_ptr<SqlStore> store_;
};

/// 600,000 posts, `range(0)` a commit, checkpoints included; wall and CPU of all threads.
void BM_WritePosts(benchmark::State& state) {
  const auto commit = static_cast<std::size_t>(state.range(0));
  std::vector<std::shared_ptr<const AnalysisBatch>> batches;
  for (std::size_t at = 0; at < 600'000; at += 5000) batches.push_back(SamplePosts(at, 5000));
  for (auto _ : state) {
    TempStore store;
    const std::clock_t cpu = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t group = std::max<std::size_t>(1, commit / 5000);
    for (std::size_t i = 0; i < batches.size(); i += group) {
      const auto part = std::span(batches).subspan(i, std::min(group, batches.size() - i));
      if (!store->Write({.analyses = part}).ok()) state.SkipWithError("write failed");
    }
    (void)store->Prune(FromMillis(0));  // the checkpoint belongs to the price
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    const auto count = store->Query("SELECT count(*) FROM posts", {}, {});
    if (std::get<std::int64_t>(count.value().rows[0][0]) != 600'000)
      state.SkipWithError("rows missing");
    state.counters["us_per_post"] = took.count() / 600'000 * 1e6;
    state.counters["cpu_us_per_post"] =
        static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / 600'000 * 1e6;
    state.counters["bytes_per_post"] = static_cast<double>(store->DiskBytes()) / 600'000;
    state.counters["peak_mib"] = static_cast<double>(PeakMemoryBytes() >> 20);
  }
}
BENCHMARK(BM_WritePosts)
    ->Arg(5000)
    ->Arg(50'000)
    ->Arg(150'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// 100,000 partials of small windows in time order, `range(0)` a commit, each emitted twice.
void BM_WriteWindows(benchmark::State& state) {
  const auto commit = static_cast<std::size_t>(state.range(0));
  std::vector<Aggregate> all;
  for (std::uint32_t revision = 1; revision <= 2; ++revision) {
    for (std::int64_t i = 0; i < 50'000; ++i) {
      all.push_back(SampleAggregate(i % 2 == 0 ? "t" : "*", i / 4,
                                    static_cast<std::int32_t>(i / 2 % 2), revision, 3));
    }
  }
  for (auto _ : state) {
    TempStore store;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < all.size(); i += commit) {
      const auto part =
          std::span<const Aggregate>(all).subspan(i, std::min(commit, all.size() - i));
      if (!store->Write({.aggregates = part}).ok()) state.SkipWithError("write failed");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    const auto count = store->Query("SELECT count(*), sum(posts) FROM windows", {}, {});
    if (std::get<std::int64_t>(count.value().rows[0][0]) != 25'000)
      state.SkipWithError("rows missing");
    if (std::get<std::int64_t>(count.value().rows[0][1]) != 150'000)
      state.SkipWithError("posts missing");
    state.counters["us_per_partial"] = took.count() / 100'000 * 1e6;
    state.counters["bytes_per_window"] = static_cast<double>(store->DiskBytes()) / 25'000;
  }
}
BENCHMARK(BM_WriteWindows)
    ->Arg(1000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// A month of a slow stream replayed at full speed: three posts a minute on two partitions, windows
/// of 1 min, 15 min and 1 h whole after every commit, as the window stage emits them.
class ReplaySample {
 public:
  static constexpr std::size_t kPosts = 120'000;
  struct Commit {
    std::vector<std::shared_ptr<const AnalysisBatch>> posts;
    std::vector<Aggregate> windows;
  };

  explicit ReplaySample(std::size_t commit) {
    for (std::size_t at = 0; at < kPosts; at += commit) {
      Commit& next = commits_.emplace_back();
      for (const std::size_t end = std::min(at + commit, kPosts); made_ < end;) AddBatch(500, next);
      for (const AggregateKey& key : changed_) {
        Aggregate& window = open_.at(key);
        ++window.revision;
        Tidy(window.words);
        Tidy(window.hashtags);
        next.windows.push_back(window);
      }
      changed_.clear();
    }
  }
  [[nodiscard]] const std::vector<Commit>& commits() const { return commits_; }
  [[nodiscard]] std::size_t windows() const { return windows_.size(); }

 private:
  static void Tidy(CountMap& map) {
    std::sort(map.counts.begin(), map.counts.end());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < map.counts.size(); ++i) {
      if (kept > 0 && map.counts[kept - 1].key == map.counts[i].key) {
        map.counts[kept - 1].count += map.counts[i].count;
      } else {
        map.counts[kept++] = map.counts[i];
      }
    }
    map.counts.resize(kept);
  }
  /// Frequent words are frequent, and most are rare, as in speech.
  std::string Word() {
    const double u = std::uniform_real_distribution<>(0, 1)(random_);
    const auto rank = static_cast<std::size_t>(std::pow(20'000.0, u));
    return std::string("verb\0noun\0place" + rank % 3 * 5) +
           std::to_string(rank * 2654435761u % 1'000'003);
  }
  void AddBatch(std::size_t rows, Commit& out) {
    auto posts = std::make_shared<PostBatch>();
    auto batch = std::make_shared<AnalysisBatch>();
    const auto partition = static_cast<std::int32_t>(made_ / rows % 2);
    const std::size_t first = made_ / (2 * rows) * (2 * rows) + static_cast<std::size_t>(partition);
    made_ += rows;
    for (std::size_t n = first; n < first + 2 * rows; n += 2) {
      const EventTime time = FromMillis(1'475'280'000'000) + std::chrono::seconds(n * 20);
      std::string text;
      std::vector<std::string> words;
      for (int i = 0; i < 14; ++i) {
        words.push_back(Word());
        text += words.back() + (i % 5 == 4 ? ", " : " ");
      }
      const bool repost = random_() % 3 == 0;
      const std::string tag = "tag" + std::to_string(random_() % 8 * (random_() % 300));
      const std::string link = "https://t.co/" + std::to_string(random_());
      const std::string id = std::to_string(780'000'000'000'000'000 + n * 83'886'080'000);
      const std::string author = std::to_string(random_() % 3000 + 1'000'000'000);
      posts->Append({.time = time,
                     .key = KeyOf(id),
                     .id = id,
                     .source = "replay",
                     .content = text + (repost ? "#" + tag : link),
                     .author = author,
                     .handle = "user" + author.substr(5),
                     .country = "United States",
                     .kind = repost ? PostKind::kRepost : PostKind::kPost,
                     .followers = static_cast<std::int64_t>(random_() % 50'000)});
      for (ListColumn* list : {&posts->tasks, &posts->urls}) list->EndRow();
      posts->rules_version.push_back(1);
      const auto neg = static_cast<Micro>(random_() % 500'000);
      const auto neu = static_cast<Micro>(random_() % 500'000);
      const auto label = static_cast<Label>(random_() % 3);
      batch->neg.push_back(neg);
      batch->neu.push_back(neu);
      batch->mixed.push_back(static_cast<Micro>(random_() % 90'000));
      batch->label.push_back(label);
      batch->label4.push_back(label);
      batch->polarity.push_back(random_() % 2 == 0 ? 0
                                                   : static_cast<Micro>(random_() % 20 * 50'000));
      batch->subjectivity.push_back(
          random_() % 2 == 0 ? 0 : static_cast<Micro>(random_() % 20 * 50'000));
      batch->lang.Append(random_() % 5 == 0 ? "ru" : "en");
      if (repost) batch->hashtags.Push(tag);
      if (!repost) batch->links.Push(link);
      for (std::size_t i = 0; i < words.size(); i += 2) batch->words.Push(words[i]);
      for (ListColumn* list : {&batch->hashtags, &batch->mentions, &batch->cashtags, &batch->links,
                               &batch->emoji, &batch->words}) {
        list->EndRow();
      }
      batch->clean.Append(text);
      for (const std::int64_t size : {60'000, 900'000, 3'600'000}) {
        const AggregateKey key{.task = "*",
                               .window_start = FromMillis(ToMillis(time) / size * size),
                               .window_ms = size,
                               .partition = Partition{partition}};
        Aggregate& window = open_[key];
        window.key = key;
        ++window.posts;
        window.neg += neg;
        window.neu += neu;
        window.pos += kMicro - neg - neu;
        ++window.labels[static_cast<unsigned>(label)];
        ++window.labels4[static_cast<unsigned>(label)];
        ++window.kinds[repost ? 1 : 0];
        AuthorSet author_set;
        author_set.exact.push_back({KeyHash(author), 1});
        window.authors.Merge(author_set);
        for (std::size_t i = 0; i < words.size(); i += 2)
          window.words.counts.push_back({words[i], 1});
        if (repost) window.hashtags.counts.push_back({tag, 1});
        window.languages.counts = {{"en", window.posts}};
        window.countries.counts = {{"United States", window.posts}};
        changed_.insert(key);
        windows_.insert({size, key.window_start});
      }
    }
    batch->posts = std::move(posts);
    batch->models.Fill(
        {.sentiment = "sentiment-fast/1", .polarity = "pattern/1", .language = "language-fast/1"},
        batch->size());
    out.posts.push_back(std::move(batch));
  }
  static std::uint64_t KeyHash(const std::string& text) { return ToInt(KeyOf("author " + text)); }

  std::mt19937_64 random_{7};
  std::size_t made_ = 0;
  std::map<AggregateKey, Aggregate> open_;
  std::set<AggregateKey> changed_;
  std::set<std::pair<std::int64_t, EventTime>> windows_;
  std::vector<Commit> commits_;
};

/// `range(0)` posts a commit; `range(1)`: 1 posts, 2 windows, 3 both. CPU of all threads,
/// checkpoint included.
void BM_Replay(benchmark::State& state) {
  const ReplaySample sample(static_cast<std::size_t>(state.range(0)));
  const bool posts = (state.range(1) & 1) != 0, windows = (state.range(1) & 2) != 0;
  for (auto _ : state) {
    TempStore store;
    const std::clock_t cpu = std::clock();
    std::int64_t next = 0;
    for (const ReplaySample::Commit& commit : sample.commits()) {
      const StoreOffset offsets[] = {{.topic = "analysis", .next = Offset{++next}}};
      StoreWrite write{.offsets = offsets};
      if (posts) write.analyses = commit.posts;
      if (windows) write.aggregates = commit.windows;
      if (!store->Write(write).ok()) state.SkipWithError("write failed");
    }
    const std::clock_t written = std::clock();
    if (!store->Prune(FromMillis(0)).ok())
      state.SkipWithError("checkpoint failed");  // belongs to the price
    const auto us = [](std::clock_t clocks) {
      return static_cast<double>(clocks) / CLOCKS_PER_SEC / ReplaySample::kPosts * 1e6;
    };
    state.SetIterationTime(us(std::clock() - cpu) / 1e6 * ReplaySample::kPosts);
    state.counters["cpu_us_per_post"] = us(std::clock() - cpu);
    state.counters["of_it_checkpoint"] = us(std::clock() - written);
    state.counters["bytes_per_post"] =
        static_cast<double>(store->DiskBytes()) / ReplaySample::kPosts;
    const auto count =
        store->Query("SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM windows)", {}, {});
    const auto number = [&](std::size_t i) {
      return std::get<std::int64_t>(count.value().rows[0][i]);
    };
    if (number(0) != (posts ? static_cast<std::int64_t>(ReplaySample::kPosts) : 0))
      state.SkipWithError("posts missing");
    if (number(1) != (windows ? static_cast<std::int64_t>(sample.windows()) : 0))
      state.SkipWithError("windows missing");
  }
}
BENCHMARK(BM_Replay)
    ->ArgsProduct({{5'000, 20'000, 40'000}, {1, 2, 3}})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
