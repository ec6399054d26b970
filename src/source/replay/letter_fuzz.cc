// A dead letter: its context up to the first line break, then its bytes. It comes back used or with
// a reason, and a context that is understood is written as it was.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "source/replay/letter_source.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hb;  // NOLINT: a program of its own
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string context(bytes.substr(0, end));
  if (const auto read = ParseLetterContext(context); read.ok()) {
    const std::string again = FormatLetterContext(read.value());
    const auto twice = ParseLetterContext(again);
    Require(twice.ok() && FormatLetterContext(twice.value()) == again);
  }
  DeadLetter letter{.source = "replay", .location = "f:1", .reason = "bad", .context = context};
  letter.raw = bytes.substr(std::min(end + 1, size));
  letter.row_id = "d#1";
  ManualClock clock(FromMillis(1'700'000'000'000));
  Env env{clock, ""};
  const auto outcome = std::make_shared<LetterOutcome>();
  LetterSource source({letter, letter}, {}, outcome, env);
  Intake in;
  const auto state = source.Poll(100, std::chrono::milliseconds(0), in);
  Require(state.ok() && in.posts.size() <= 100);
  if (state.value() != PollState::kDone) return 0;
  Require(in.dead.size() == 2 && outcome->used + outcome->failed == 2);
  for (const DeadLetter& after : in.dead) {
    Require(after.attempts == 1 && (after.used ? after.raw.empty() : !after.reason.empty()));
    Require(after.used == in.dead[0].used);
  }
  return 0;
}
