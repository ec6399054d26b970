// net/curl_init.h - libcurl's own beginning. Internal to net.
#pragma once

namespace hb {

/// Once a process, before the first handle. Threads: any.
void InitCurlOnce();

}  // namespace hb
