// The lives of clients: admission, the several ways to end, what is told about it, and the reuse of
// connection indexes.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <optional>

#include "bus.h"
#include "check.h"
#include "dispatcher.h"

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

CloseReason reason_of(const Event* closed) {
  return static_cast<CloseReason>(closed->a);
}

Options closing_in(milliseconds timeout) {
  Options options;
  options.drain_timeout = timeout;
  return options;
}

}  // namespace

TEST("a client has the address it comes from and the lowest free index") {
  Bus bus;
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(bus.connect());
  const Client* const client = bus.dispatcher.find({1, 1});
  REQUIRE(client != nullptr);
  CHECK_EQ(client->peer.ip_text(), "127.0.0.1");
  CHECK_EQ(client->peer.port, peers[1].port());
  peers[2].close();
  peers[0].close();
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 1; }));
  peers.push_back(bus.connect());
  peers.push_back(bus.connect());
  peers.push_back(bus.connect());
  std::vector<uint32_t> indexes;
  for (const Event& event : bus.events) {
    if (event.kind == static_cast<uint32_t>(EventKind::kConnectionNew)) indexes.push_back(event.client);
  }
  CHECK(indexes == (std::vector<uint32_t>{0, 1, 2, 0, 2, 3}));
  CHECK(bus.dispatcher.find({0, 1}) == nullptr);
  CHECK(bus.dispatcher.find({0, 2}) != nullptr);
}

TEST("nothing of a client is read before connection-new has run, and relays do not reach it") {
  Bus bus;
  bus.on_new = [](ClientId) {};
  Peer peer = bus.connect();
  peer.send("5:hello,");
  bus.run_until_idle();
  bus.relay("early");
  bus.dispatcher.settle();
  CHECK_EQ(bus.count(EventKind::kMessage), 0);
  bus.dispatcher.admit({0, 1});
  CHECK(bus.until_received(peer, 8));
  CHECK_EQ(peer.received(), "5:hello,");
}

TEST("a client that is rejected, admitted before or not, is closed and no connection-closed follows") {
  for (const bool admitted : {false, true}) {
    Bus bus;
    bus.on_new = [&](ClientId id) {
      if (id.generation > 1) return bus.dispatcher.admit(id);
      if (admitted) {
        bus.dispatcher.admit(id);
        bus.relay("not today");
      }
      bus.dispatcher.reject(id);
    };
    Peer peer = bus.connect();
    peer.send("5:hello,");
    CHECK(bus.until_gone(peer));
    if (admitted) CHECK_EQ(peer.received(), frame("not today"));
    CHECK_EQ(bus.dispatcher.stats().clients, 0);
    CHECK_EQ(bus.count(EventKind::kConnectionClosed), 0);
    CHECK_EQ(bus.count(EventKind::kMessage), 0);
    Peer next = bus.connect();
    CHECK_EQ(bus.last(EventKind::kConnectionNew)->client, 0);
    CHECK_EQ(bus.last(EventKind::kConnectionNew)->generation, 2);
  }
}

TEST("a client that its connection-new closes before it is admitted is gone") {
  Bus bus;
  bus.on_new = [&](ClientId id) { bus.dispatcher.close(id, CloseReason::kRoute); };
  Peer peer = bus.connect();
  CHECK(bus.until_gone(peer));
  CHECK_EQ(bus.dispatcher.stats().clients, 0);
}

TEST("one client more than max_clients is accepted, told and closed at once, and harms nobody") {
  Options options;
  options.max_clients = 2;
  Bus bus(options);
  Peer first = bus.connect();
  Peer second = bus.connect();
  Peer third = bus.connect();
  Peer fourth = bus.connect();
  CHECK(bus.until_gone(third));
  CHECK(bus.until_gone(fourth));
  CHECK_EQ(bus.dispatcher.stats().rejected, 2);
  CHECK_EQ(bus.count(EventKind::kRejected), 1);  // the next within a second is only counted
  first.send("5:hello,");
  CHECK(bus.until_received(second, 8));
  first.close();
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 1; }));
  Peer fifth = bus.connect();
  CHECK_EQ(bus.dispatcher.stats().clients, 2);
}

TEST("a client that half-closes after its last message gets all that is due to it, and is closed then") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    Bus bus({}, transport);
    Peer peer = bus.connect(4096);
    const std::string large(900'000, 'x');
    std::string sent;
    for (int i = 0; i < 8; ++i) sent += frame(large);
    peer.send(sent);
    CHECK(bus.run_until([&] {
      peer.push();
      return peer.unsent() == 0;
    }));
    peer.half_close();
    bus.run_until_idle();
    CHECK(bus.until_gone(peer));
    CHECK(peer.ended());
    CHECK(peer.received() == sent);
    bus.run_until_idle();
    REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
    CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kPeer);
  }
}

TEST("a client that resets in the middle of a frame harms nobody, and what arrived whole is routed") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    Bus bus({}, transport);
    Peer witness = bus.connect();
    Peer peer = bus.connect();
    peer.send("5:hello,100:and then");
    bus.run_until_idle();
    peer.reset();
    CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 1; }));
    witness.send("3:abc,");
    CHECK(bus.until_received(witness, 14));
    CHECK_EQ(witness.received(), "5:hello,3:abc,");
    CHECK_EQ(bus.count(EventKind::kConnectionClosed), 1);
  }
}

TEST(
    "the messages of a client that resets in the same turn are routed while it can still be found, before "
    "connection-closed") {
  for (const bool tell_closed : {true, false}) {
    Options options;
    options.tell_connection_closed = tell_closed;
    Bus bus(options);
    Peer peer = bus.connect();
    peer.send("1:a,1:b,1:c,");
    peer.reset();
    CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 0; }));
    bus.run_until_idle();
    CHECK_EQ(bus.messages_of_nobody, 0);
    CHECK_EQ(bus.count(EventKind::kMessage), bus.dispatcher.stats().messages_received);
    if (tell_closed) CHECK_EQ(bus.events.back().kind, static_cast<uint32_t>(EventKind::kConnectionClosed));
  }
}

TEST("a bad frame is told with its place, what came before it is routed, and the client is closed") {
  Bus bus;
  Peer witness = bus.connect();
  Peer peer = bus.connect();
  peer.send("5:hello,");
  bus.run_until_idle();
  peer.send(" 3:abc,oops");
  CHECK(bus.until_gone(peer));
  CHECK_EQ(peer.received(), "5:hello,3:abc,");
  REQUIRE(bus.count(EventKind::kBadFrame) == 1);
  const Event& bad = *bus.last(EventKind::kBadFrame);
  CHECK_EQ(bad.client, 1);
  CHECK_EQ(bad.a, static_cast<uint32_t>(netstring::BadFrame::kNoLength));
  CHECK_EQ(bad.b, 15);
  CHECK_EQ(bad.c, 0);
  REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
  CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kBadFrame);
  CHECK_EQ(bus.dispatcher.stats().bad_frames, 1);
  witness.send("3:def,");
  CHECK(bus.until_received(witness, 20));
}

TEST("every kind of bad input closes its client alone") {
  Options options;
  options.max_message_size = 1000;
  for (const std::string text :
       {"hello", "5hello", "0000000001:x,", "1001:", "5:hello;", "999999999:", "-1:,", "GET / HTTP/1.1"}) {
    Bus bus(options);
    Peer witness = bus.connect();
    Peer peer = bus.connect();
    peer.send(text);
    CHECK(bus.until_gone(peer));
    CHECK_EQ(bus.count(EventKind::kBadFrame), 1);
    witness.send("2:ok,");
    CHECK(bus.until_received(witness, 5));
  }
}

TEST("on_bad_frame=discard throws away what the read held and goes on") {
  Options options;
  options.discard_bad_frame = true;
  Bus bus(options);
  Peer peer = bus.connect();
  peer.send("2:ok,garbage 3:abc,");
  bus.run_until_idle();
  peer.send("5:again,");
  CHECK(bus.until_received(peer, 13));
  CHECK_EQ(peer.received(), "2:ok,5:again,");
  CHECK_EQ(bus.count(EventKind::kBadFrame), 1);
}

TEST("a client that never takes what waits for it is let go after the drain time-out") {
  Bus bus(closing_in(milliseconds(100)));
  Peer peer = bus.connect(4096);
  bus.relay(std::string(8'000'000, 'x'));
  bus.dispatcher.settle();
  REQUIRE(bus.dispatcher.stats().waiting_clients == 1);
  const auto start = Clock::now();
  bus.dispatcher.close({0, 1}, CloseReason::kRoute);
  bus.dispatcher.settle();
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 0);
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 0; }));
  CHECK(Clock::now() >= start + milliseconds(100));
  CHECK_EQ(bus.dispatcher.stats().drain_timeouts, 1);
  CHECK_EQ(bus.dispatcher.stats().waiting_clients, 0);
  bus.run_until_idle();
  REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
  CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kRoute);
}

TEST("a closing client gets all that waits for it, and no relay made later") {
  Bus bus;
  Peer peer = bus.connect(4096);
  const std::string large(8'000'000, 'x');
  bus.relay(large);
  bus.dispatcher.settle();
  bus.dispatcher.close({0, 1}, CloseReason::kRoute);
  bus.relay("later");
  bus.dispatcher.settle();
  CHECK(bus.until_gone(peer));
  CHECK(peer.ended());
  CHECK(peer.received() == frame(large));
  CHECK_EQ(bus.dispatcher.stats().drain_timeouts, 0);
}

TEST("a client that goes on sending after it was closed still gets what was relayed before") {
  Bus bus;
  Peer peer = bus.connect(4096);
  const std::string text(40'000, 'x');
  bus.relay(text);
  bus.dispatcher.settle();
  REQUIRE(bus.dispatcher.stats().waiting_clients ==
          0);  // all of it is with the kernel, most of it not with the peer
  bus.dispatcher.close({0, 1}, CloseReason::kRoute);
  bus.dispatcher.settle();
  CHECK(bus.dispatcher.lingering() == 1);
  peer.send("5:hello,");
  bus.run_until_idle();
  CHECK(bus.until_gone(peer));
  CHECK(peer.received() == frame(text));
  CHECK(bus.run_until([&] { return bus.dispatcher.lingering() == 0; }));
}

TEST("shutdown takes no new clients, delivers what waits, closes everybody and says when it is done") {
  Bus bus(closing_in(milliseconds(1500)));
  Peer reader = bus.connect(4096);
  Peer sleeper = bus.connect(4096);
  Peer idle = bus.connect();
  const std::string large(6'000'000, 'x');
  bus.relay(large);
  bus.dispatcher.settle();
  const auto start = Clock::now();
  bus.dispatcher.shutdown();
  CHECK(bus.run_until([&] {
    reader.read();
    idle.read();
    return bus.dispatcher.stats().clients == 0;
  }));
  CHECK(Clock::now() < start + milliseconds(6000));
  CHECK(reader.read() == frame(large));
  CHECK(reader.ended());
  CHECK(idle.read() == frame(large));
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 3);
  CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kShutdown);
}

TEST("shutdown without clients of their own connection-closed is told as well") {
  Options options;
  options.tell_connection_closed = options.tell_connection_new = options.tell_message = false;
  Bus bus(options, Transport::kTcp, relay_everything());
  Peer peer = bus.connect();
  bus.dispatcher.shutdown();
  CHECK(bus.until_gone(peer));
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kAllGone) + bus.count(EventKind::kConnectionClosed), 1);
}

TEST(
    "what a client is sent leaves at once, and a dead one is noticed, however its listening socket was "
    "opened") {
  for (const bool adopted : {false, true}) {
    Bus bus;
    std::optional<Peer> early;
    if (adopted) {
      // Somebody else's socket, with a client that has connected before we are given it.
      Opened opened = listen_tcp("127.0.0.1", 0);
      REQUIRE(opened.error == 0);
      const int off = 0;
      setsockopt(opened.fd.get(), IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
      setsockopt(opened.fd.get(), SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off);
      bus.listener = opened.fd.get();
      early.emplace(bus.listener);
      REQUIRE(bus.dispatcher.listen(std::move(opened.fd)) == 0);
      CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionNew) == 1; }));
    }
    Peer peer = bus.connect();
    for (const Event& event : bus.events) {
      if (event.kind != static_cast<uint32_t>(EventKind::kConnectionNew)) continue;
      const Client* const client = bus.dispatcher.find({event.client, event.generation});
      if (client == nullptr) continue;
      CHECK(has_client_options(client->socket.get(), client->peer.family));
    }
    CHECK(bus.count(EventKind::kConnectionNew) > 0);
  }
}

TEST("shutdown from inside of a route is safe") {
  Bus bus;
  Peer peer = bus.connect();
  Peer other = bus.connect();
  bus.on_message = [&](const Bus::Message& message) {
    bus.relay(message);
    bus.dispatcher.shutdown();
  };
  peer.send("5:hello,3:abc,");
  CHECK(bus.until_gone(peer));
  CHECK(bus.until_gone(other));
  CHECK(other.received().starts_with("5:hello,"));
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kConnectionClosed), 2);
}

TEST("a client that has ended is kept until its running routes are through") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    Bus bus({}, transport);
    bus.on_message = [&](const Bus::Message& message) { bus.dispatcher.begin_route(message.client); };
    Peer peer = bus.connect();
    peer.send("1:a,1:b,");
    peer.half_close();
    bus.run_until_idle();
    CHECK_EQ(bus.count(EventKind::kConnectionClosed), 0);
    bus.relay("answer");
    bus.dispatcher.end_route({0, 1});
    bus.dispatcher.settle();
    CHECK_EQ(bus.count(EventKind::kConnectionClosed), 0);
    bus.dispatcher.end_route({0, 1});
    bus.dispatcher.settle();
    CHECK(bus.until_gone(peer));
    CHECK_EQ(peer.received(), frame("answer"));
    REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
    CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kPeer);
  }
}

TEST("a client that closes for good while its routes run is told to have gone by itself, and nothing spins") {
  Bus bus({}, Transport::kUnix);
  bus.on_message = [&](const Bus::Message& message) { bus.dispatcher.begin_route(message.client); };
  Peer peer = bus.connect();
  peer.send("1:a,");
  peer.close();
  bus.run_until_idle();
  bus.dispatcher.end_route({0, 1});
  bus.dispatcher.settle();
  REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
  CHECK_EQ(reason_of(bus.last(EventKind::kConnectionClosed)), CloseReason::kPeer);
}

TEST("a client with max_running_routes running is not read until one of them is through") {
  Options options;
  options.max_running_routes = 2;
  Bus bus(options);
  bus.on_message = [&](const Bus::Message& message) { bus.dispatcher.begin_route(message.client); };
  Peer peer = bus.connect();
  peer.send("1:a,1:b,");
  bus.run_until_idle();
  peer.send("1:c,");
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kMessage), 2);
  bus.dispatcher.end_route({0, 1});
  bus.dispatcher.settle();
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kMessage), 3);
}

TEST(
    "a client whose reading is held is not read, also when it hangs up meanwhile, and nothing of it is "
    "lost") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    Bus bus({}, transport);
    bus.on_new = [&](ClientId id) {
      bus.dispatcher.admit(id);
      bus.dispatcher.hold_reading(id, true);
    };
    Peer peer = bus.connect();
    peer.send("5:hello,");
    peer.close();
    bus.run_until_idle();
    CHECK_EQ(bus.count(EventKind::kMessage), 0);
    bus.dispatcher.hold_reading({0, 1}, false);
    bus.dispatcher.settle();
    CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionClosed) == 1; }));
    CHECK_EQ(bus.count(EventKind::kMessage), 1);
  }
}

TEST("three hundred clients that all go in one turn are all told, and their indexes are free again") {
  Bus bus;
  std::vector<Peer> peers;
  for (int i = 0; i < 300; ++i) peers.push_back(bus.connect());
  for (int i = 0; i < 300; ++i) bus.dispatcher.set_tag({static_cast<uint32_t>(i), 1}, std::to_string(i % 7));
  bus.on_closed = [&](ClientId id, CloseReason) { bus.multicast("gone", std::to_string(id.index % 7)); };
  for (Peer& peer : peers) peer.close();
  CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionClosed) == 300; }));
  bus.run_until_idle();
  CHECK_EQ(bus.dispatcher.stats().clients, 0);
  CHECK_EQ(bus.dispatcher.fan_out().group_count(), 0);
  Peer again = bus.connect();
  CHECK_EQ(bus.last(EventKind::kConnectionNew)->client, 0);
}

}  // namespace evapid::test
