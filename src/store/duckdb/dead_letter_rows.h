// store/duckdb/dead_letter_rows.h - input that could not be used, and what became of it.
#pragma once

#include <span>

#include "base/result.h"
#include "record/dead_letter.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// Keeps one row a letter: a new one is added to dead_letters, one that failed again gets its new
/// reason, one that was used moves to replayed_letters. The same records again change nothing.
/// Requires: a transaction of the writer's connection. Errors as WriterError.
Status WriteDeadLetters(duckdb_connection connection, std::span<const DeadLetter> letters);

}  // namespace hb::duck
