// source/demo/entry.h - the catalogue's view of the demo.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_demo {
extern const Entry<Source, Env> kEntry;
}  // namespace source_demo

}  // namespace hb
