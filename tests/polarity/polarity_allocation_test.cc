// Scoring does not allocate once its scratch memory has grown. A program of its own, because it
// replaces operator new.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "analysis/polarity.h"

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

int main() {
  const std::vector<std::string> texts = {
      "Not a very great day :( but (!) we aren't giving up... e.g. tomorrow!!! "
      "https://example.org/a?b=c",
      "\xe2\x80\x9cIt isn\xe2\x80\x99t great\xe2\x80\x9d : ) o. O \xf0\x9f\x98\x8d\xf0\x9f\x98\x8d "
      "\xe2\x84\xaaind",
      std::string(5000, '!') + " good " + std::string(5000, '.'), ""};
  for (const auto mode :
       {hb::PolarityAnalyzer::Mode::kTextBlob, hb::PolarityAnalyzer::Mode::kRepaired}) {
    const hb::PolarityAnalyzer analyzer(mode);
    hb::PolarityAnalyzer::Scratch scratch;
    double sum = 0;
    for (const std::string& text : texts) sum += analyzer.Score(text, scratch).subjectivity;
    const long before = allocations;
    if (before == 0) return std::puts("the counter does not count"), 1;
    for (int round = 0; round < 1000; ++round) {
      for (const std::string& text : texts) sum += analyzer.Score(text, scratch).subjectivity;
    }
    if (allocations != before) return std::printf("%ld allocations\n", allocations - before), 1;
    if (!(sum > 0)) return std::puts("nothing was scored"), 1;
  }
  std::puts("no allocation");
  return 0;
}
