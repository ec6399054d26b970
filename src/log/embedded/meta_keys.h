// log/embedded/meta_keys.h - keys of the small entries (docs/formats/embedded_log.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"
#include "log/embedded/bytes.h"

namespace hb::embedded {

inline constexpr std::string_view kFormatKey = "V";
inline constexpr std::string_view kFormat = "heartbeat log 1";
/// N -> commits ever made in this folder u64
inline constexpr std::string_view kCommitsKey = "N";

/// Parts of a key are cut off the front in the order in which they were put there.
inline void PutName(std::string& key, std::string_view name) {
  PutOrdered(key, static_cast<std::uint16_t>(name.size()));
  key.append(name);
}
inline bool GetName(std::string_view& key, std::string& name) {
  if (key.size() < 2) return false;
  const std::size_t size = GetOrdered<std::uint16_t>(key, 0);
  if (key.size() < 2 + size) return false;
  name.assign(key.substr(2, size));
  key.remove_prefix(2 + size);
  return true;
}
inline bool GetPartition(std::string_view& key, std::int32_t& number) {
  if (key.size() < 4) return false;
  number = static_cast<std::int32_t>(GetOrdered<std::uint32_t>(key, 0));
  key.remove_prefix(4);
  return true;
}

/// T topic -> partitions i32, retention_ms i64, retention_bytes i64, compacted u8 (may lack)
inline std::string TopicKey(std::string_view topic) {
  std::string key = "T";
  PutName(key, topic);
  return key;
}
/// P topic partition -> begin i64, bytes stored before it u64, last arrival i64
inline std::string BeginKey(std::string_view topic, std::int32_t number) {
  std::string key = "P";
  PutName(key, topic);
  PutOrdered(key, static_cast<std::uint32_t>(number));
  return key;
}
/// O group topic partition -> next offset i64, and the processed offset i64 where it is another
inline std::string OffsetKey(std::string_view group, std::string_view topic, std::int32_t number) {
  std::string key = "O";
  PutName(key, group);
  PutName(key, topic);
  PutOrdered(key, static_cast<std::uint32_t>(number));
  return key;
}
inline std::string OffsetValue(std::int64_t next, std::int64_t processed) {
  std::string value;
  PutFixed(value, next);
  if (processed != next) PutFixed(value, processed);
  return value;
}
/// B topic partition offset -> (empty): deleted, its bytes not yet purged
inline std::string BlankKey(std::string_view topic, std::int32_t number, std::int64_t offset) {
  std::string key = "B";
  PutName(key, topic);
  PutOrdered(key, static_cast<std::uint32_t>(number));
  PutOrdered(key, static_cast<std::uint64_t>(offset));
  return key;
}
/// C topic partition -> i64: what records before this offset replace is deleted (Log::Compact)
inline std::string CompactedKey(std::string_view topic, std::int32_t number) {
  std::string key = "C";
  PutName(key, topic);
  PutOrdered(key, static_cast<std::uint32_t>(number));
  return key;
}
/// In the column family "state": store partition key -> value
inline std::string StatePrefix(std::string_view store, Partition partition) {
  std::string key;
  PutName(key, store);
  PutOrdered(key, static_cast<std::uint32_t>(ToInt(partition)));
  return key;
}

}  // namespace hb::embedded
