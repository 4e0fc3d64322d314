// Which addresses may use the bus: networks as they are written in a configuration (CIDR, RFC 4632 and RFC
// 4291), and whether an address is in one of them.
//
// IPv4 and IPv6 are two worlds: `::/0` is every IPv6 address and no IPv4 one. An IPv4-mapped IPv6 network
// (`::ffff:10.0.0.0/104`) is the IPv4 network in it, as the address of a client that comes that way is its
// IPv4 address.
#pragma once

#include <array>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "socket.h"

namespace evapid {

struct Network {
  Family family = Family::kIpv4;
  IpNumber first;
  IpNumber last;
};

// What a text says, or what is wrong with it: the end of a sentence that begins with the text.
std::variant<Network, std::string> parse_network(const std::string& text);

class AccessList {
 public:
  // Admits everybody.
  AccessList() = default;
  // Admits whoever is in one of them; everybody, if there are none.
  explicit AccessList(std::span<const Network> networks);

  bool empty() const { return empty_; }
  // Unix sockets have permissions of their own: always.
  bool admits(const Address& address) const;

 private:
  struct Range {
    IpNumber first;
    IpNumber last;
  };
  using Ranges = std::vector<Range>;

  const Ranges& ranges_of(Family family) const { return family == Family::kIpv4 ? ipv4_ : ipv6_; }

  bool empty_ = true;
  // In order, and apart from each other: looked up by halving.
  Ranges ipv4_;
  Ranges ipv6_;
};

}  // namespace evapid
