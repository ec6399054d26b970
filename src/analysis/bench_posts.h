// analysis/bench_posts.h - for benches: real posts, where they are beside the repository.
#pragma once

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace hb {

/// At most `most` distinct posts; none, with a word on stderr, where there are no data.
inline std::vector<std::string> PostsBesideRepository(std::size_t most) {
  std::vector<std::string> out;
  std::ifstream file(HB_SOURCE_DIR "/../shared/data/tweeteval/sentiment/train.tsv");
  std::string line;
  std::getline(file, line);
  while (out.size() < most && std::getline(file, line)) out.push_back(line.substr(2));
  if (out.empty())
    std::fprintf(stderr, "posts not found beside the repository: using made-up ones\n");
  return out;
}

/// The same, or where there are none a thousand posts of `made_up(number)`.
template <typename MadeUp>
std::vector<std::string> PostsOr(std::size_t most, const MadeUp& made_up) {
  std::vector<std::string> out = PostsBesideRepository(most);
  if (!out.empty()) return out;
  for (int i = 0; i < 1000; ++i) out.push_back(made_up(std::to_string(i)));
  return out;
}

}  // namespace hb
