// store/duckdb/duckdb_store.h - the embedded store: one DuckDB file in the data folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "component/component.h"
#include "env/env.h"
#include "store/store.h"

namespace hb {

struct DuckdbOptions {
  std::string path = "store.duckdb";        ///< within the data folder unless absolute
  std::int64_t memory_bytes = 512ll << 20;  ///< DuckDB's own buffers, shared by writer and queries
  /// One works in the thread that asks and is the cheapest: with more, DuckDB's waiting threads
  /// spin.
  int threads = 1;
  std::int64_t checkpoint_bytes = 64ll << 20;  ///< write-ahead log that triggers a checkpoint
  std::int64_t min_free_bytes = 64ll << 20;    ///< below it Write refuses with kExhausted
  std::int64_t spill_bytes = 1ll << 30;        ///< largest temporary files of one program
  /// Prune rewrites a small file at once, a large one when a redaction is this old: below the 24
  /// hours that deletes may take, and seldom enough for a file of many GiB.
  std::chrono::milliseconds rewrite_after = std::chrono::hours(6);
  /// For whoever has the file: a command that looks at it has done so soon.
  std::chrono::milliseconds lock_wait = std::chrono::seconds(10);
  std::size_t concurrent_queries = 8;  ///< more wait for their turn, within their time limit
};

/// Opens nothing yet. `env` outlives the result, and main outlives both: a store that is destroyed
/// by the destructors of static objects crashes inside DuckDB, whose thread-local caches are gone
/// by then.
Result<std::unique_ptr<SqlStore>> MakeDuckdbStore(const DuckdbOptions& options, Env& env);

/// The catalogue's entry. What it makes is an SqlStore. How long rows are kept is for the pipeline,
/// which calls Prune.
namespace store_duckdb {
extern const Entry<Store, Env> kEntry;
}  // namespace store_duckdb

}  // namespace hb
