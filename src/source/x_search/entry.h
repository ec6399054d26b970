// source/x_search/entry.h - the catalogue's view of X's recent search, asked again and again.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_x_search {
extern const Entry<Source, Env> kEntry;
}  // namespace source_x_search

}  // namespace hb
