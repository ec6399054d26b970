// serve/statement_problem.h - a store's error about the statement of a user, as an answer.
#pragma once

#include <chrono>

#include "base/result.h"
#include "serve/http.h"
#include "serve/statement_gate.h"

namespace hb {

/// A problem that says what to do: "line 1, column 8: ..." also as the member `column`; of a time
/// limit, the whole `limit` as it was given and what the wait for `turn` took of it. `most` is the
/// longest limit that may be asked for.
HttpResponse StatementProblem(const Error& error, const StatementGate::Turn& turn,
                              std::chrono::milliseconds limit, std::chrono::milliseconds most);

}  // namespace hb
