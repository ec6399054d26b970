// app/no_store.h - the store of a process that has none.
#pragma once

#include <memory>

#include "store/store.h"

namespace hb {

/// Holds nothing and answers every question with kUnavailable, saying which command has a store:
/// a stage by itself still has a status and metrics.
std::unique_ptr<SqlStore> MakeNoStore();

}  // namespace hb
