// pipeline/blanks.h - which records of `analysis` were taken out of the log.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace hb {

/// Which records of a partition of `analysis` are blank, or are about to be.
///
/// On the embedded log a blanked record is read as an empty value from the commit on. Kafka keeps
/// it until it compacts: there the offsets are kept in a state (kBlankedState), and a record that
/// is among them is taken for an empty one.
class Blanks {
 public:
  /// `kept`: whether the log must be told by a state.
  explicit Blanks(bool kept = false) : kept_(kept) {}
  /// Reads the state; drops what lies before `begin`, where the log begins, with `transaction` of
  /// the next Write.
  Status Load(Log& log, Partition partition, Offset begin);
  /// False if it is blank already.
  bool Mark(Offset offset) {
    return !old_.contains(ToInt(offset)) && fresh_.insert(ToInt(offset)).second;
  }
  /// Marked since the last commit, or blank in a log that keeps the value.
  [[nodiscard]] bool Contains(Offset offset) const {
    return fresh_.contains(ToInt(offset)) || old_.contains(ToInt(offset));
  }
  /// `batch` with empty values where the log keeps blanked ones.
  [[nodiscard]] FetchedBatch Apply(const FetchedBatch& batch) const;
  void Write(Transaction& transaction, Partition partition) const;
  void Committed();

 private:
  bool kept_;
  std::unordered_set<std::int64_t> old_, fresh_;
  std::vector<std::int64_t> dropped_;
};

}  // namespace hb
