// The table of addresses: counts, token buckets, turns, and what is kept of whom.
#include "address_table.h"

#include <poll.h>

#include <cstdio>
#include <deque>
#include <functional>

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

Address at(const std::string& ip) {
  const auto address = parse_address(ip);
  REQUIRE(address.has_value());
  return *address;
}

// The n-th of very many.
Address number(uint32_t n) {
  return address_of(Family::kIpv4, {0, n});
}

class Table final : private AddressTableOwner {
 public:
  explicit Table(const AddressLimits& limits, size_t most_idle = AddressTable::kMostIdle)
      : table(loop, *this, most_idle) {
    table.set_limits(limits);
  }

  AddressClient& enter(const Address& address) {
    clients_.emplace_back();
    table.enter(clients_.back(), address);
    return clients_.back();
  }
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (Clock::now() > deadline) return false;
      pollfd host{loop.fd(), POLLIN, 0};
      if (::poll(&host, 1, 2) > 0) loop.poll(0);
    }
    return true;
  }

 private:
  void on_turn(AddressClient& client) override {
    CHECK(!client.waits);
    CHECK(client.credit > 0);
    turn(client);
  }

  std::deque<AddressClient> clients_;

 public:
  Loop loop;
  AddressTable table;
  std::function<void(AddressClient&)> turn = [](AddressClient&) {};
};

}  // namespace

TEST("an address has as many connections as it may, whatever others have") {
  Table t({.clients = 2});
  AddressClient& first = t.enter(at("192.0.2.1"));
  CHECK(t.table.has_room(at("192.0.2.1")));
  t.enter(at("192.0.2.1"));
  CHECK(!t.table.has_room(at("192.0.2.1")));
  CHECK(t.table.has_room(at("192.0.2.2")));
  t.table.leave(first);
  CHECK(t.table.has_room(at("192.0.2.1")));
  t.table.leave(first);
  CHECK(t.table.size() == 1);
}

TEST("the first 64 bits of an IPv6 address are the address, unless it is link-local") {
  Table t({.clients = 1});
  t.enter(at("2001:db8:0:1::1"));
  CHECK(!t.table.has_room(at("2001:db8:0:1:ffff::2")));
  CHECK(t.table.has_room(at("2001:db8:0:2::1")));
  t.enter(at("fe80::1"));
  CHECK(!t.table.has_room(at("fe80::1")));
  CHECK(t.table.has_room(at("fe80::2")));
  t.enter(at("::1"));
  CHECK(!t.table.has_room(at("::1")));
  CHECK(t.table.has_room(at("0.0.0.0")));
  t.enter(at("::ffff:10.0.0.1"));
  CHECK(!t.table.has_room(at("10.0.0.1")));
  CHECK(t.table.has_room(at("10.0.0.2")));
}

TEST("nothing is kept of who has gone and owes nothing") {
  Table t({.clients = 5, .rate = 10});
  for (uint32_t n = 0; n < 10'000; ++n) t.table.leave(t.enter(number(n)));
  CHECK_EQ(t.table.size(), 0u);
}

TEST("an address is forgotten when its bucket is full, once anybody comes") {
  Table t({.rate = 1000, .burst = 10});
  AddressClient& client = t.enter(number(1));
  CHECK(t.table.take(client, Clock::now()));
  t.table.leave(client);
  CHECK_EQ(t.table.size(), 1u);
  const auto full = Clock::now() + std::chrono::milliseconds(1);
  CHECK(t.run_until([&] { return Clock::now() > full; }));
  t.enter(number(2));
  CHECK_EQ(t.table.size(), 1u);
}

TEST("who has sent and gone comes back to what is left in the bucket") {
  Table t({.rate = 1, .burst = 3});
  const auto now = Clock::now();
  AddressClient& client = t.enter(number(1));
  for (int i = 0; i < 3; ++i) CHECK(t.table.take(client, now));
  CHECK(!t.table.take(client, now));
  t.table.leave(client);
  CHECK(!t.table.take(t.enter(number(1)), now));
  CHECK(!t.table.take(number(1)));
  CHECK(t.table.take(number(2)));
}

TEST("however many addresses come and go, there are never more than so many without a connection") {
  Table t({.rate = 1, .burst = 100}, 50);
  AddressClient& stays = t.enter(number(0));
  CHECK(t.table.take(stays, Clock::now()));
  // The last ones owe most.
  for (uint32_t n = 1; n <= 1000; ++n) {
    for (uint32_t i = 0; i < (n > 950 ? 90 : 80); ++i) CHECK(t.table.take(number(n)));
  }
  CHECK_EQ(t.table.size(), 50u + 1);
  t.table.leave(stays);
  CHECK_EQ(t.table.size(), 50u);
  // Those that were forgotten were those that owed least.
  for (uint32_t n = 951; n <= 1000; ++n) {
    uint32_t left = 0;
    while (t.table.take(number(n))) ++left;
    CHECK(left < 20);
  }
}

TEST("a bucket gives what a simple model of one gives") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const uint32_t rate = static_cast<uint32_t>(1 + below(random, round % 2 == 0 ? 5 : 1'000'000));
    const uint32_t burst = static_cast<uint32_t>(1 + below(random, 20));
    Table t({.rate = rate, .burst = burst});
    AddressClient& client = t.enter(number(1));
    const auto interval = Clock::duration(std::chrono::seconds(1)) / rate;
    auto level = interval * burst;  // in time, so that nothing is rounded
    auto now = Clock::now();
    for (int step = 0; step < 200; ++step) {
      const auto passes = Clock::duration(static_cast<int64_t>(
          below(random, static_cast<size_t>(interval.count()) * (below(random, 10) == 0 ? 2 * burst : 2))));
      now += passes;
      level = std::min(level + passes, interval * burst);
      const bool expected = level >= interval;
      if (expected) level -= interval;
      if (t.table.may_take(client, now) != expected) std::printf("seed %u\n", seed);
      REQUIRE(t.table.may_take(client, now) == expected);
      REQUIRE(t.table.take(client, now) == expected);
    }
  }
}

TEST("those who wait have their turns in order, and the same share each, however much they want") {
  Table t({.rate = 2000, .burst = 100});
  const auto now = Clock::now();
  AddressClient& greedy = t.enter(number(1));
  while (t.table.take(greedy, now)) {
  }
  std::vector<AddressClient*> all{&greedy};
  for (int i = 0; i < 4; ++i) all.push_back(&t.enter(number(1)));
  std::vector<uint64_t> taken(all.size());
  std::vector<size_t> order;
  t.turn = [&](AddressClient& client) {
    const size_t who = static_cast<size_t>(std::find(all.begin(), all.end(), &client) - all.begin());
    order.push_back(who);
    // The last one wants one message at a time, the others as many as they can get.
    do {
      ++taken[who];
    } while (t.table.take(client, Clock::now()) && who != all.size() - 1);
    t.table.give_back_credit(client);
    t.table.wait(client);
  };
  for (AddressClient* const client : all) t.table.wait(*client);
  CHECK_EQ(t.table.waiting(), all.size());
  CHECK(t.run_until([&] { return order.size() >= 100; }));
  for (size_t i = 0; i < 100; ++i) CHECK_EQ(order[i], i % all.size());
  for (size_t i = 1; i + 1 < all.size(); ++i) CHECK(taken[i] * 2 > taken[0] && taken[0] * 2 > taken[i]);
}

TEST("nobody overtakes those who wait") {
  Table t({.rate = 1000, .burst = 10});
  AddressClient& waiter = t.enter(number(1));
  AddressClient& other = t.enter(number(1));
  t.table.wait(waiter);
  CHECK(!t.table.take(other, Clock::now()));
  t.table.stop_waiting(waiter);
  CHECK(t.table.take(other, Clock::now()));
}

TEST("who waits may go, and its whole address with it, also when its turn comes") {
  Table t({.rate = 1000, .burst = 10});
  const auto now = Clock::now();
  AddressClient& first = t.enter(number(1));
  AddressClient& second = t.enter(number(1));
  AddressClient& third = t.enter(number(1));
  while (t.table.take(first, now)) {
  }
  for (AddressClient* const client : {&first, &second, &third}) t.table.wait(*client);
  t.table.leave(second);
  CHECK_EQ(t.table.waiting(), 2u);
  bool turned = false;
  t.turn = [&](AddressClient& client) {
    CHECK(&client == &first);
    turned = true;
    t.table.leave(first);
    t.table.leave(third);
    CHECK(t.table.has_room(number(1)));
    CHECK(t.table.size() == 1);
    // Somebody else comes from there, and is gone again.
    t.table.leave(t.enter(number(1)));
    t.table.take(number(1));
  };
  CHECK(t.run_until([&] { return turned; }));
  CHECK_EQ(t.table.waiting(), 0u);
  t.table.set_limits({});
  CHECK_EQ(t.table.size(), 0u);
}

TEST("with another rate an address owes the same share of its bucket, and never more than all of it") {
  Table t({.rate = 1, .burst = 100});
  for (int i = 0; i < 100; ++i) CHECK(t.table.take(number(1)));
  t.table.set_limits({.rate = 1000, .burst = 1000});
  CHECK(!t.table.take(number(1)));
  CHECK(t.run_until([&] { return t.table.take(number(1)); }));
}

}  // namespace evapid::test
