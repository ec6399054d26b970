// base/result.h - how every heartbeat function that can fail says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace hb {

/// Names what the caller should do next, not what went wrong inside.
/// Values are stored in the dead-letter log: append new ones, never renumber.
enum class Code : std::uint8_t {
  kInvalidArgument = 1,  ///< Caller's mistake; the same call can never succeed.
  kNotFound = 2,         ///< Nothing by that name; often an ordinary answer.
  kUnavailable = 3,      ///< Passing fault; wait, then repeat the call.
  kExhausted = 4,        ///< Disk, queue or quota is full; slow down upstream.
  kCorrupt = 5,          ///< Stored bytes fail their check; stop, keep the file.
  kCancelled = 6,        ///< Somebody asked us to stop; not a fault.
  kInternal = 7,         ///< A bug in heartbeat.
  kTimedOut = 8,         ///< The caller's time limit passed; ask for less, or give more time.
  kAborted = 9,          ///< Undone as a whole, since what it stood on changed; look, begin anew.
};

/// "invalid argument", "not found", ...
std::string_view CodeName(Code code) noexcept;

/// `message` is for people: lower case, no final stop, names the thing and the numbers
/// ("segment 42 has 13 bytes, header needs 16"). Tests check `code` only.
struct Error {
  Code code;
  std::string message;
};

/// Holds a T or an Error. A plain value: one thread at a time, moves are cheap.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: return rows;
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: return Error{..};

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  /// Requires: ok(). Lives as long as this Result.
  const T& value() const& { return *std::get_if<0>(&state_); }
  T& value() & { return *std::get_if<0>(&state_); }
  /// Requires: ok(). Moves the value out.
  T value() && { return std::move(*std::get_if<0>(&state_)); }
  /// Requires: !ok().
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;  // C++20 has no std::expected; this can become an alias of it later.

inline Status Ok() { return Done{}; }

}  // namespace hb

/// Returns the error of `expr` (a Status) to the caller, if there is one.
#define HB_TRY(expr)                                  \
  do {                                                \
    if (auto hb_status_ = (expr); !hb_status_.ok()) { \
      return std::move(hb_status_).error();           \
    }                                                 \
  } while (false)

#define HB_CONCAT_INNER_(a, b) a##b
#define HB_CONCAT_(a, b) HB_CONCAT_INNER_(a, b)
/// HB_ASSIGN(auto rows, Read(file)); declares `rows`, or returns the error.
#define HB_ASSIGN(declaration, expr)                            \
  auto HB_CONCAT_(hb_result_, __LINE__) = (expr);               \
  if (!HB_CONCAT_(hb_result_, __LINE__).ok()) {                 \
    return std::move(HB_CONCAT_(hb_result_, __LINE__)).error(); \
  }                                                             \
  declaration = std::move(HB_CONCAT_(hb_result_, __LINE__)).value()
