#include "store/duckdb/wal_end.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/logging.h"
#include "store/duckdb/byte_reader.h"

namespace hb::duck {

namespace {

// Numbers of the log's entries (enum WALType).
constexpr std::uint8_t kVersion = 98, kCheckpoint = 99, kFlush = 100;
constexpr std::uint64_t kKnownVersion = 2;
constexpr std::size_t kFrameHead = 16;   // size and checksum, eight bytes each
constexpr std::size_t kMaxHeader = 128;  // the header takes 38 bytes or so
constexpr std::size_t kIdentifier = 16;

/// Whether `reader` stands before this field: DuckDB's BinarySerializer writes its number in two
/// bytes.
bool TakeField(ByteReader& reader, std::uint16_t field) {
  const std::string_view bytes = reader.Take(2);
  return reader.ok() &&
         (static_cast<std::uint8_t>(bytes[1]) << 8 | static_cast<std::uint8_t>(bytes[0])) == field;
}

/// Length of the entry that a log begins with: its version and whose log it is.
std::optional<std::uint64_t> HeaderLength(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!TakeField(reader, 100) || reader.Varint() != kVersion) return std::nullopt;
  if (!TakeField(reader, 101) || reader.Varint() != kKnownVersion) return std::nullopt;
  if (!TakeField(reader, 102) || reader.Varint() != kIdentifier) return std::nullopt;
  for (std::size_t i = 0; i < kIdentifier; ++i) reader.Varint();
  if (!TakeField(reader, 103)) return std::nullopt;
  reader.Varint();
  if (!TakeField(reader, 0xFFFF)) return std::nullopt;
  return reader.at();
}

/// True if an entry of this type closes what came before it.
bool Closes(std::string_view entry) {
  ByteReader reader(entry);
  if (!TakeField(reader, 100)) return false;
  const std::uint64_t type = reader.Varint();
  return type == kFlush || type == kCheckpoint;
}

Status CutFile(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  if (error) return Ok();  // No such log.
  std::ifstream file(path, std::ios::binary);
  std::string buffer;
  const ReadAt read = [&](std::uint64_t offset, std::size_t bytes) -> std::string_view {
    buffer.resize(bytes);
    file.clear();
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(buffer.data(), static_cast<std::streamsize>(bytes));
    return std::string_view(buffer).substr(0, static_cast<std::size_t>(file.gcount()));
  };
  if (!file) return Error{Code::kUnavailable, "cannot read " + path};
  const auto end = CommittedEnd(size, read);
  if (!end || *end >= size) return Ok();
  fs::resize_file(path, *end, error);
  if (error) return Error{Code::kUnavailable, "cannot shorten " + path + ": " + error.message()};
  LogInfo("the store's log ended in a commit that was not closed: {} bytes taken back",
          size - *end);
  return Ok();
}

}  // namespace

std::optional<std::uint64_t> CommittedEnd(std::uint64_t size, const ReadAt& read) {
  const auto header = HeaderLength(read(0, kMaxHeader));
  if (!header) return std::nullopt;
  std::uint64_t end = *header;
  for (std::uint64_t at = *header; size - at >= kFrameHead;) {
    constexpr std::size_t kTypeBytes = 4;
    const std::string_view head = read(at, kFrameHead + kTypeBytes);
    if (head.size() < kFrameHead) break;
    std::uint64_t length = 0;
    std::memcpy(&length, head.data(), sizeof length);
    at += kFrameHead;
    if (length > size - at) break;  // torn
    at += length;
    if (Closes(head.substr(kFrameHead))) end = at;
  }
  return end;
}

Status CutUnfinishedCommit(const std::string& path) {
  // While a checkpoint is made DuckDB writes beside the log; what it keeps of both it decides
  // itself.
  for (const char* ending : {".wal", ".wal.checkpoint", ".wal.recovery"}) {
    HB_TRY(CutFile(path + ending));
  }
  return Ok();
}

}  // namespace hb::duck
