#include "datagram_path.h"

#include <arpa/inet.h>

#include <cstring>

namespace evapid {

uint32_t DatagramPath::hash() const {
  uint64_t mixed = port;
  const auto mix = [&mixed](uint32_t word) {
    mixed = (mixed ^ word) * 0x9E37'79B9'7F4A'7C15;
    mixed ^= mixed >> 32;
  };
  for (const uint32_t word : ip) mix(word);
  for (const uint32_t word : local) mix(word);
  return static_cast<uint32_t>(mixed);
}

DatagramPath path_of(const msghdr& received) {
  DatagramPath path;
  const auto& name = *static_cast<const DatagramName*>(received.msg_name);
  if (name.ipv4.sin_family == AF_INET) {
    path.port = ntohs(name.ipv4.sin_port);
    std::memcpy(path.ip.data(), &name.ipv4.sin_addr, sizeof name.ipv4.sin_addr);
  } else {
    path.port = ntohs(name.ipv6.sin6_port);
    std::memcpy(path.ip.data(), &name.ipv6.sin6_addr, sizeof name.ipv6.sin6_addr);
    path.scope = name.ipv6.sin6_scope_id;
  }
  auto& header = const_cast<msghdr&>(received);  // CMSG_NXTHDR has no const; it does not write
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      // Not ipi_addr, which may be a broadcast address: nothing can be sent from one.
      std::memcpy(path.local.data(), &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) continue;
      std::memcpy(path.local.data(), &info.ipi6_addr, sizeof info.ipi6_addr);
    }
  }
  return path;
}

namespace {

// One control message, and nothing else.
template <typename Info>
void set_control(msghdr& sent, DatagramControl& control, int level, int type, const Info& info) {
  sent.msg_control = control.bytes.data();
  sent.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const part = CMSG_FIRSTHDR(&sent);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

}  // namespace

void set_path(msghdr& sent, DatagramName& name, DatagramControl& control, const DatagramPath& path,
              Family family) {
  const bool from = path.local != std::array<uint32_t, 4>{};
  sent.msg_name = &name;
  sent.msg_control = nullptr;
  sent.msg_controllen = 0;
  if (family == Family::kIpv4) {
    name.ipv4 = {};
    name.ipv4.sin_family = AF_INET;
    name.ipv4.sin_port = htons(static_cast<uint16_t>(path.port));
    std::memcpy(&name.ipv4.sin_addr, path.ip.data(), sizeof name.ipv4.sin_addr);
    sent.msg_namelen = sizeof name.ipv4;
    if (!from) return;
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, path.local.data(), sizeof info.ipi_spec_dst);
    set_control(sent, control, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    name.ipv6 = {};
    name.ipv6.sin6_family = AF_INET6;
    name.ipv6.sin6_port = htons(static_cast<uint16_t>(path.port));
    name.ipv6.sin6_scope_id = path.scope;
    std::memcpy(&name.ipv6.sin6_addr, path.ip.data(), sizeof name.ipv6.sin6_addr);
    sent.msg_namelen = sizeof name.ipv6;
    if (!from) return;
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, path.local.data(), sizeof info.ipi6_addr);
    set_control(sent, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

std::string ip_text(Family family, const std::array<uint32_t, 4>& ip) {
  Address address;
  address.family = family;
  std::memcpy(address.ip.data(), ip.data(), sizeof ip);
  return address.ip_text();
}

std::optional<IpLiteral> parse_ip(const std::string& text) {
  IpLiteral literal{Family::kIpv4, {}};
  if (inet_pton(AF_INET, text.c_str(), literal.ip.data()) == 1) return literal;
  literal.family = Family::kIpv6;
  if (inet_pton(AF_INET6, text.c_str(), literal.ip.data()) == 1) return literal;
  return std::nullopt;
}

}  // namespace evapid
