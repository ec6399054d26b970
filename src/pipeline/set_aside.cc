#include "pipeline/set_aside.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace hb {

std::string PlaceOf(const FetchedBatch& batch, std::size_t row) {
  return batch.topic + "/" + std::to_string(ToInt(batch.partition)) + "@" +
         std::to_string(ToInt(batch.base) + static_cast<std::int64_t>(row));
}

DeadLetter LetterOf(const FetchedBatch& batch, std::size_t row, std::string_view bytes,
                    std::size_t size, std::string_view cause, EventTime now) {
  DeadLetter letter;
  letter.time = now;
  letter.source = kForeignSource;
  letter.location = PlaceOf(batch, row);
  letter.reason = cause;
  letter.raw = bytes.substr(0, DeadLetter::kMaxRawBytes);
  letter.cut = letter.raw.size() < size;
  letter.id = DeadLetterId(kForeignSource, letter.location, letter.raw);
  return letter;
}

void TakeBadRecords(const FetchedBatch& batch, EventTime now, std::vector<DeadLetter>& dead) {
  for (const BadRecord& bad : batch.bad) {
    if (bad.row < batch.first_row) continue;
    dead.push_back(LetterOf(batch, bad.row, bad.bytes, bad.size, bad.cause, now));
  }
}

FetchedBatch WithoutUnreadable(const FetchedBatch& batch,
                               const std::function<Status(const FetchedBatch&)>& decode,
                               EventTime now, std::vector<DeadLetter>& dead) {
  const RecordBatch& records = *batch.records;
  auto kept = std::make_shared<RecordBatch>();
  for (std::size_t row = 0; row < records.size(); ++row) {
    std::string_view value = records.values[row];
    if (row >= batch.first_row && !value.empty()) {
      FetchedBatch one = batch;
      auto record = std::make_shared<RecordBatch>();
      record->Append(records.keys[row], records.timestamps[row], value);
      one.base = Advance(batch.base, static_cast<std::int64_t>(row));
      one.first_row = 0;
      one.records = std::move(record);
      if (const Status decoded = decode(one); !decoded.ok()) {
        dead.push_back(LetterOf(batch, row, value, value.size(), decoded.error().message, now));
        value = {};
      }
    }
    kept->Append(records.keys[row], records.timestamps[row], value);
  }
  FetchedBatch out = batch;
  out.records = std::move(kept);
  return out;
}

}  // namespace hb
