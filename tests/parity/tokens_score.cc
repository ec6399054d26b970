// What a transformer reads of texts (texts.h), for tests/parity/clean_text.py and token_ids.py.
// stdout: one line a text; with `speed`, one line in all: texts a second of CPU time.
// usage: tokens_score clean | tokens_score [speed] FOLDER MAX_TOKENS
#include <cstdlib>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "neural/clean_text.h"
#include "neural/tokenizer.h"
#include "texts.h"

namespace {

/// Encodes all texts until a second has passed, after a first round that is not counted.
int TellSpeed(const hb::neural::Tokenizer& tokenizer, std::size_t max_tokens) {
  std::vector<std::string> texts;
  const int failed =
      hb::ForEachText("tokens_score", [&](const std::string& text) { texts.push_back(text); });
  if (failed != 0 || texts.empty()) return 1;
  std::vector<std::int32_t> ids;
  for (const std::string& text : texts) tokenizer.Encode(text, max_tokens, ids);
  const std::uint64_t before = hb::ThreadCpuNanoseconds();
  std::uint64_t after = before;
  std::size_t encoded = 0;
  while (after - before < 1'000'000'000) {
    for (const std::string& text : texts) tokenizer.Encode(text, max_tokens, ids);
    encoded += texts.size();
    after = hb::ThreadCpuNanoseconds();
  }
  std::printf("%.0f\n", static_cast<double>(encoded) * 1e9 / static_cast<double>(after - before));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "clean") {
    hb::neural::TextCleaner cleaner;
    std::string out;
    return hb::ForEachText("tokens_score", [&](const std::string& text) {
      cleaner.Clean(text, out);
      out.push_back('\n');
      std::fwrite(out.data(), 1, out.size(), stdout);
    });
  }
  const bool speed = argc == 4 && std::string_view(argv[1]) == "speed";
  if (argc != 3 && !speed) {
    std::fprintf(stderr, "usage: tokens_score clean | tokens_score [speed] FOLDER MAX_TOKENS\n");
    return 2;
  }
  if (speed) ++argv;
  const auto tokenizer = hb::neural::LoadTokenizer(argv[1]);
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "tokens_score: %s\n", tokenizer.error().message.c_str());
    return 1;
  }
  const std::size_t max_tokens = std::strtoul(argv[2], nullptr, 10);
  if (speed) return TellSpeed(*tokenizer.value(), max_tokens);
  std::vector<std::int32_t> ids;
  return hb::ForEachText("tokens_score", [&](const std::string& text) {
    tokenizer.value()->Encode(text, max_tokens, ids);
    for (std::size_t i = 0; i < ids.size(); ++i) std::printf(i == 0 ? "%d" : " %d", ids[i]);
    std::putchar('\n');
  });
}
