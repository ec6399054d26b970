// app/first_source.h - what `up` shows to somebody who named no source.
#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"
#include "log/log.h"

namespace hb {

struct FirstSource {
  ComponentConfig source;
  std::string line;  ///< for people: what is shown, why, and how to choose
};

/// Bluesky's public posts if the Jetstream server `try_first` answers, else the demo. It is tried
/// once, for three seconds at most. Nothing is tried if `try_first` or `offline_because` says so;
/// nor if Bluesky was `heard_before`: then it is taken, answer or not, since what the demo makes up
/// must not come among real posts.
FirstSource ChooseFirstSource(const std::string& try_first, const std::string& offline_because,
                              bool heard_before = false);

/// Whether the log has a place to go on from in a stream of Bluesky's posts.
Result<bool> HasHeardBluesky(Log& log);

/// The variable of the environment that keeps a first start off the network: CI, where nobody
/// looks, or HEARTBEAT_OFFLINE; "" if none does. Unset, empty, 0 and false mean no.
std::string OfflineBecause();

}  // namespace hb
