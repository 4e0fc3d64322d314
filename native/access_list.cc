#include "access_list.h"

#include <algorithm>
#include <charconv>

namespace evapid {

namespace {

constexpr uint64_t kAllBits = UINT64_MAX;

// The bits behind a prefix of `length` of an address of `bits` bits (32 or 128).
IpNumber bits_behind(unsigned length, unsigned bits) {
  const unsigned behind = bits - length;
  const auto low_bits = [](unsigned count) {
    return count == 0 ? uint64_t{0} : kAllBits >> (64 - std::min(count, 64u));
  };
  return {behind > 64 ? low_bits(behind - 64) : 0, low_bits(behind)};
}

std::string text_of(Family family, const IpNumber& number, unsigned length) {
  return address_of(family, number).ip_text() + '/' + std::to_string(length);
}

}  // namespace

std::variant<Network, std::string> parse_network(const std::string& text) {
  const size_t slash = text.find('/');
  const std::string ip = text.substr(0, slash);
  const bool zoned = ip.find('%') != std::string::npos;
  const std::optional<Address> address = zoned ? std::nullopt : parse_address(ip);
  if (!address) return "is no network: '" + ip + "' is no IPv4 or IPv6 address";
  const bool mapped = address->family == Family::kIpv4 && ip.find(':') != std::string::npos;
  // As it is written.
  const unsigned written_bits = address->family == Family::kIpv6 || mapped ? 128 : 32;
  const unsigned skipped = mapped ? 96 : 0;
  const unsigned bits = written_bits - skipped;

  unsigned length = written_bits;
  if (slash != std::string::npos) {
    const char* const begin = text.data() + slash + 1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, length);
    if (begin == end || stop != end || error != std::errc() || end - begin > 3) {
      return "is no network: what follows the '/' is no number of bits";
    }
    if (length > written_bits) {
      return "is no network: this kind of address has " + std::to_string(written_bits) + " bits, not " +
             std::to_string(length);
    }
    if (length < skipped) return "is no network: less than the 96 bits that say that it is IPv4";
  }
  length -= skipped;

  const IpNumber number = number_of(*address);
  const IpNumber behind = bits_behind(length, bits);
  const IpNumber first{number.high & ~behind.high, number.low & ~behind.low};
  // Somebody who writes 10.1.2.3/8 may have meant either.
  if (first != number) {
    return "is no network: it has bits behind its first " + std::to_string(length) + "; that network is " +
           text_of(address->family, first, length) + ", this address is " + address->ip_text();
  }
  return Network{address->family, first, {number.high | behind.high, number.low | behind.low}};
}

AccessList::AccessList(std::span<const Network> networks) : empty_(networks.empty()) {
  for (const Network& network : networks) {
    Ranges& ranges = network.family == Family::kIpv4 ? ipv4_ : ipv6_;
    ranges.push_back({network.first, network.last});
  }
  for (Ranges* const ranges : {&ipv4_, &ipv6_}) {
    std::sort(ranges->begin(), ranges->end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    Ranges apart;
    for (const Range& range : *ranges) {
      if (!apart.empty() && range.first <= apart.back().last) {
        apart.back().last = std::max(apart.back().last, range.last);
      } else {
        apart.push_back(range);
      }
    }
    *ranges = std::move(apart);
  }
}

bool AccessList::admits(const Address& address) const {
  if (empty_ || address.family == Family::kUnix) return true;
  const Ranges& ranges = ranges_of(address.family);
  const IpNumber number = number_of(address);
  const auto behind =
      std::upper_bound(ranges.begin(), ranges.end(), number,
                       [](const IpNumber& wanted, const Range& range) { return wanted < range.first; });
  return behind != ranges.begin() && number <= std::prev(behind)->last;
}

}  // namespace evapid
