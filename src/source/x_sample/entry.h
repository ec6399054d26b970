// source/x_sample/entry.h - the catalogue's view of X's sample stream.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_x_sample {
extern const Entry<Source, Env> kEntry;
}  // namespace source_x_sample

}  // namespace hb
