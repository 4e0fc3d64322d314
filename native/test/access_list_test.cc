// Networks: what is one, and which addresses are in it.
#include "access_list.h"

#include <cstdio>

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

AccessList list_of(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  for (const std::string& text : texts) {
    const auto parsed = parse_network(text);
    REQUIRE(std::holds_alternative<Network>(parsed));
    networks.push_back(std::get<Network>(parsed));
  }
  return AccessList(networks);
}

bool admits(const AccessList& list, const std::string& ip) {
  const auto address = parse_address(ip);
  REQUIRE(address.has_value());
  return list.admits(*address);
}

std::string mistake_in(const std::string& text) {
  const auto parsed = parse_network(text);
  const auto* const mistake = std::get_if<std::string>(&parsed);
  return mistake == nullptr ? "" : *mistake;
}

bool says(const std::string& text, std::string_view part) {
  return mistake_in(text).find(part) != std::string::npos;
}

// An address as its bits, the model of what a network is.
std::vector<bool> bits_of(const Address& address) {
  std::vector<bool> bits;
  for (size_t i = 0; i < (address.family == Family::kIpv4 ? 4u : 16u); ++i) {
    for (int bit = 7; bit >= 0; --bit) bits.push_back((std::to_integer<int>(address.ip[i]) >> bit & 1) != 0);
  }
  return bits;
}

struct Prefix {
  Address address;
  size_t length;

  bool has(const Address& other) const {
    if (other.family != address.family) return false;
    const auto mine = bits_of(address);
    const auto theirs = bits_of(other);
    return std::equal(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(length), theirs.begin());
  }
};

// Of few different ones, so that networks meet.
Address random_address(Random& random) {
  Address address;
  address.family = below(random, 2) == 0 ? Family::kIpv4 : Family::kIpv6;
  const size_t size = address.family == Family::kIpv4 ? 4 : 16;
  for (size_t i = 0; i < size; ++i) {
    const std::byte few[] = {std::byte{0}, std::byte{0x80}, std::byte{0xff}, std::byte{10}};
    address.ip[i] = few[below(random, 4)];
  }
  return address;
}

Address without_bits_behind(Address address, size_t length) {
  for (size_t bit = length; bit < 128; ++bit) {
    address.ip[bit / 8] &= ~(std::byte{0x80} >> static_cast<int>(bit % 8));
  }
  return address;
}

}  // namespace

TEST("an empty access list admits everybody") {
  CHECK(admits(AccessList(), "192.0.2.1"));
  CHECK(admits(AccessList(), "::1"));
  CHECK(AccessList().empty());
}

TEST("a network has the addresses that begin as it does, and a plain address is a network of one") {
  const AccessList list = list_of({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"});
  CHECK(admits(list, "10.0.0.0") && admits(list, "10.255.255.255"));
  CHECK(!admits(list, "9.255.255.255") && !admits(list, "11.0.0.0"));
  CHECK(admits(list, "192.0.2.7") && !admits(list, "192.0.2.6") && !admits(list, "192.0.2.8"));
  CHECK(admits(list, "2001:db8::") && admits(list, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
  CHECK(!admits(list, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff") && !admits(list, "2001:db9::"));
  CHECK(admits(list, "::1") && !admits(list, "::2"));
}

TEST("all of IPv4 is nothing of IPv6, and the other way round") {
  CHECK(admits(list_of({"0.0.0.0/0"}), "255.255.255.255"));
  CHECK(!admits(list_of({"0.0.0.0/0"}), "::1"));
  CHECK(admits(list_of({"::/0"}), "ffff::"));
  CHECK(!admits(list_of({"::/0"}), "0.0.0.1"));
}

TEST("an IPv4-mapped address is an IPv4 address, in a list and out of it") {
  CHECK(admits(list_of({"10.0.0.0/8"}), "::ffff:10.1.2.3"));
  CHECK(!admits(list_of({"10.0.0.0/8"}), "::ffff:11.1.2.3"));
  CHECK(!admits(list_of({"::/0"}), "::ffff:10.1.2.3"));
  CHECK(admits(list_of({"::ffff:10.0.0.0/104"}), "10.1.2.3"));
  CHECK(!admits(list_of({"::ffff:10.0.0.0/104"}), "11.1.2.3"));
  CHECK(admits(list_of({"::ffff:192.0.2.7"}), "192.0.2.7"));
  CHECK(!admits(list_of({"::ffff:192.0.2.7"}), "192.0.2.8"));
}

TEST("a Unix socket is not subject to an access list") {
  Address address;
  address.family = Family::kUnix;
  CHECK(list_of({"192.0.2.7"}).admits(address));
}

TEST("networks that meet or overlap are all of them") {
  const AccessList list =
      list_of({"10.0.0.128/25", "10.0.0.0/25", "10.0.0.64/26", "10.0.0.0/24", "10.0.1.0/24"});
  CHECK(admits(list, "10.0.0.0") && admits(list, "10.0.0.200") && admits(list, "10.0.1.255"));
  CHECK(!admits(list, "9.255.255.255") && !admits(list, "10.0.2.0"));
}

TEST("what is no network is said so, with the reason") {
  CHECK(says("", "'' is no IPv4 or IPv6 address"));
  CHECK(says("example.org", "'example.org' is no IPv4 or IPv6 address"));
  CHECK(says("10.0.0/8", "'10.0.0' is no IPv4 or IPv6 address"));
  CHECK(says("10.0.0.0.0", "no IPv4 or IPv6 address"));
  CHECK(says("fe80::1%eth0", "no IPv4 or IPv6 address"));
  CHECK(says("[::1]", "no IPv4 or IPv6 address"));
  CHECK(says("10.0.0.1:80", "no IPv4 or IPv6 address"));
  for (const char* const text : {"10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/8/8",
                                 "10.0.0.0/255.0.0.0", "10.0.0.0/0000000008", "10.0.0.0/99999999999"}) {
    CHECK(says(text, "what follows the '/' is no number of bits"));
  }
  CHECK(says("10.0.0.0/33", "this kind of address has 32 bits, not 33"));
  CHECK(says("::/129", "this kind of address has 128 bits, not 129"));
  CHECK(says("10.1.2.3/8",
             "it has bits behind its first 8; that network is 10.0.0.0/8, this address is 10.1.2.3"));
  CHECK(says("2001:db8::1/32", "that network is 2001:db8::/32"));
  CHECK(says("::ffff:10.0.0.0/64", "less than the 96 bits that say that it is IPv4"));
  CHECK(says("::ffff:10.1.0.0/104", "that network is 10.0.0.0/8"));
}

TEST("whatever the networks, an address is admitted if it begins as one of them does") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Prefix> prefixes;
    std::vector<std::string> texts;
    for (size_t i = 0; i < 1 + below(random, 6); ++i) {
      const Address any = random_address(random);
      const size_t length = below(random, any.family == Family::kIpv4 ? 33 : 129);
      const Address address = without_bits_behind(any, length);
      // A prefix of zeroes and ones of IPv6 can be that of the mapped ones, which are IPv4.
      const auto written = parse_address(address.ip_text());
      REQUIRE(written.has_value());
      if (written->family != address.family) continue;
      prefixes.push_back({address, length});
      texts.push_back(address.ip_text() + '/' + std::to_string(length));
    }
    if (prefixes.empty()) continue;
    const AccessList list = list_of(texts);
    for (int i = 0; i < 50; ++i) {
      Address address = random_address(random);
      // Often one at the edge of a network.
      if (below(random, 2) == 0) {
        const Prefix& prefix = prefixes[below(random, prefixes.size())];
        address = prefix.address;
        const size_t bit = below(random, address.family == Family::kIpv4 ? 32 : 128);
        address.ip[bit / 8] ^= std::byte{0x80} >> static_cast<int>(bit % 8);
      }
      bool expected = false;
      for (const Prefix& prefix : prefixes) expected = expected || prefix.has(address);
      if (list.admits(address) != expected) {
        std::printf("seed %u, address %s\n", seed, address.ip_text().c_str());
        for (const std::string& text : texts) std::printf("  %s\n", text.c_str());
      }
      REQUIRE(list.admits(address) == expected);
    }
  }
}

}  // namespace evapid::test
