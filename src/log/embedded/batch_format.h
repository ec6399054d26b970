// log/embedded/batch_format.h - the bytes of a stored batch (docs/formats/embedded_log.md).
//
// A batch is two entries: the head (who and when: keys, times, arrival) and the body (the values).
// So a search by key reads no values, and a delete rewrites the body alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "log/log.h"

namespace hb::embedded {

/// How the payload of a body is packed. Stored: append only.
enum class Compression : std::uint8_t { kNone = 0, kZstd = 1 };

inline constexpr std::size_t kHeadFixedBytes = 56;
inline constexpr std::size_t kBodyFixedBytes = 24;
/// Bounds of one batch: records, and bytes of lengths and values before compression.
inline constexpr std::size_t kMaxBatchRecords = std::size_t{1} << 22;
inline constexpr std::size_t kMaxPayloadBytes = std::size_t{256} << 20;

/// What a head says besides its columns.
struct BatchHead {
  std::uint32_t count = 0;  ///< records, > 0
  std::int64_t base = 0;    ///< offset of the first
  EventTime arrival{};
  std::uint64_t stored_before = 0;  ///< bytes stored in this partition before this batch, ever
  std::uint32_t stored_bytes = 0;   ///< bytes of head and body as first written
  [[nodiscard]] std::int64_t end() const { return base + count; }
};

/// A batch ready to be written, but for what is known only at the commit: base, arrival,
/// stored_before.
struct EncodedBatch {
  std::string head;
  std::string body;         ///< whole, or what comes before `values`
  std::string_view values;  ///< the end of the body where it needs no copy: the arena of `records`
  std::shared_ptr<const RecordBatch> records;
  [[nodiscard]] std::size_t stored_bytes() const {
    return head.size() + body.size() + values.size();
  }
};

/// kInvalidArgument: columns of different length, no record, or past the bounds above.
Result<EncodedBatch> EncodeBatch(std::shared_ptr<const RecordBatch> records,
                                 Compression compression, int level);
/// Fills in the three fields and the checksum over them.
void FinishHead(std::string& head, std::int64_t base, EventTime arrival,
                std::uint64_t stored_before);

/// Reads the fixed part of a head and checks it. kCorrupt.
Result<BatchHead> DecodeHead(std::string_view entry);
/// Appends keys and timestamps of a head. kCorrupt. Requires: `head` came from `entry`.
Status DecodeColumns(std::string_view entry, const BatchHead& head, RecordBatch& out);
/// The key column as stored: count x 8 bytes little-endian, checked. kCorrupt.
Result<std::string_view> KeyColumn(std::string_view entry, const BatchHead& head);
/// Appends the values of a body, with "" for `blank` rows (ascending), and says whether any value
/// was blanked, now or before. kCorrupt.
Result<bool> DecodeBody(std::string_view entry, std::uint32_t count,
                        std::span<const std::uint32_t> blank, StringColumn& out);
/// The body with the `rows` (ascending) emptied; nothing if they were empty already. kCorrupt.
Result<std::optional<std::string>> BlankBody(std::string_view entry,
                                             std::span<const std::uint32_t> rows, int level);
/// Records in a body, by its fixed part alone. kCorrupt.
Result<std::uint32_t> BodyCount(std::string_view entry);

/// Key of an entry in its partition: offset big-endian, then the kind, so that a partition's
/// entries lie in the order in which they are written.
enum class EntryKind : std::uint8_t { kHead = 0, kBody = 1 };
inline constexpr std::size_t kEntryKeyBytes = 9;
std::string EntryKey(std::int64_t base, EntryKind kind);
struct ParsedKey {
  std::int64_t base;
  EntryKind kind;
};
std::optional<ParsedKey> ParseEntryKey(std::string_view key);

}  // namespace hb::embedded
