// Scoring does not allocate once its scratch memory has grown. A program of its own, because it
// replaces operator new.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "analysis/polarity.h"
#include "analysis/vader.h"

namespace {
long allocations = 0;
}

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

/// Null, or what is wrong. `value` is a part of the score that is not 0 for all texts.
template <typename Analyzer, typename Score>
const char* Check(const std::vector<std::string>& texts, const Analyzer& analyzer,
                  double Score::*value) {
  typename Analyzer::Scratch scratch;
  double sum = 0;
  for (const std::string& text : texts) sum += analyzer.Score(text, scratch).*value;
  const long before = allocations;
  if (before == 0) return "the counter does not count";
  for (int round = 0; round < 1000; ++round) {
    for (const std::string& text : texts) sum += analyzer.Score(text, scratch).*value;
  }
  if (allocations != before) return "it allocates";
  return sum > 0 ? nullptr : "nothing was scored";
}

int main() {
  const std::vector<std::string> texts = {
      "Not a very great day :( but (!) we aren't giving up... e.g. tomorrow!!! "
      "https://example.org/a?b=c",
      "\xe2\x80\x9cIt isn\xe2\x80\x99t great\xe2\x80\x9d : ) o. O \xf0\x9f\x98\x8d\xf0\x9f\x98\x8d "
      "\xe2\x84\xaaind",
      std::string(5000, '!') + " good " + std::string(5000, '.'), ""};
  const std::string error = [&]() -> std::string {
    using hb::PolarityAnalyzer;
    using hb::VaderAnalyzer;
    for (const auto mode : {PolarityAnalyzer::Mode::kTextBlob, PolarityAnalyzer::Mode::kRepaired}) {
      if (const char* e = Check(texts, PolarityAnalyzer(mode), &hb::PolarityScore::subjectivity)) {
        return std::string("polarity: ") + e;
      }
    }
    for (const auto mode : {VaderAnalyzer::Mode::kOriginal, VaderAnalyzer::Mode::kRepaired}) {
      if (const char* e = Check(texts, VaderAnalyzer(mode), &hb::VaderScore::neu)) {
        return std::string("vader: ") + e;
      }
    }
    return {};
  }();
  if (!error.empty()) return std::puts(error.c_str()), 1;
  std::puts("no allocation");
  return 0;
}
