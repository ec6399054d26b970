#include "pipeline/blanks.h"

#include <memory>
#include <string_view>
#include <utility>

#include "pipeline/codec.h"
#include "pipeline/topics.h"

namespace hb {

Status Blanks::Load(Log& log, Partition partition, Offset begin) {
  old_.clear();
  fresh_.clear();
  dropped_.clear();
  if (!kept_) return Ok();
  return log.ScanState(kBlankedState, partition, [&](std::string_view name, std::string_view) {
    const auto offset = static_cast<std::int64_t>(ToInt(KeyFromBytes(name)));
    if (offset < ToInt(begin)) {
      dropped_.push_back(offset);
    } else {
      old_.insert(offset);
    }
    return true;
  });
}

FetchedBatch Blanks::Apply(const FetchedBatch& batch) const {
  const RecordBatch& records = *batch.records;
  const auto offset_of = [&](std::size_t row) {
    return ToInt(batch.base) + static_cast<std::int64_t>(row);
  };
  bool any = false;
  for (std::size_t row = 0; row < records.size() && !old_.empty() && !any; ++row)
    any = old_.contains(offset_of(row));
  if (!any) return batch;
  auto blanked = std::make_shared<RecordBatch>();
  for (std::size_t row = 0; row < records.size(); ++row) {
    blanked->Append(records.keys[row], records.timestamps[row],
                    old_.contains(offset_of(row)) ? std::string_view() : records.values[row]);
  }
  FetchedBatch out = batch;
  out.blanked = true;
  out.records = std::move(blanked);
  return out;
}

void Blanks::Write(Transaction& transaction, Partition partition) const {
  if (!kept_) return;
  const auto put = [&](std::int64_t offset, std::string_view value) {
    transaction.PutState(kBlankedState, partition,
                         KeyBytes(PostKey{static_cast<std::uint64_t>(offset)}), value);
  };
  for (const std::int64_t offset : fresh_) put(offset, "1");
  for (const std::int64_t offset : dropped_) put(offset, "");
}

void Blanks::Committed() {
  if (kept_) old_.insert(fresh_.begin(), fresh_.end());
  fresh_.clear();
  dropped_.clear();
}

}  // namespace hb
