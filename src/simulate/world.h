// simulate/world.h - what the stand-ins share.
#pragma once

#include <memory>

#include "env/env.h"
#include "simulate/corpus.h"
#include "simulate/faults.h"
#include "simulate/ledger.h"

namespace hb::simulate {

/// One world that every network tells of: its posts, its faults, and what was told.
///
/// Threads  Any. `corpus` and `clock` are set before the first request.
struct World {
  std::shared_ptr<const Corpus> corpus;
  Clock& clock;
  Faults faults{};
  Ledger ledger{};
};

}  // namespace hb::simulate
