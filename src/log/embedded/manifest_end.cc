#include "log/embedded/manifest_end.h"

#include <boost/crc.hpp>
#include <cstdint>

#include "base/logging.h"
#include "log/embedded/bytes.h"
#include "log/embedded/engine.h"

namespace hb::embedded {
namespace {

constexpr std::size_t kBlock = 32768, kHeader = 7;
enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::uint32_t MaskedCrc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;  // CRC-32C
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8U;
}

/// The fragment at `at`, header and all; empty if there is none that is whole.
std::string_view FragmentAt(std::string_view manifest, std::size_t at) {
  const std::size_t room = std::min(kBlock - at % kBlock, manifest.size() - at);
  if (room < kHeader) return {};
  const std::string_view header = manifest.substr(at, kHeader);
  const std::size_t length = GetFixed<std::uint16_t>(header, 4);
  const auto type = static_cast<std::uint8_t>(header[6]);
  if (type < kFull || type > kLast || kHeader + length > room) return {};
  // The sum is over the type and the bytes.
  const bool whole =
      GetFixed<std::uint32_t>(header, 0) == MaskedCrc(manifest.substr(at + 6, 1 + length));
  return whole ? manifest.substr(at, kHeader + length) : std::string_view();
}

}  // namespace

std::optional<std::size_t> TornFrom(std::string_view manifest) {
  std::size_t at = 0, whole = 0;
  while (at < manifest.size()) {
    if (kBlock - at % kBlock < kHeader) {
      at += kBlock - at % kBlock;  // no header fits, so the rest of a block is left empty
      continue;
    }
    const std::string_view fragment = FragmentAt(manifest, at);
    if (fragment.empty()) break;
    at += fragment.size();
    if (fragment[6] == kFull || fragment[6] == kLast) whole = at;
  }
  if (whole == 0 || whole == manifest.size()) return std::nullopt;
  for (++at; at < manifest.size(); ++at) {
    if (!FragmentAt(manifest, at).empty()) return std::nullopt;
  }
  return whole;
}

Result<bool> CutTornManifest(rocksdb::Env& env, const std::string& folder) {
  const std::string doing = "data folder " + folder;
  std::string current;
  rocksdb::Status status = rocksdb::ReadFileToString(&env, folder + "/CURRENT", &current);
  if (!status.ok()) return ToError(status, doing);
  if (!current.starts_with("MANIFEST-") || !current.ends_with('\n')) return false;
  current.pop_back();
  std::string bytes;
  status = rocksdb::ReadFileToString(&env, folder + "/" + current, &bytes);
  if (!status.ok()) return ToError(status, doing);
  const std::optional<std::size_t> torn = TornFrom(bytes);
  if (!torn) return false;
  LogWarning("the last {} bytes of {}/{} were torn by a power cut and are left out",
             bytes.size() - *torn, folder, current);
  bytes.resize(*torn);
  // RocksDB deletes what has this ending when it opens, should the power go again.
  const std::string temporary = folder + "/" + current.substr(sizeof("MANIFEST-") - 1) + ".dbtmp";
  status = rocksdb::WriteStringToFile(&env, bytes, temporary, /*should_sync=*/true);
  if (status.ok()) status = env.RenameFile(temporary, folder + "/" + current);
  return status.ok() ? Result<bool>(true) : ToError(status, doing);
}

}  // namespace hb::embedded
