#include "log/embedded/batch_format.h"

#define XXH_STATIC_LINKING_ONLY  // for a hash state on the stack
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "log/embedded/bytes.h"

namespace hb::embedded {
namespace {

constexpr std::uint8_t kHeadMagic = 0xB7, kBodyMagic = 0xB8, kVersion = 1;
constexpr std::uint16_t kCompressionMask = 0x3, kBlankedBit = 0x4;

// Places in the head.
constexpr std::size_t kAtCount = 4, kAtBase = 8, kAtArrival = 16, kAtBefore = 24, kAtStored = 32,
                      kAtColumnsBytes = 36, kAtColumnsSum = 40, kAtHeadSum = 48;
// Places in the body; kAtCount is the same.
constexpr std::size_t kAtAttributes = 2, kAtPayloadBytes = 8, kAtBodySum = 16;

Error Corrupt(std::string message) { return Error{Code::kCorrupt, std::move(message)}; }

/// Hash of a body: what comes before the checksum, then what comes after, in one or two pieces.
std::uint64_t BodySum(std::string_view fixed, std::string_view first, std::string_view second) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, fixed.data(), kAtBodySum);
  XXH3_64bits_update(&state, first.data(), first.size());
  XXH3_64bits_update(&state, second.data(), second.size());
  return XXH3_64bits_digest(&state);
}

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// Packs `payload`; nothing where that saves less than an eighth.
std::optional<std::string> Pack(std::string_view payload, int level) {
  // A context costs more to make than a batch to pack.
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  std::string packed(ZSTD_compressBound(payload.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(),
                                             payload.data(), payload.size(), level);
  if (ZSTD_isError(size) != 0 || size > payload.size() - payload.size() / 8) return std::nullopt;
  packed.resize(size);
  return packed;
}

Status Unpack(std::string_view packed, std::size_t size, std::string& out) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  // Both sizes must agree before memory is given on the word of either.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) {
    return Corrupt("body does not unpack to the " + std::to_string(size) +
                   " bytes that its header says");
  }
  out.resize(size);
  const std::size_t got =
      ZSTD_decompressDCtx(context.get(), out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0) return Corrupt(std::string("body: ") + ZSTD_getErrorName(got));
  if (got != size) {
    return Corrupt("body unpacks to " + std::to_string(got) + " bytes, not " +
                   std::to_string(size));
  }
  return Ok();
}

/// Body without its payload and checksum.
std::string BodyStart(std::uint16_t attributes, std::uint32_t count, std::size_t payload_bytes) {
  std::string body;
  body.push_back(static_cast<char>(kBodyMagic));
  body.push_back(static_cast<char>(kVersion));
  PutFixed<std::uint16_t>(body, attributes);
  PutFixed<std::uint32_t>(body, count);
  PutFixed<std::uint32_t>(body, static_cast<std::uint32_t>(payload_bytes));
  PutFixed<std::uint32_t>(body, 0);
  PutFixed<std::uint64_t>(body, 0);
  return body;
}

struct BodyView {
  std::uint16_t attributes = 0;
  std::uint32_t count = 0;
  std::string unpacked;      ///< holds the payload where it was packed
  std::string_view lengths;  ///< payload from the lengths on
};

Result<BodyView> OpenBody(std::string_view entry) {
  BodyView body;
  HB_ASSIGN(body.count, BodyCount(entry));
  const std::string_view rest = entry.substr(kBodyFixedBytes);
  if (GetFixed<std::uint64_t>(entry, kAtBodySum) != BodySum(entry, rest, {})) {
    return Corrupt("body fails its checksum");
  }
  body.attributes = GetFixed<std::uint16_t>(entry, kAtAttributes);
  const auto size = GetFixed<std::uint32_t>(entry, kAtPayloadBytes);
  if (size > kMaxPayloadBytes) return Corrupt("body claims " + std::to_string(size) + " bytes");
  switch (static_cast<Compression>(body.attributes & kCompressionMask)) {
    case Compression::kNone:
      if (rest.size() != size) {
        return Corrupt("body has " + std::to_string(rest.size()) +
                       " bytes of values, its header says " + std::to_string(size));
      }
      body.lengths = rest;
      return body;
    case Compression::kZstd:
      HB_TRY(Unpack(rest, size, body.unpacked));
      return body;  // The view is made by the caller, after the last move.
  }
  return Corrupt("body is packed in a way this version does not know");
}

std::string_view PayloadOf(const BodyView& body) {
  return (body.attributes & kCompressionMask) == 0 ? body.lengths : std::string_view(body.unpacked);
}

}  // namespace

Result<EncodedBatch> EncodeBatch(std::shared_ptr<const RecordBatch> records,
                                 Compression compression, int level) {
  const RecordBatch& in = *records;
  const std::size_t count = in.keys.size();
  if (in.timestamps.size() != count || in.values.size() != count) {
    return Error{Code::kInvalidArgument, "batch has " + std::to_string(count) + " keys, " +
                                             std::to_string(in.timestamps.size()) + " times and " +
                                             std::to_string(in.values.size()) + " values"};
  }
  if (count == 0 || count > kMaxBatchRecords || in.values.bytes() > kMaxPayloadBytes - 5 * count) {
    return Error{Code::kInvalidArgument, "batch has " + std::to_string(count) + " records and " +
                                             std::to_string(in.values.bytes()) +
                                             " bytes; it may have 1 to 4194304 and 256 MiB"};
  }
  EncodedBatch out;
  out.head.reserve(kHeadFixedBytes + count * 12);
  out.head.resize(kHeadFixedBytes);
  out.head[0] = static_cast<char>(kHeadMagic);
  out.head[1] = static_cast<char>(kVersion);
  SetFixed(out.head, kAtCount, static_cast<std::uint32_t>(count));
  out.head.append(reinterpret_cast<const char*>(in.keys.data()), count * sizeof(std::uint64_t));
  std::uint64_t last = 0;
  for (const EventTime time : in.timestamps) {
    // Differences wrap, so that every pair of times has one.
    const auto ms = static_cast<std::uint64_t>(ToMillis(time));
    PutVarint(out.head, ZigZag(static_cast<std::int64_t>(ms - last)));
    last = ms;
  }
  const std::string_view columns = std::string_view(out.head).substr(kHeadFixedBytes);
  SetFixed(out.head, kAtColumnsBytes, static_cast<std::uint32_t>(columns.size()));
  SetFixed(out.head, kAtColumnsSum, Hash64(columns));

  std::string lengths;
  lengths.reserve(2 * count);
  for (std::size_t row = 0; row < count; ++row) PutVarint(lengths, in.values[row].size());
  out.values = {in.values[0].data(), in.values.bytes()};
  const std::size_t payload_bytes = lengths.size() + out.values.size();
  std::optional<std::string> packed;
  if (compression == Compression::kZstd) {
    std::string payload = lengths;
    payload.append(out.values);
    packed = Pack(payload, level);
  }
  if (packed) {
    out.body = BodyStart(static_cast<std::uint16_t>(Compression::kZstd),
                         static_cast<std::uint32_t>(count), payload_bytes);
    out.body.append(*packed);
    out.values = {};
  } else {
    out.body = BodyStart(0, static_cast<std::uint32_t>(count), payload_bytes);
    out.body.append(lengths);
  }
  SetFixed(out.body, kAtBodySum,
           BodySum(out.body, std::string_view(out.body).substr(kBodyFixedBytes), out.values));
  SetFixed(out.head, kAtStored, static_cast<std::uint32_t>(out.stored_bytes()));
  out.records = std::move(records);
  return out;
}

void FinishHead(std::string& head, std::int64_t base, EventTime arrival,
                std::uint64_t stored_before) {
  SetFixed(head, kAtBase, base);
  SetFixed(head, kAtArrival, ToMillis(arrival));
  SetFixed(head, kAtBefore, stored_before);
  SetFixed(head, kAtHeadSum, Hash64(std::string_view(head).substr(0, kAtHeadSum)));
}

Result<BatchHead> DecodeHead(std::string_view entry) {
  if (entry.size() < kHeadFixedBytes) {
    return Corrupt("head has " + std::to_string(entry.size()) + " bytes, needs " +
                   std::to_string(kHeadFixedBytes));
  }
  if (GetFixed<std::uint8_t>(entry, 0) != kHeadMagic) return Corrupt("head does not begin as one");
  if (GetFixed<std::uint64_t>(entry, kAtHeadSum) != Hash64(entry.substr(0, kAtHeadSum))) {
    return Corrupt("head fails its checksum");
  }
  if (GetFixed<std::uint8_t>(entry, 1) != kVersion) {
    return Corrupt("head has version " + std::to_string(GetFixed<std::uint8_t>(entry, 1)) +
                   ", this program reads 1");
  }
  BatchHead head;
  head.count = GetFixed<std::uint32_t>(entry, kAtCount);
  head.base = GetFixed<std::int64_t>(entry, kAtBase);
  head.arrival = FromMillis(GetFixed<std::int64_t>(entry, kAtArrival));
  head.stored_before = GetFixed<std::uint64_t>(entry, kAtBefore);
  head.stored_bytes = GetFixed<std::uint32_t>(entry, kAtStored);
  const std::size_t columns = GetFixed<std::uint32_t>(entry, kAtColumnsBytes);
  if (head.count == 0 || head.count > kMaxBatchRecords || head.base < 0 ||
      columns != entry.size() - kHeadFixedBytes || columns < std::size_t{head.count} * 9) {
    return Corrupt("head of " + std::to_string(entry.size()) + " bytes cannot hold " +
                   std::to_string(head.count) + " records");
  }
  return head;
}

Result<std::string_view> KeyColumn(std::string_view entry, const BatchHead& head) {
  const std::string_view columns = entry.substr(kHeadFixedBytes);
  if (GetFixed<std::uint64_t>(entry, kAtColumnsSum) != Hash64(columns)) {
    return Corrupt("columns of the head fail their checksum");
  }
  return columns.substr(0, std::size_t{head.count} * sizeof(std::uint64_t));
}

Status DecodeColumns(std::string_view entry, const BatchHead& head, RecordBatch& out) {
  HB_ASSIGN(const std::string_view keys, KeyColumn(entry, head));
  const std::size_t first = out.keys.size();
  out.keys.resize(first + head.count);
  std::memcpy(out.keys.data() + first, keys.data(), keys.size());
  std::string_view times = entry.substr(kHeadFixedBytes + keys.size());
  out.timestamps.reserve(first + head.count);
  std::uint64_t ms = 0;
  for (std::uint32_t row = 0; row < head.count; ++row) {
    std::uint64_t delta = 0;
    if (!GetVarint(times, delta)) return Corrupt("times of the head end early");
    ms += static_cast<std::uint64_t>(UnZigZag(delta));
    out.timestamps.push_back(FromMillis(static_cast<std::int64_t>(ms)));
  }
  if (!times.empty()) return Corrupt("head has bytes after its last time");
  return Ok();
}

Result<std::uint32_t> BodyCount(std::string_view entry) {
  if (entry.size() < kBodyFixedBytes) {
    return Corrupt("body has " + std::to_string(entry.size()) + " bytes, needs " +
                   std::to_string(kBodyFixedBytes));
  }
  if (GetFixed<std::uint8_t>(entry, 0) != kBodyMagic) return Corrupt("body does not begin as one");
  if (GetFixed<std::uint8_t>(entry, 1) != kVersion) {
    return Corrupt("body has version " + std::to_string(GetFixed<std::uint8_t>(entry, 1)) +
                   ", this program reads 1");
  }
  return GetFixed<std::uint32_t>(entry, kAtCount);
}

Result<bool> DecodeBody(std::string_view entry, std::uint32_t count,
                        std::span<const std::uint32_t> blank, StringColumn& out) {
  HB_ASSIGN(const BodyView body, OpenBody(entry));
  if (body.count != count) {
    return Corrupt("body has " + std::to_string(body.count) + " records, its head says " +
                   std::to_string(count));
  }
  const std::string_view payload = PayloadOf(body);
  // Two walks: the lengths say where the values begin, and are checked before anything is appended.
  std::string_view lengths = payload;
  std::uint64_t total = 0;
  for (std::uint32_t row = 0; row < count; ++row) {
    std::uint64_t length = 0;
    if (!GetVarint(lengths, length) || length > payload.size()) {
      return Corrupt("lengths of the body end early");
    }
    total += length;
  }
  if (total != lengths.size()) {
    return Corrupt("values of the body have " + std::to_string(lengths.size()) + " bytes, not " +
                   std::to_string(total));
  }
  const std::string_view values = lengths;
  lengths = payload;
  out.Reserve(out.size() + count, out.bytes() + total);
  std::size_t at = 0;
  for (std::uint32_t row = 0; row < count; ++row) {
    std::uint64_t length = 0;
    GetVarint(lengths, length);
    if (!blank.empty() && blank.front() == row) {
      blank = blank.subspan(1);
      out.Append({});
    } else {
      out.Append(values.substr(at, length));
    }
    at += length;
  }
  return (body.attributes & kBlankedBit) != 0;
}

Result<std::optional<std::string>> BlankBody(std::string_view entry,
                                             std::span<const std::uint32_t> rows, int level) {
  HB_ASSIGN(const std::uint32_t count, BodyCount(entry));
  StringColumn values;
  HB_ASSIGN(const bool before, DecodeBody(entry, count, {}, values));
  (void)before;
  bool any = false;
  for (const std::uint32_t row : rows) any = any || (row < count && !values[row].empty());
  if (!any && before) return std::optional<std::string>();
  std::string payload;
  for (std::uint32_t row = 0; row < count; ++row) {
    PutVarint(payload, std::ranges::binary_search(rows, row) ? 0 : values[row].size());
  }
  for (std::uint32_t row = 0; row < count; ++row) {
    if (!std::ranges::binary_search(rows, row)) payload.append(values[row]);
  }
  auto attributes = GetFixed<std::uint16_t>(entry, kAtAttributes);
  std::optional<std::string> packed;
  if ((attributes & kCompressionMask) != 0) packed = Pack(payload, level);
  attributes = static_cast<std::uint16_t>(
      kBlankedBit | (packed ? static_cast<std::uint16_t>(Compression::kZstd) : 0));
  std::string body = BodyStart(attributes, count, payload.size());
  body.append(packed ? *packed : payload);
  SetFixed(body, kAtBodySum, BodySum(body, std::string_view(body).substr(kBodyFixedBytes), {}));
  return std::optional<std::string>(std::move(body));
}

std::string EntryKey(std::int64_t base, EntryKind kind) {
  std::string key;
  PutOrdered(key, static_cast<std::uint64_t>(base));
  key.push_back(static_cast<char>(kind));
  return key;
}

std::optional<ParsedKey> ParseEntryKey(std::string_view key) {
  if (key.size() != kEntryKeyBytes || static_cast<std::uint8_t>(key[8]) > 1) return std::nullopt;
  return ParsedKey{static_cast<std::int64_t>(GetOrdered<std::uint64_t>(key, 0)),
                   static_cast<EntryKind>(key[8])};
}

}  // namespace hb::embedded
