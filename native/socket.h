// The thin face of the operating system's stream sockets: addresses, listening, accepting, options.
// Everything that knows about sockaddr is here; nothing here knows about clients or frames.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "loop/fd.h"

namespace evapid {

enum class Family : uint8_t { kIpv4, kIpv6, kUnix };

// Where a client comes from, or a listener listens: kept small, for it is kept for each client.
struct Address {
  Family family = Family::kIpv4;
  uint16_t port = 0;
  std::array<std::byte, 16> ip{};  // 4 bytes used for IPv4

  // '127.0.0.1', '::1', or '' for a Unix socket.
  std::string ip_text() const;
};

// A literal IPv4 or IPv6 address, without a port; an IPv4-mapped one is IPv4, as it is for who connects. The
// zone of a link-local one ('%eth0') is left out. Nothing for any other text.
std::optional<Address> parse_address(const std::string& ip);

// An IP address as a number, to compare and to mask. An IPv4 one has 32 bits, in `low`.
struct IpNumber {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const IpNumber&) const = default;
};
IpNumber number_of(const Address& address);
Address address_of(Family family, const IpNumber& number);

struct Opened {
  Fd fd;
  int error = 0;  // an errno when fd is not open
};

// A listening socket whose clients have the options below; `ip` is a literal IPv4 or IPv6 address, port 0
// picks a free one.
Opened listen_tcp(const std::string& ip, uint16_t port);
Opened listen_unix(const std::string& path);

// What a listening socket is bound to; `path` is set for a Unix socket.
struct Bound {
  int error = 0;
  Address address;
  std::string path;
};
Bound bound_to(int fd);

struct Accepted {
  Fd fd;
  int error = 0;
  Address peer;
};
// One accept, non-blocking; error EAGAIN when nobody waits.
Accepted accept_client(int listener);

// Makes small messages leave at once and dead peers noticed. What a listening socket has when somebody
// connects, that connection has as well: no system call for each. listen_tcp() sees to that.
void set_client_options(int fd, Family family);
bool has_client_options(int fd, Family family);
// 0 or an errno; for a socket that somebody else opened.
int set_nonblocking(int fd);

}  // namespace evapid
