// source/x_stream/entry.h - the catalogue's view of X's filtered stream.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_x_stream {
extern const Entry<Source, Env> kEntry;
}  // namespace source_x_stream

}  // namespace hb
