// pipeline/foreign_posts.h - posts of a topic that others write to as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "log/log.h"
#include "pipeline/pseudonyms.h"
#include "pipeline/seen_keys.h"
#include "record/dead_letter.h"
#include "record/post_batch.h"

namespace hb {

/// Reads batches of `ingest`. Posts of our own ingest pass as they are. One that another producer
/// wrote gets what it lacks: its source is kForeignSource, its key the record's, its id is made
/// from the key; and it is left out if its key came within the horizon before, in that partition.
/// (Whoever writes no keys has each record counted.)
///
/// Threads  One: an analyze stage's.
/// Errors   What the log says of its state.
class ForeignPosts {
 public:
  /// `pseudonyms` null: authors stay as others wrote them.
  ForeignPosts(Log& log, std::chrono::milliseconds horizon, const Pseudonyms* pseudonyms = nullptr)
      : log_(log), horizon_(horizon), pseudonyms_(pseudonyms) {}
  /// The posts of `batch` that count. What cannot be read becomes letters in `dead`. What is to be
  /// remembered goes into `transaction`; after its commit call Committed, after its end without
  /// one Aborted.
  Result<std::shared_ptr<const PostBatch>> Take(const FetchedBatch& batch, Transaction& transaction,
                                                EventTime now, std::vector<DeadLetter>& dead);
  void Committed();
  void Aborted() { fresh_.clear(); }
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

 private:
  Result<bool> IsNew(Partition partition, PostKey key, Transaction& transaction, EventTime now);

  Log& log_;
  const std::chrono::milliseconds horizon_;
  const Pseudonyms* const pseudonyms_;
  std::map<std::int32_t, std::unique_ptr<SeenKeys>> seen_;           ///< by partition
  std::map<std::int32_t, std::unordered_set<std::uint64_t>> fresh_;  ///< of this transaction
  std::uint64_t duplicates_ = 0;
};

}  // namespace hb
