// The way that a datagram takes: who is at its other end, and which of our own addresses it came to. Words,
// because JavaScript keeps them and hands them back with an answer; what the kernel makes of them (sockaddr,
// control messages) is known here and nowhere else.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "socket.h"

namespace evapid {

// The order of the words is known to src/dispatcher/datagram-peer.ts. Addresses are as they stand in a
// packet; of an IPv4 one only the first word is used.
struct DatagramPath {
  uint32_t port = 0;                // of the peer, as a number
  std::array<uint32_t, 4> ip{};     // of the peer
  uint32_t scope = 0;               // the interface, if the peer's address is link-local
  std::array<uint32_t, 4> local{};  // ours; all zero where the kernel need not be told

  // Mixes all words but `scope`.
  uint32_t hash() const;
};
constexpr size_t kPathWords = sizeof(DatagramPath) / sizeof(uint32_t);

// What recvmsg and sendmsg read and write beside the bytes.
union DatagramName {
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
};
struct DatagramControl {
  static constexpr size_t kSize = CMSG_SPACE(sizeof(in6_pktinfo));
  alignas(cmsghdr) std::array<std::byte, kSize> bytes;
};

// The way of a datagram that recvmsg has filled this in for.
DatagramPath path_of(const msghdr& received);
// Fills in where sendmsg has to send to, and from where.
void set_path(msghdr& sent, DatagramName& name, DatagramControl& control, const DatagramPath& path,
              Family family);

// '127.0.0.1' or '::1'
std::string ip_text(Family family, const std::array<uint32_t, 4>& ip);
struct IpLiteral {
  Family family;
  std::array<uint32_t, 4> ip;
};
// Nothing if the text is no literal address.
std::optional<IpLiteral> parse_ip(const std::string& text);

}  // namespace evapid
