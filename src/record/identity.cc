#include "record/identity.h"

#include <charconv>
#include <cstdio>

#include "base/hash.h"

namespace hb {

namespace {
constexpr std::uint64_t kHashedBit = 1ull << 63;
constexpr std::string_view kKeyPrefix = "key:";
constexpr std::size_t kKeyDigits = 16;
constexpr std::string_view kEdited = "#edited-";
}  // namespace

PostKey KeyOf(std::string_view native_id) {
  if (!native_id.empty() && native_id.size() <= 19 && native_id.front() != '0') {
    std::uint64_t value = 0;
    const char* end = native_id.data() + native_id.size();
    const auto [at, error] = std::from_chars(native_id.data(), end, value);
    if (error == std::errc() && at == end && value < kHashedBit) return PostKey{value};
  }
  if (native_id.size() == kKeyPrefix.size() + kKeyDigits && native_id.starts_with(kKeyPrefix)) {
    std::uint64_t value = 0;
    const char* end = native_id.data() + native_id.size();
    const auto [at, error] = std::from_chars(native_id.data() + kKeyPrefix.size(), end, value, 16);
    if (error == std::errc() && at == end) return PostKey{value};
  }
  return PostKey{Hash64(native_id) | kHashedBit};
}

std::string IdOf(PostKey key) {
  const std::uint64_t value = ToInt(key);
  if (value != 0 && value < kHashedBit) return std::to_string(value);
  char digits[kKeyDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return std::string(kKeyPrefix) + digits;
}

std::string EditedId(std::string_view id, std::string_view version) {
  return std::string(id).append(kEdited).append(version);
}

std::optional<EditedParts> SplitEditedId(std::string_view id) {
  const std::size_t at = id.rfind(kEdited);
  if (at == std::string_view::npos) return std::nullopt;
  return EditedParts{id.substr(0, at), id.substr(at + kEdited.size())};
}

Partition PartitionOf(PostKey chain_key, std::int32_t partitions) {
  // Mixed first: X ids have low bits that are far from random.
  std::uint64_t x = ToInt(chain_key);
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;  // MurmurHash3 finaliser
  x ^= x >> 33;
  return Partition{static_cast<std::int32_t>(x % static_cast<std::uint64_t>(partitions))};
}

}  // namespace hb
