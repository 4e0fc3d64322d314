#include "socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace evapid {

namespace {

// Pending connections the kernel keeps for us; it cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

Opened failed() {
  return {Fd(), errno};
}

Opened listen_on(Fd fd, const sockaddr* address, socklen_t length) {
  if (bind(fd.get(), address, length) != 0) return failed();
  if (listen(fd.get(), kBacklog) != 0) return failed();
  return {std::move(fd), 0};
}

Address from_ipv4(const in_addr& ip, in_port_t port) {
  Address address;
  address.family = Family::kIpv4;
  address.port = ntohs(port);
  std::memcpy(address.ip.data(), &ip, sizeof ip);
  return address;
}

Address from_sockaddr(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(storage);
    return from_ipv4(ipv4.sin_addr, ipv4.sin_port);
  }
  Address address;
  if (storage.ss_family == AF_INET6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
      // A client that reached a dual-stack socket over IPv4 is an IPv4 client: an access list must recognise
      // it.
      in_addr ip;
      std::memcpy(&ip, &ipv6.sin6_addr.s6_addr[12], sizeof ip);
      return from_ipv4(ip, ipv6.sin6_port);
    }
    address.family = Family::kIpv6;
    address.port = ntohs(ipv6.sin6_port);
    std::memcpy(address.ip.data(), &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    return address;
  }
  address.family = Family::kUnix;
  return address;
}

}  // namespace

std::string Address::ip_text() const {
  if (family == Family::kUnix) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family == Family::kIpv4 ? AF_INET : AF_INET6, ip.data(), text.data(), text.size());
  return text.data();
}

std::optional<Address> parse_address(const std::string& ip) {
  sockaddr_storage storage{};
  if (inet_pton(AF_INET, ip.c_str(), &reinterpret_cast<sockaddr_in&>(storage).sin_addr) == 1) {
    storage.ss_family = AF_INET;
    return from_sockaddr(storage);
  }
  const std::string bare = ip.substr(0, ip.find('%'));
  if (inet_pton(AF_INET6, bare.c_str(), &reinterpret_cast<sockaddr_in6&>(storage).sin6_addr) != 1) {
    return std::nullopt;
  }
  storage.ss_family = AF_INET6;
  return from_sockaddr(storage);
}

IpNumber number_of(const Address& address) {
  const auto big_endian = [&address](size_t from, size_t to) {
    uint64_t number = 0;
    for (size_t i = from; i < to; ++i) number = number << 8 | std::to_integer<uint64_t>(address.ip[i]);
    return number;
  };
  if (address.family == Family::kIpv4) return {0, big_endian(0, 4)};
  return {big_endian(0, 8), big_endian(8, 16)};
}

Address address_of(Family family, const IpNumber& number) {
  Address address;
  address.family = family;
  const auto write = [&address](size_t from, size_t to, uint64_t bits) {
    for (size_t i = to; i > from; bits >>= 8) address.ip[--i] = static_cast<std::byte>(bits);
  };
  if (family == Family::kIpv4) {
    write(0, 4, number.low);
  } else {
    write(0, 8, number.high);
    write(8, 16, number.low);
  }
  return address;
}

Opened listen_tcp(const std::string& ip, uint16_t port) {
  sockaddr_in ipv4{};
  if (inet_pton(AF_INET, ip.c_str(), &ipv4.sin_addr) == 1) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return failed();
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    set_client_options(fd.get(), Family::kIpv4);
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    return listen_on(std::move(fd), reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4);
  }
  sockaddr_in6 ipv6{};
  if (inet_pton(AF_INET6, ip.c_str(), &ipv6.sin6_addr) != 1) return {Fd(), EINVAL};
  Fd fd(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed();
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set_client_options(fd.get(), Family::kIpv6);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  return listen_on(std::move(fd), reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6);
}

Opened listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return {Fd(), ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed();
  return listen_on(std::move(fd), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Bound bound_to(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  Bound bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    bound.error = errno;
    return bound;
  }
  bound.address = from_sockaddr(storage);
  if (storage.ss_family == AF_UNIX) {
    const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
    const size_t room = length - offsetof(sockaddr_un, sun_path);
    bound.path.assign(local.sun_path, strnlen(local.sun_path, room));
  }
  return bound;
}

Accepted accept_client(int listener) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  Accepted accepted;
  accepted.fd.reset(
      accept4(listener, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.fd) {
    accepted.error = errno;
    return accepted;
  }
  accepted.peer = from_sockaddr(storage);
  return accepted;
}

void set_client_options(int fd, Family family) {
  if (family == Family::kUnix) return;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

bool has_client_options(int fd, Family family) {
  if (family == Family::kUnix) return true;
  const auto is_set = [fd](int level, int option) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(fd, level, option, &value, &length) == 0 && value != 0;
  };
  return is_set(IPPROTO_TCP, TCP_NODELAY) && is_set(SOL_SOCKET, SO_KEEPALIVE);
}

int set_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno;
}

}  // namespace evapid
