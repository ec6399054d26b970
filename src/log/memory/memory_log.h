// log/memory/memory_log.h - the log without a disk: the plain reference that others are compared
// with.
#pragma once

#include <cstdint>
#include <memory>

#include "env/env.h"
#include "log/log.h"

namespace hb {

/// Makes a log that lives in memory and is gone with the object. It keeps every promise of log.h
/// but durability: WaitDurable returns at once, and both visibilities show the same.
///
/// Ownership  `clock` outlives the log; the log outlives its consumers and transactions.
/// Memory     Holds every record until it is trimmed. Commit answers kExhausted where the values
///            would pass `budget_bytes`; 0 means no bound.
std::unique_ptr<Log> MakeMemoryLog(Clock& clock, std::int64_t budget_bytes = 0);

}  // namespace hb
