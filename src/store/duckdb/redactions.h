// store/duckdb/redactions.h - deletes, edits and account events on the tables, and what must not
// come back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "record/analysis_batch.h"
#include "record/redaction.h"
#include "store/duckdb/duck.h"

namespace hb::duck {

/// A Bloom filter of fixed size: tells apart the many posts that nobody redacted from the few to
/// look up.
///
/// Memory  4 MiB, taken at the first Add. At a million tombstones 0.1 % of the posts are looked up
/// in vain.
class TombstoneFilter {
 public:
  void Add(std::uint64_t hash);
  [[nodiscard]] bool MayHold(std::uint64_t hash) const;
  [[nodiscard]] bool empty() const { return words_.empty(); }

 private:
  std::vector<std::uint64_t> words_;
};

/// Applies redactions to the tables, and holds back posts that come after theirs.
///
/// Lifecycle  Load once a file is open; Apply, Admit and Settle inside the writer's transaction.
/// Threads    The writer's only.
/// Errors     As WriterError.
class Redactions {
 public:
  /// Reads the tombstones of internal.redacted.
  Status Load(duckdb_connection connection);

  /// Remembers `redactions` and changes what is stored. Returns the number of rows whose bytes must
  /// go. Cost: some scans of the key columns for the whole span together.
  Result<std::int64_t> Apply(duckdb_connection connection, std::span<const Redaction> redactions,
                             EventTime now);

  /// Appends the rows of each batch that may be stored to `rows` (as many vectors as batches,
  /// ascending).
  Status Admit(duckdb_connection connection,
               std::span<const std::shared_ptr<const AnalysisBatch>> batches,
               std::vector<std::vector<std::uint32_t>>& rows);

  /// After the posts of this write were appended: keeps the newest version of each edit chain among
  /// them, and hides or scrubs posts of authors that are hidden or scrubbed. Returns rows whose
  /// bytes must go.
  Result<std::int64_t> Settle(duckdb_connection connection,
                              std::span<const std::shared_ptr<const AnalysisBatch>> batches);

 private:
  struct Tombstone {
    RedactionKind kind;
    std::string network;
    std::int64_t time_us;
  };

  Status LookUp(duckdb_connection connection, std::span<const std::int64_t> keys,
                std::span<const std::string> authors);
  [[nodiscard]] bool IsGone(const PostView& post) const;

  TombstoneFilter filter_;
  /// Tombstones that the filter pointed at in this write.
  std::unordered_multimap<std::int64_t, Tombstone> by_key_;
  std::unordered_multimap<std::string, Tombstone> by_author_;
  bool late_accounts_ = false;  ///< some admitted author is to be hidden or scrubbed
};

}  // namespace hb::duck
