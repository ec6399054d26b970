// Scores texts with a transformer, for comparisons with other programs.
// usage: transformer_score FOLDER [auto|fp32|int8|bf16] [--threads N]   standard input: texts, each
// after its length in bytes as 4 of its own, little-endian; standard output: a line of logits each.
// What it took goes to standard error.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "neural/transformer.h"

namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

bool ReadTexts(std::vector<std::string>& texts) {
  unsigned char size[4];
  while (std::fread(size, 1, 4, stdin) == 4) {
    const std::size_t bytes =
        size[0] | size[1] << 8U | size[2] << 16U | static_cast<std::size_t>(size[3]) << 24U;
    std::string text(bytes, '\0');
    if (std::fread(text.data(), 1, bytes, stdin) != bytes) return false;
    texts.push_back(std::move(text));
  }
  return true;
}

int Fail(const hb::Error& error) {
  std::fprintf(stderr, "transformer_score: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace hb::neural;
  if (argc < 2) return Fail({hb::Code::kInvalidArgument, "which folder?"});
  Transformer::Options options;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--threads" && i + 1 < argc) {
      options.threads = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else if (word != "auto") {
      options.arithmetic = word == "fp32"   ? Arithmetic::kFp32
                           : word == "int8" ? Arithmetic::kInt8
                                            : Arithmetic::kBf16;
    }
  }
  const double start = CpuSeconds();
  const auto model = Transformer::Load(argv[1], options);
  if (!model.ok()) return Fail(model.error());
  const double loaded = CpuSeconds();
  auto scratch = model.value()->MakeScratch();
  if (!scratch.ok()) return Fail(scratch.error());

  std::vector<std::string> texts;
  if (!ReadTexts(texts)) return Fail({hb::Code::kCorrupt, "standard input ends inside a text"});
  TransformerScores scores;
  double seconds = 0;
  std::uint64_t tokens = 0, computed = 0;
  // As many at once as a batch of the pipeline may have.
  constexpr std::size_t kAtOnce = 512;
  for (std::size_t begin = 0; begin < texts.size(); begin += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, texts.size() - begin);
    const std::vector<std::string_view> views(
        texts.begin() + static_cast<std::ptrdiff_t>(begin),
        texts.begin() + static_cast<std::ptrdiff_t>(begin + count));
    const double before = CpuSeconds();
    const auto done = model.value()->Score(views, *scratch.value(), scores);
    if (!done.ok()) return Fail(done.error());
    seconds += CpuSeconds() - before;
    tokens += scores.tokens;
    computed += scores.computed;
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t i = 0; i < scores.outputs; ++i) {
        std::printf(i == 0 ? "%.7g" : " %.7g",
                    static_cast<double>(scores.logits[row * scores.outputs + i]));
      }
      std::printf("\n");
    }
  }
  std::fprintf(stderr,
               "{\"name\": \"%s\", \"arithmetic\": \"%s\", \"difference\": %.4f, \"texts\": %zu, "
               "\"cpu_seconds\": %.4f, \"load_cpu_seconds\": %.3f, \"tokens\": %llu, \"computed\": "
               "%llu, \"peak_memory_bytes\": %llu}\n",
               model.value()->name().c_str(),
               std::string(ArithmeticName(model.value()->arithmetic())).c_str(),
               static_cast<double>(model.value()->difference()), texts.size(), seconds,
               loaded - start, static_cast<unsigned long long>(tokens),
               static_cast<unsigned long long>(computed),
               static_cast<unsigned long long>(hb::PeakMemoryBytes()));
  return 0;
}
