// serve/status_json.h - the program's state as the API shows it, for the route and for the live
// stream.
#pragma once

#include <cstdint>

#include "serve/backend.h"
#include "serve/json_writer.h"

namespace hb {

/// What is kept, earlier runs included; while the store does not answer, the figures of this run.
struct StoredTotals {
  std::uint64_t posts = 0, dead_letters = 0;
};
StoredTotals AskTotals(const SystemStatus& status, SqlStore& store);
/// The answer of /api/v1/status. Waits for the store at most half a second: rather without a figure
/// than late.
void WriteStatus(const SystemStatus& status, const StoredTotals& totals, SqlStore& store,
                 JsonWriter& json);

}  // namespace hb
