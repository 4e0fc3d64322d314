#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace bench {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kForms = "expected HOST:PORT, [IPV6]:PORT or unix:/path";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::runtime_error(std::string(text) + ": " + std::string(why));
}

}  // namespace

Address Address::parse(std::string_view text) {
  Address address;
  address.text_ = text;
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    sockaddr_un local{};
    if (path.empty()) refuse(text, kForms);
    if (path.size() >= sizeof local.sun_path) refuse(text, "a socket's path has at most 107 bytes");
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.data(), path.size());
    std::memcpy(&address.storage_, &local, sizeof local);
    address.size_ = sizeof local;
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) refuse(text, kForms);
  std::string host(text.substr(0, colon));
  const std::string port(text.substr(colon + 1));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    refuse(text, "an IPv6 address wants brackets: [::1]:8448");
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    refuse(text, std::string(gai_strerror(error)) + "; " + std::string(kForms));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  std::memcpy(&address.storage_, list->ai_addr, list->ai_addrlen);
  address.size_ = list->ai_addrlen;
  return address;
}

bool Address::is_ipv4_loopback() const {
  if (family() != AF_INET) return false;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &storage_, sizeof ipv4);
  return ntohl(ipv4.sin_addr.s_addr) >> 24 == 127;
}

}  // namespace bench
