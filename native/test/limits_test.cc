// What the limits of an address do to clients of the whole core: who is closed, who is not read for a while,
// and that nothing is lost of what was sent.
#include <optional>

#include "bus.h"
#include "check.h"

namespace evapid::test {

namespace {

Options limited(uint32_t rate, uint32_t burst = 0) {
  Options options;
  options.address_limits = {.rate = rate, .burst = burst};
  return options;
}

Options without_routes(Options options) {
  options.tell_connection_new = false;
  options.tell_message = false;
  options.tell_connection_closed = false;
  return options;
}

AccessList only(const std::string& network) {
  const Network parsed = std::get<Network>(parse_network(network));
  return AccessList({&parsed, 1});
}

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += frame(std::to_string(i));
  return text;
}

bool send(Bus& bus, ClientId id, std::string_view text) {
  const bool taken =
      bus.dispatcher.receive_foreign(id, {reinterpret_cast<const std::byte*>(text.data()), text.size()});
  bus.dispatcher.settle();
  return taken;
}

ClientId add(Bus& bus, const std::string& ip) {
  const auto id = bus.dispatcher.add_foreign(*parse_address(ip));
  REQUIRE(id.has_value());
  bus.dispatcher.settle();
  return *id;
}

}  // namespace

TEST("who is not allowed is closed before any route, counted, and told of with its address") {
  Options options;
  options.allow = only("10.0.0.0/8");
  Bus bus(options);
  Peer peer(bus.listener);
  CHECK(bus.until_gone(peer));
  CHECK_EQ(bus.dispatcher.stats().clients_not_allowed, 1u);
  CHECK_EQ(bus.dispatcher.stats().accepted, 0u);
  CHECK_EQ(bus.count(EventKind::kConnectionNew), 0u);
  const Event* const event = bus.last(EventKind::kNotAllowed);
  REQUIRE(event != nullptr);
  CHECK_EQ(event->a, 1u);
  CHECK_EQ(event->client, htonl(INADDR_LOOPBACK));
  CHECK(!bus.dispatcher.add_foreign(*parse_address("2001:db8::1")).has_value());
  CHECK_EQ(bus.dispatcher.stats().clients_not_allowed, 2u);
  CHECK_EQ(bus.count(EventKind::kNotAllowed), 1u);  // not twice in a second
  CHECK(bus.dispatcher.add_foreign(*parse_address("10.9.8.7")).has_value());
}

TEST("a client of a Unix socket is not subject to any of it") {
  Options options = limited(1, 1);
  options.allow = only("10.0.0.0/8");
  options.address_limits.clients = 1;
  Bus bus(options, Transport::kUnix);
  Peer first = bus.connect();
  Peer second = bus.connect();
  second.send(numbered(0, 100));
  CHECK(bus.until_received(first, numbered(0, 100).size()));
  CHECK_EQ(bus.dispatcher.addresses().size(), 0u);
}

TEST("one client more than an address may have is closed, and may come when another has gone") {
  Options options;
  options.address_limits.clients = 2;
  Bus bus(options);
  Peer first = bus.connect();
  const ClientId foreign = add(bus, "127.0.0.1");
  Peer third(bus.listener);
  CHECK(bus.until_gone(third));
  CHECK(!bus.dispatcher.add_foreign(*parse_address("::ffff:127.0.0.1")).has_value());
  CHECK(bus.dispatcher.add_foreign(*parse_address("127.0.0.2")).has_value());
  CHECK_EQ(bus.dispatcher.stats().clients_over_address_limit, 2u);
  CHECK_EQ(bus.dispatcher.stats().rejected, 0u);
  CHECK_EQ(bus.count(EventKind::kOverAddressLimit), 1u);
  bus.dispatcher.end_foreign(foreign, CloseReason::kPeer);
  bus.dispatcher.settle();
  Peer fourth = bus.connect();
  CHECK_EQ(bus.dispatcher.stats().clients, 3u);
}

TEST("a limit of connections costs a message nothing, and leaves nothing behind") {
  Options options;
  options.address_limits.clients = 5;
  Bus bus(options);
  {
    Peer peer = bus.connect();
    peer.send(numbered(0, 1000));
    CHECK(bus.until_received(peer, numbered(0, 1000).size()));
    CHECK_EQ(bus.dispatcher.addresses().size(), 1u);
  }
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 0; }));
  CHECK_EQ(bus.dispatcher.addresses().size(), 0u);
}

TEST("one read with too many messages is handled as far as there are tokens, the rest in time and in order") {
  for (const bool plan : {false, true}) {
    Options options = limited(2000, 50);
    if (plan) options = without_routes(options);
    Bus bus(options, Transport::kTcp, plan ? relay_everything() : Plans{});
    Peer peer = bus.connect();
    const auto start = Clock::now();
    const std::string text = numbered(0, 600);
    peer.send(text);
    while (peer.received().size() < text.size() && Clock::now() < start + std::chrono::seconds(10)) {
      bus.turn(2);
      peer.read();
      const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
      CHECK(static_cast<int64_t>(bus.dispatcher.stats().messages_received) <=
            50 + passed.count() * 2000 / 1'000'000 + 1);
    }
    CHECK(peer.received() == text);
    CHECK(Clock::now() - start > std::chrono::milliseconds(250));
    // Some 50 turns a second, and no polling in between.
    const uint64_t pauses = bus.dispatcher.stats().rate_limited;
    CHECK(pauses >= 5 && pauses <= 30);
    CHECK(bus.dispatcher.stats().turns < 200);
  }
}

TEST("what is held back is put aside: it does not keep the chunk of others") {
  Bus bus(limited(1, 10));
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(bus.connect());
    peers.back().send(numbered(0, 1000));
    bus.run_until_idle(1);
  }
  for (Peer& peer : peers) peer.read();
  bus.run_until_idle(1);
  CHECK(bus.dispatcher.pool().allocated_bytes() < 4 * ChunkPool::kChunkSize);
}

TEST("whatever comes in whatever pieces, the rate loses nothing and changes no order") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  for (int round = 0; round < 12; ++round) {
    Options options = limited(20'000, static_cast<uint32_t>(1 + below(random, 40)));
    const bool plan = round % 2 == 0;
    if (plan) options = without_routes(options);
    Bus bus(options, Transport::kTcp, plan ? relay_everything() : Plans{});
    std::vector<Peer> peers;
    std::vector<std::string> unsent(3);
    std::vector<std::string> sent(3);
    Peer listener = bus.connect();
    for (size_t i = 0; i < unsent.size(); ++i) {
      peers.push_back(bus.connect());
      for (int k = 0; k < 100; ++k) {
        const size_t sizes[] = {0, 10, 1000, 40'000, 300'000};
        const size_t size = below(random, 1 + sizes[below(random, below(random, 8) == 0 ? 5 : 3)]);
        unsent[i] += frame(std::to_string(i) + random_bytes(random, size));
      }
      sent[i] = unsent[i];
    }
    size_t total = 0;
    for (const std::string& text : sent) total += text.size();
    CHECK(bus.run_until([&] {
      for (size_t i = 0; i < peers.size(); ++i) {
        const size_t most = below(random, 4) == 0 ? 200'000 : 100;
        const size_t size = std::min(unsent[i].size(), below(random, most));
        if (peers[i].unsent() == 0) {
          peers[i].send(unsent[i].substr(0, size));
          unsent[i].erase(0, size);
        }
        peers[i].push();
        peers[i].read();
      }
      return listener.read().size() >= total;
    }));
    std::vector<std::string> received(3);
    for (const std::string& payload : payloads_of(listener.received())) {
      received[static_cast<size_t>(payload.at(0) - '0')] += frame(payload);
    }
    if (received != sent) std::printf("seed %u\n", seed);
    CHECK(received == sent);
  }
}

TEST("bare bytes wait in the kernel") {
  Options options = limited(100, 2);
  options.netstring = false;
  Bus bus(options);
  Peer peer = bus.connect();
  std::string sent;
  for (int i = 0; i < 5; ++i) {
    peer.send("abc");
    sent += "abc";
    bus.run_until_idle(1);
  }
  CHECK(bus.until_received(peer, sent.size()));
  CHECK(bus.dispatcher.stats().messages_received <= 5);
  CHECK(bus.dispatcher.stats().rate_limited > 0);
  peer.half_close();
  CHECK(bus.until_gone(peer));
}

TEST("the end of a client that waits is seen when all that it has sent is handled") {
  Bus bus(limited(500, 10));
  Peer listener = bus.connect();
  Peer peer = bus.connect();
  peer.send(numbered(0, 100));
  peer.half_close();
  bus.run_until_idle(1);
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 0u);
  CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionClosed) == 1; }));
  CHECK_EQ(bus.last(EventKind::kConnectionClosed)->a, static_cast<uint32_t>(CloseReason::kPeer));
  CHECK_EQ(bus.dispatcher.stats().messages_received, 100u);
  CHECK(bus.until_received(listener, numbered(0, 100).size()));
}

TEST("a client that resets its connection while it waits is gone when its turn comes, and nothing spins") {
  Bus bus(limited(50, 10));
  Peer peer = bus.connect();
  peer.send(numbered(0, 30));
  bus.run_until_idle(1);
  peer.reset();
  const uint64_t turns = bus.dispatcher.stats().turns;
  CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionClosed) == 1; }));
  CHECK(bus.dispatcher.stats().turns < turns + 100);
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 0u);
}

TEST("an idle client of an address that waits is told apart: its end is seen at once") {
  Bus bus(limited(1, 10));
  Peer busy = bus.connect();
  Peer idle = bus.connect();
  busy.send(numbered(0, 100));
  bus.run_until_idle(1);
  idle.close();
  bus.run_until_idle(1);
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 1u);
}

TEST("a client that waits still gets what is relayed, and can be closed") {
  Bus bus(limited(1, 10));
  Peer peer = bus.connect();
  peer.send(numbered(0, 100));
  CHECK(bus.until_received(peer, numbered(0, 10).size()));
  bus.relay("for you");
  bus.dispatcher.settle();
  CHECK(bus.until_received(peer, numbered(0, 10).size() + 10));
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 1u);
  bus.dispatcher.close({0, 1}, CloseReason::kRoute);
  bus.dispatcher.settle();
  CHECK(bus.until_gone(peer));
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 0u);
  CHECK_EQ(bus.dispatcher.stats().messages_received, 10u);
}

TEST("a route that closes its client in its turn ends it, and the turn of its address goes on") {
  Bus bus(limited(100, 5));
  Peer first = bus.connect();
  Peer second = bus.connect();
  bus.on_message = [&](const Bus::Message& message) {
    if (message.text == "10") bus.dispatcher.close(message.client, CloseReason::kRoute);
  };
  first.send(numbered(0, 100));
  second.send(numbered(100, 120));
  CHECK(bus.until_gone(first));
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().messages_received >= 31; }));
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 0u);
}

TEST("a shutdown does not wait for those who wait") {
  Bus bus(limited(1, 10));
  Peer peer = bus.connect();
  peer.send(numbered(0, 100));
  bus.run_until_idle(1);
  bus.dispatcher.stop_reading();
  bus.dispatcher.shutdown();
  CHECK(bus.until_gone(peer));
  CHECK(peer.received() == numbered(0, 10));
}

TEST("who stops being read for another reason while something is held goes on with that first") {
  Options options = limited(200, 10);
  options.max_running_routes = 1;
  Bus bus(options);
  Peer peer = bus.connect();
  std::optional<ClientId> running;
  bus.on_message = [&](const Bus::Message& message) {
    bus.relay(message);
    if (message.text != "19") return;
    running = message.client;
    bus.dispatcher.begin_route(message.client);
  };
  peer.send(numbered(0, 40));
  CHECK(bus.run_until([&] { return running.has_value(); }));
  // What its turn brings is handled all the same; later turns pass it by.
  bus.run_until_idle(100);
  const uint64_t before = bus.dispatcher.stats().messages_received;
  CHECK(before < 40);
  bus.dispatcher.end_route(*running);
  bus.dispatcher.settle();
  CHECK(bus.until_received(peer, numbered(0, 40).size()));
  CHECK(peer.received() == numbered(0, 40));
}

TEST("what is held waits, too, while a slow client blocks the bus") {
  Options options = limited(200, 10);
  options.slow_client = SlowClient::kBlock;
  Bus bus(options);
  const ClientId slow = add(bus, "192.0.2.1");
  Peer peer = bus.connect();
  peer.send(numbered(0, 40));
  bus.run_until_idle(1);
  bus.dispatcher.foreign_slow(slow, 1000);
  bus.dispatcher.settle();
  const uint64_t before = bus.dispatcher.stats().messages_received;
  bus.run_until_idle(100);
  CHECK_EQ(bus.dispatcher.stats().messages_received, before);
  bus.dispatcher.foreign_caught_up(slow, 0);
  bus.dispatcher.settle();
  CHECK(bus.until_received(peer, numbered(0, 40).size()));
}

TEST("a bad frame among what is held is told with its place, after what came before it") {
  Bus bus(limited(200, 2));
  Peer peer = bus.connect();
  peer.send(numbered(0, 5) + "x");
  CHECK(bus.until_gone(peer));
  CHECK(peer.received() == numbered(0, 5));
  REQUIRE(bus.last(EventKind::kBadFrame) != nullptr);
  CHECK_EQ(bus.last(EventKind::kBadFrame)->b, numbered(0, 5).size());
}

TEST("a foreign client over the rate is refused, and told when it may again; its address is one with TCP") {
  Bus bus(limited(20, 2));
  const ClientId id = add(bus, "127.0.0.1");
  CHECK(send(bus, id, "1"));
  CHECK(send(bus, id, "2"));
  CHECK(!send(bus, id, "3"));
  CHECK(!send(bus, id, "3"));
  CHECK_EQ(bus.dispatcher.stats().rate_limited, 1u);
  CHECK(bus.run_until([&] { return bus.count(EventKind::kReadable) == 1; }));
  CHECK(send(bus, id, "3"));
  Peer peer = bus.connect();
  peer.send("1:4,");
  bus.run_until_idle(1);
  CHECK_EQ(bus.dispatcher.stats().messages_received, 3u);
  CHECK(bus.until_received(peer, 4));
}

TEST("a foreign client that ends or is closed while it waits is gone") {
  Bus bus(limited(20, 1));
  const ClientId first = add(bus, "127.0.0.1");
  const ClientId second = add(bus, "127.0.0.1");
  CHECK(send(bus, first, "1"));
  CHECK(!send(bus, first, "2"));
  CHECK(!send(bus, second, "2"));
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 2u);
  bus.dispatcher.end_foreign(first, CloseReason::kPeer);
  bus.dispatcher.close(second, CloseReason::kRoute);
  bus.dispatcher.settle();
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 0u);
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 2u);
}

TEST("requests of those who are no clients obey the access list and share the rate of their address") {
  Options options = limited(1, 3);
  options.allow = only("127.0.0.0/8");
  Bus bus(options);
  CHECK(bus.dispatcher.admits(parse_address("127.0.0.1")));
  CHECK(!bus.dispatcher.admits(parse_address("10.0.0.1")));
  CHECK(!bus.dispatcher.admits(parse_address("nonsense")));
  CHECK_EQ(bus.dispatcher.stats().requests_not_allowed, 2u);
  CHECK_EQ(bus.dispatcher.stats().clients_not_allowed, 0u);
  const Address address = *parse_address("127.0.0.1");
  const ClientId id = add(bus, "127.0.0.1");
  CHECK(send(bus, id, "1"));
  CHECK(bus.dispatcher.take_token(address));
  CHECK(bus.dispatcher.take_token(address));
  CHECK(!bus.dispatcher.take_token(address));
  CHECK(!send(bus, id, "2"));
  CHECK_EQ(bus.dispatcher.stats().requests_rate_limited, 1u);
}

TEST("limits change while clients are there, who stay and are counted") {
  Bus bus;
  Peer first = bus.connect();
  Peer second = bus.connect();
  CHECK_EQ(bus.dispatcher.addresses().size(), 0u);
  Options options;
  options.address_limits = {.clients = 1, .rate = 1, .burst = 10};
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK_EQ(bus.dispatcher.stats().clients, 2u);
  Peer third(bus.listener);
  CHECK(bus.until_gone(third));
  first.send(numbered(0, 100));
  bus.run_until_idle(1);
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 1u);
  // A higher rate, under which it waits again; then none.
  options.address_limits.rate = 2;
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  bus.run_until_idle(1);
  CHECK_EQ(bus.dispatcher.addresses().waiting(), 1u);
  CHECK(bus.dispatcher.stats().messages_received < 20);
  options.address_limits = {};
  options.allow = only("10.0.0.0/8");
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK(bus.until_received(second, numbered(0, 100).size()));
  CHECK_EQ(bus.dispatcher.addresses().size(), 0u);
  Peer fourth(bus.listener);
  CHECK(bus.until_gone(fourth));
  CHECK_EQ(bus.dispatcher.stats().clients, 2u);
}

TEST("a foreign client that waits is told that it may again when the rate is lifted") {
  Bus bus(limited(1, 1));
  const ClientId id = add(bus, "127.0.0.1");
  CHECK(send(bus, id, "1"));
  CHECK(!send(bus, id, "2"));
  bus.dispatcher.exchange({}, {});
  bus.dispatcher.settle();
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kReadable), 1u);
  CHECK(send(bus, id, "2"));
}

TEST("a client that is closed while what it has sent is handled leaves nothing behind") {
  // What several have sent is flushed behind the read of the last of them, which ends inside a frame; of a
  // Unix socket the kernel takes little, so that all of them are slow, and closed.
  size_t closed_at_once = 0;
  for (size_t peers = 2; peers < 12; ++peers) {
    Options options;
    options.send_buffer_limit = 1000;
    Bus bus(without_routes(options), Transport::kUnix, relay_everything());
    std::string much;
    while (much.size() < 300 * 1024) much += frame(std::string(1000, 'x'));
    std::vector<Peer> slow;
    for (size_t i = 0; i < peers; ++i) slow.push_back(bus.connect());
    for (Peer& peer : slow) peer.send(much);
    bus.turn(100);
    if (bus.dispatcher.stats().slow_closed == peers) ++closed_at_once;
    Peer other = bus.connect();
    other.send("5:after,");
    bus.run_until_idle(1);
    CHECK(other.read().ends_with("5:after,"));
  }
  CHECK(closed_at_once > 0);
}

}  // namespace evapid::test
