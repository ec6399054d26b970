#include "serve/statement_problem.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

#include "serve/problem.h"

namespace hb {

namespace {

/// The limit as it was given: the store was told what the wait for a turn had left of it.
std::string WithWait(const Error& error, const StatementGate::Turn& turn,
                     std::chrono::milliseconds limit) {
  if (turn.waited().count() == 0) return error.message;
  return "the time limit of " + std::to_string(limit.count()) + " ms passed, " +
         std::to_string(turn.waited().count()) +
         " ms of it while other statements ran; ask for less, for example a shorter time range";
}

/// 0: it names none, or one of another line, which an editor of one line could not show.
std::size_t ColumnIn(std::string_view message) {
  constexpr std::string_view kMark = "line 1, column ";
  std::size_t column = 0;
  if (message.substr(0, kMark.size()) == kMark)
    std::from_chars(message.data() + kMark.size(), message.data() + message.size(), column);
  return column;
}

}  // namespace

HttpResponse StatementProblem(const Error& error, const StatementGate::Turn& turn,
                              std::chrono::milliseconds limit, std::chrono::milliseconds most) {
  if (error.code == Code::kExhausted) return Problem(503, error.message, "narrow the time range");
  if (error.code == Code::kTimedOut) {
    std::string hint = "narrow the time range";
    if (limit < most)
      hint += ", or give a larger timeout_ms (up to " + std::to_string(most.count()) + ")";
    return Problem(503, WithWait(error, turn, limit), hint);
  }
  if (error.code != Code::kInvalidArgument) return ProblemOf(error);
  constexpr std::string_view kHint =
      "one statement that reads; GET /api/v1/schema lists tables and columns";
  const std::size_t column = ColumnIn(error.message);
  return column > 0 ? ProblemAt(400, error.message, kHint, column)
                    : Problem(400, error.message, kHint);
}

}  // namespace hb
