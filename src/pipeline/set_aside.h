// pipeline/set_aside.h - records that nobody can read: kept as dead letters, so that the rest goes
// on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "log/log.h"
#include "record/dead_letter.h"

namespace hb {

/// `source` of posts and dead letters that came by a topic, not by a source of ours.
inline constexpr std::string_view kForeignSource = "kafka";

/// "ingest/3@1234": topic, partition, offset.
std::string PlaceOf(const FetchedBatch& batch, std::size_t row);

/// The letter of a row of `batch` that cannot be read. `size`: bytes of the whole value, of which
/// `bytes` is the beginning.
DeadLetter LetterOf(const FetchedBatch& batch, std::size_t row, std::string_view bytes,
                    std::size_t size, std::string_view cause, EventTime now);

/// Appends a letter for each row from first_row on that the log itself could not read.
void TakeBadRecords(const FetchedBatch& batch, EventTime now, std::vector<DeadLetter>& dead);

/// `batch` with the value of each row emptied that `decode` fails on, by itself; those rows become
/// letters. For a batch that could not be decoded as a whole. Cost: a decoding of each row.
FetchedBatch WithoutUnreadable(const FetchedBatch& batch,
                               const std::function<Status(const FetchedBatch&)>& decode,
                               EventTime now, std::vector<DeadLetter>& dead);

}  // namespace hb
