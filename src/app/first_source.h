// app/first_source.h - what `up` shows to somebody who named no source.
#pragma once

#include <string>

#include "app/config.h"

namespace hb {

struct FirstSource {
  ComponentConfig source;
  std::string line;  ///< for people: what is shown, why, and how to choose
};

/// Bluesky's public posts if the Jetstream server `try_first` answers, else the demo. It is tried
/// once, for three seconds at most. Nothing is tried if `try_first` or `offline_because` says so.
FirstSource ChooseFirstSource(const std::string& try_first, const std::string& offline_because);

/// The variable of the environment that keeps a first start off the network: CI, where nobody
/// looks, or HEARTBEAT_OFFLINE; "" if none does. Unset, empty, 0 and false mean no.
std::string OfflineBecause();

}  // namespace hb
