// app/author_key.h - the key under which authors are hashed, and where it comes from.
#pragma once

#include <memory>

#include "app/config.h"
#include "base/result.h"
#include "pipeline/pseudonyms.h"

namespace hb {

/// The environment's HEARTBEAT_AUTHOR_KEY; else the file of the configuration, which is made with
/// 32 random bytes and for its owner alone if it is not there. A log that processes share needs the
/// environment's: their folders are not the same.
Result<std::unique_ptr<Pseudonyms>> MakePseudonyms(const Config& config);

}  // namespace hb
