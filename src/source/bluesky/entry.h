// source/bluesky/entry.h - the catalogue's view of Bluesky.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_bluesky {
extern const Entry<Source, Env> kEntry;
}  // namespace source_bluesky

}  // namespace hb
