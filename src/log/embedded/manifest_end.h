// log/embedded/manifest_end.h - a MANIFEST whose end a power cut tore.
//
// RocksDB 7.8 opens a folder whose MANIFEST ends within a record, but not one where the last sector
// holds something else than was being written ("checksum mismatch"), though nothing depends on a
// record that was not synced. Layout of the records: db/log_format.h of RocksDB.
#pragma once

#include <rocksdb/env.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hb::embedded {

/// Length of the whole records that `manifest` begins with, if something follows them in which no
/// whole record is. Nothing if it is whole, or damaged elsewhere than at its end: cutting would
/// then take what was synced. (A last record that was synced and rotted looks the same as a torn
/// one.)
std::optional<std::size_t> TornFrom(std::string_view manifest);

/// Cuts the torn end off the MANIFEST that CURRENT names. False if there is none.
/// Errors  kUnavailable, kExhausted: the files could not be read or written.
Result<bool> CutTornManifest(rocksdb::Env& env, const std::string& folder);

}  // namespace hb::embedded
