// Any bytes as a file, packed or not: the source ends, every position resumes to the same rest.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "source/replay/replay_source.h"

namespace {

using namespace hb;  // NOLINT: a program of its own

std::unique_ptr<ReplaySource> Open(std::string_view bytes, std::size_t piece, Env& env) {
  ReplaySource::Options options;
  options.max_row_bytes = 64 * 1024;
  auto made = ReplaySource::CreateOver(MemoryInput(bytes, piece), "f", "d", options, env);
  if (!made.ok()) std::abort();
  return std::move(made).value();
}

struct Given {
  std::size_t posts = 0, dead = 0, redactions = 0;
  Position middle;
};

/// False if the file was refused as a whole.
bool Drain(ReplaySource& source, std::size_t limit, Given& given, Given& at_middle) {
  Intake in;
  for (std::size_t polls = 0; polls < 1'000'000; ++polls) {
    in.Clear();
    auto state = source.Poll(limit, std::chrono::milliseconds(0), in);
    if (!state.ok()) return false;
    if (in.posts.size() > limit || in.end.size() > 4096) std::abort();
    given.posts += in.posts.size();
    given.dead += in.dead.size();
    given.redactions += in.redactions.size();
    if (polls == 3) {
      at_middle = given;
      at_middle.middle = in.end;
    }
    if (state.value() == PollState::kDone) return true;
  }
  std::abort();  // never ends
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ManualClock clock(FromMillis(1'700'000'000'000));
  Env env{clock, ""};
  Given whole, pieces, middle, unused;
  const bool ok = Drain(*Open(bytes, 1 << 20, env), 100, whole, unused);
  if (Drain(*Open(bytes, 5, env), 2, pieces, middle) != ok) std::abort();
  if (!ok) return 0;
  if (whole.posts != pieces.posts || whole.dead != pieces.dead ||
      whole.redactions != pieces.redactions)
    std::abort();
  if (middle.middle.empty()) return 0;
  auto resumed = Open(bytes, 1 << 20, env);
  if (!resumed->Resume(middle.middle).ok()) std::abort();
  Given rest;
  if (!Drain(*resumed, 100, rest, unused)) std::abort();
  if (rest.posts + middle.posts != whole.posts || rest.dead + middle.dead != whole.dead ||
      rest.redactions + middle.redactions != whole.redactions) {
    std::abort();
  }
  return 0;
}
