// What a transformer reads of texts (texts.h), for tests/parity/clean_text.py and token_ids.py.
// stdout: one line a text; with `speed`, one line in all: texts a second of CPU time.
// usage: tokens_score [speed] clean | tokens_score [speed] FOLDER MAX_TOKENS
#include <cstdlib>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "neural/clean_text.h"
#include "neural/tokenizer.h"
#include "texts.h"

namespace {

/// Uses all texts again and again until a second has passed, after a first round that is not
/// counted.
template <typename Use>
int TellSpeed(const Use& use) {
  std::vector<std::string> texts;
  const int failed =
      hb::ForEachText("tokens_score", [&](const std::string& text) { texts.push_back(text); });
  if (failed != 0 || texts.empty()) return 1;
  for (const std::string& text : texts) use(text);
  const std::uint64_t before = hb::ThreadCpuNanoseconds();
  std::uint64_t after = before;
  std::size_t used = 0;
  while (after - before < 1'000'000'000) {
    for (const std::string& text : texts) use(text);
    used += texts.size();
    after = hb::ThreadCpuNanoseconds();
  }
  std::printf("%.0f\n", static_cast<double>(used) * 1e9 / static_cast<double>(after - before));
  return 0;
}

int Clean(bool speed) {
  hb::neural::TextCleaner cleaner;
  std::string out;
  if (speed) return TellSpeed([&](const std::string& text) { cleaner.Clean(text, out); });
  return hb::ForEachText("tokens_score", [&](const std::string& text) {
    cleaner.Clean(text, out);
    out.push_back('\n');
    std::fwrite(out.data(), 1, out.size(), stdout);
  });
}

int Encode(bool speed, const char* folder, std::size_t max_tokens) {
  const auto tokenizer = hb::neural::LoadTokenizer(folder);
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "tokens_score: %s\n", tokenizer.error().message.c_str());
    return 1;
  }
  std::vector<std::int32_t> ids;
  const auto encode = [&](const std::string& text) {
    tokenizer.value()->Encode(text, max_tokens, ids);
  };
  if (speed) return TellSpeed(encode);
  return hb::ForEachText("tokens_score", [&](const std::string& text) {
    encode(text);
    for (std::size_t i = 0; i < ids.size(); ++i) std::printf(i == 0 ? "%d" : " %d", ids[i]);
    std::putchar('\n');
  });
}

}  // namespace

int main(int argc, char** argv) {
  const bool speed = argc > 1 && std::string_view(argv[1]) == "speed";
  if (speed) {
    --argc;
    ++argv;
  }
  if (argc == 2 && std::string_view(argv[1]) == "clean") return Clean(speed);
  if (argc == 3) return Encode(speed, argv[1], std::strtoul(argv[2], nullptr, 10));
  std::fprintf(stderr,
               "usage: tokens_score [speed] clean | tokens_score [speed] FOLDER MAX_TOKENS\n");
  return 2;
}
