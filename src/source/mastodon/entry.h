// source/mastodon/entry.h - the catalogue's view of Mastodon.
#pragma once

#include "component/component.h"
#include "env/env.h"
#include "source/source.h"

namespace hb {

namespace source_mastodon {
extern const Entry<Source, Env> kEntry;
}  // namespace source_mastodon

}  // namespace hb
