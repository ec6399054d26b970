// How long one walk takes. Posts come from ../shared/data/replay if it is there, else from a few
// typical ones below; every answer is compared with the plain walk's before anything is timed.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/plain_walk.h"
#include "text/text_walk.h"
#include "text/utf8.h"
#include "text/words.h"

namespace hb {
namespace {

constexpr std::string_view kTypical[] = {
    "City council votes on the new bus lanes tonight, doors open at seven https://t.co/a1B2c3D4e5 "
    "#transit",
    "@neighbour_42 that's the best news I've read all week, thank you!! \U0001F600\U0001F44D",
    "RT @weather_desk: Storm warning for the coast until 9pm. Stay away from the pier. "
    "https://t.co/Zz9Yy8Xx7W",
    "Der Zug f\u00E4llt heute schon wieder aus \u2013 das dritte Mal diese Woche. #Bahn",
    "\u0421\u0435\u0433\u043E\u0434\u043D\u044F \u0432 \u0433\u043E\u0440\u043E\u0434\u0435 "
    "\u0441\u043D\u043E\u0432\u0430 \u0434\u043E\u0436\u0434\u044C, \u0430 "
    "\u0437\u0430\u0432\u0442\u0440\u0430 \u043E\u0431\u0435\u0449\u0430\u044E\u0442 "
    "\u0441\u043E\u043B\u043D\u0446\u0435",
};

/// Second column of each line of the first replay file; quotes are left where they are.
std::vector<std::string> LoadPosts(bool ascii_only) {
  std::vector<std::string> posts;
  const std::filesystem::path path =
      std::filesystem::path(HB_SOURCE_DIR) / "../shared/data/replay/ira_2016-10.csv.gz";
  if (gzFile file = gzopen(path.c_str(), "rb"); file != nullptr) {
    char line[1 << 14];
    while (posts.size() < 20'000 && gzgets(file, line, sizeof line) != nullptr) {
      std::string_view rest = line;
      rest.remove_prefix(std::min(rest.find(',') + 1, rest.size()));
      const std::size_t end = rest.starts_with('"') ? rest.rfind('"') : rest.find(',');
      if (end == 0 || end == std::string_view::npos) continue;
      const std::string_view post = rest.substr(0, end);
      if (!ascii_only || IsAscii(post)) posts.emplace_back(post);
    }
    gzclose(file);
  }
  while (posts.size() < 1'000) {
    for (const std::string_view post : kTypical) posts.emplace_back(post);
  }
  TextWalk walk, plain;
  for (std::size_t i = 0; i < posts.size(); i += 7) {
    WalkText(posts[i], walk);
    PlainWalk(posts[i], plain);
    if (walk.tokens != plain.tokens || walk.folded != plain.folded || walk.counts != plain.counts) {
      std::fprintf(stderr, "wrong answer for: %s\n", posts[i].c_str());
      std::exit(1);
    }
  }
  return posts;
}

template <typename Work>
void Run(benchmark::State& state, bool ascii_only, Work work) {
  const std::vector<std::string> posts = LoadPosts(ascii_only);
  std::size_t bytes = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    work(posts[i]);
    bytes += posts[i].size();
    if (++i == posts.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["bytes_a_post"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations());
}

void BM_WalkText(benchmark::State& state) {
  TextWalk walk;
  Run(state, state.range(0) != 0, [&walk](const std::string& post) {
    WalkText(post, walk);
    benchmark::DoNotOptimize(walk.tokens.data());
  });
}
BENCHMARK(BM_WalkText)->ArgName("ascii_only")->Arg(0)->Arg(1);

void BM_WalkAndTopWords(benchmark::State& state) {
  TextWalk walk;
  std::vector<TopWord> words;
  Run(state, false, [&](const std::string& post) {
    WalkText(post, walk);
    TopWords(walk, "en", words);
    benchmark::DoNotOptimize(words.data());
  });
}
BENCHMARK(BM_WalkAndTopWords);

void BM_WalkAndCleanWord(benchmark::State& state) {
  TextWalk walk;
  std::string clean;
  Run(state, false, [&](const std::string& post) {
    WalkText(post, walk);
    clean.clear();
    CleanWord(walk, clean);
    benchmark::DoNotOptimize(clean.data());
  });
}
BENCHMARK(BM_WalkAndCleanWord);

void BM_IsValidUtf8(benchmark::State& state) {
  Run(state, false, [](const std::string& post) { benchmark::DoNotOptimize(IsValidUtf8(post)); });
}
BENCHMARK(BM_IsValidUtf8);

}  // namespace
}  // namespace hb

BENCHMARK_MAIN();
