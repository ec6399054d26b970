// env/listen_address.h - an address to listen on, as people write it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace hb {

struct ListenAddress {
  std::string host;        ///< an IP address: "127.0.0.1", "::1"
  std::uint16_t port = 0;  ///< 0: any free one
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080". kInvalidArgument: none of these.
Result<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace hb
