#include "net/host_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>

namespace hb {

void HostLookup::Look(const std::string& host, const std::string& port, Found& found) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &raw); code != 0) {
    found.error = host + ": " + ::gai_strerror(code);
    return;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, ::freeaddrinfo);
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> ip{};
    std::array<char, NI_MAXSERV> number{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, ip.data(), ip.size(), number.data(),
                      number.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
      continue;
    }
    found.addresses.push_back(
        {ip.data(), static_cast<std::uint16_t>(std::strtoul(number.data(), nullptr, 10))});
  }
  if (found.addresses.empty()) found.error = host + ": no address";
}

HostLookup::HostLookup(const std::string& host, const std::string& port) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
      ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) {
    Look(host, port, *found_);  // asks nobody
    found_->done.store(true, std::memory_order_release);
    return;
  }
  try {
    std::thread([found = found_, host, port] {
      Look(host, port, *found);
      found->done.store(true, std::memory_order_release);
    }).detach();
  } catch (const std::system_error& error) {  // no thread left
    found_->error = host + ": " + error.what();
    found_->done.store(true, std::memory_order_release);
  }
}

Result<std::vector<HostLookup::Address>> HostLookup::addresses() const {
  if (!found_->error.empty()) return Error{Code::kUnavailable, found_->error};
  return found_->addresses;
}

}  // namespace hb
