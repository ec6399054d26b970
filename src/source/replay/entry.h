// source/replay/entry.h - the catalogue's view of the replay.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_replay {
extern const Entry<Source, Env> kEntry;
}  // namespace source_replay

}  // namespace hb
