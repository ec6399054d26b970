#include "env/listen_address.h"

#include <arpa/inet.h>

namespace hb {

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const Error bad{Code::kInvalidArgument, "'" + text + "' is not an address: write 127.0.0.1:8080"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) return bad;
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host == "localhost") address.host = "127.0.0.1";
  unsigned long port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9') return bad;
    port = port * 10 + static_cast<unsigned long>(c - '0');
    if (port > 65535) return bad;
  }
  address.port = static_cast<std::uint16_t>(port);
  in6_addr parsed{};
  if (::inet_pton(AF_INET, address.host.c_str(), &parsed) != 1 &&
      ::inet_pton(AF_INET6, address.host.c_str(), &parsed) != 1) {
    return bad;
  }
  return address;
}

}  // namespace hb
