// The whole core over real sockets: what is received, who gets what, and in which order.
#include "dispatcher.h"

#include "bus.h"
#include "check.h"

namespace evapid::test {

namespace {

// Routes that do what a message says: `T<tag>` tags its sender, `M<tag>:text` multicasts, `U<tag>:text`
// unicasts, `C` closes, anything else is relayed as it came.
void obey(Bus& bus, const Bus::Message& message) {
  const std::string_view text = message.text;
  if (text.starts_with("T")) return static_cast<void>(bus.dispatcher.set_tag(message.client, text.substr(1)));
  if (text == "C") return static_cast<void>(bus.dispatcher.close(message.client, CloseReason::kRoute));
  const size_t colon = text.find(':');
  if (text.starts_with("M")) return bus.multicast(text.substr(colon + 1), text.substr(1, colon - 1));
  if (text.starts_with("U")) return bus.unicast(text.substr(colon + 1), text.substr(1, colon - 1));
  bus.relay(message);
}

void make_obedient(Bus& bus) {
  bus.on_message = [&bus](const Bus::Message& message) { obey(bus, message); };
}

}  // namespace

TEST("a message is relayed to every client, its sender included, over TCP and Unix sockets") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    Bus bus({}, transport);
    Peer first = bus.connect();
    Peer second = bus.connect();
    first.send("5:hello,");
    CHECK(bus.until_received(first, 8));
    CHECK(bus.until_received(second, 8));
    CHECK_EQ(second.received(), "5:hello,");
    CHECK_EQ(bus.dispatcher.stats().messages_received, 1);
    CHECK_EQ(bus.dispatcher.stats().messages_relayed, 1);
    CHECK_EQ(bus.dispatcher.stats().bytes_copied, 0);
  }
}

TEST("a stream of messages cut at every byte gives the same messages, with routes and without") {
  const std::string stream = " 5:hello,\r\n0:,005:again,3:abc,";
  const std::string relayed = "5:hello,0:,5:again,3:abc,";
  for (const bool default_relay : {false, true}) {
    Bus bus({}, Transport::kTcp, default_relay ? relay_everything() : Plans{});
    Peer peer = bus.connect();
    Peer other = bus.connect();
    std::string expected;
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      peer.send(stream.substr(0, cut));
      bus.run_until_idle(1);
      // Another client's bytes come in between, cut as well.
      other.send("1:");
      bus.run_until_idle(1);
      peer.send(stream.substr(cut));
      bus.run_until_idle(1);
      other.send("x,");
      bus.run_until_idle(1);
    }
    REQUIRE(bus.until_received(peer, (relayed.size() + 4) * (stream.size() + 1)));
    std::string without;
    for (const std::string& payload : payloads_of(peer.received())) {
      if (payload != "x") without += frame(payload);
    }
    for (size_t cut = 0; cut <= stream.size(); ++cut) expected += relayed;
    CHECK_EQ(without, expected);
  }
}

TEST("a message of every size around the limits of chunks and reads arrives unharmed") {
  Bus bus;
  Peer peer = bus.connect();
  std::string expected;
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{9}, size_t{10}, size_t{32'768}, size_t{65'535}, size_t{65'536},
        size_t{262'130}, size_t{262'136}, size_t{262'137}, size_t{262'144}, size_t{1'048'576}}) {
    for (const bool canonical : {true, false}) {
      const std::string text = frame(std::string(size, static_cast<char>('a' + size % 26)));
      expected += text;
      peer.send(canonical ? text : "0" + text);
      CHECK(bus.run_until([&] {
        peer.push();
        return peer.read().size() >= expected.size() || peer.gone();
      }));
    }
  }
  CHECK(peer.received() == expected);
}

TEST("netstring_format=0: what one read returns is one message and goes out bare") {
  Options options;
  options.netstring = false;
  Bus bus(options);
  std::vector<std::string> seen;
  bus.on_message = [&](const Bus::Message& message) {
    seen.emplace_back(message.text);
    bus.relay(message);
  };
  Peer peer = bus.connect();
  peer.send("5:hello, not a frame");
  CHECK(bus.until_received(peer, 20));
  peer.send("more");
  CHECK(bus.until_received(peer, 24));
  CHECK(seen == (std::vector<std::string>{"5:hello, not a frame", "more"}));
  CHECK_EQ(peer.received(), "5:hello, not a framemore");
}

TEST("raw messages are not longer than max_message_size") {
  Options options;
  options.netstring = false;
  options.max_message_size = 10;
  Bus bus(options);
  size_t longest = 0;
  bus.on_message = [&](const Bus::Message& message) {
    longest = std::max(longest, message.text.size());
    bus.relay(message);
  };
  Peer peer = bus.connect();
  peer.send("0123456789012345678901234");
  CHECK(bus.until_received(peer, 25));
  CHECK_EQ(longest, 10);
}

TEST("a multicast reaches the clients of a tag, a unicast the one with the lowest index") {
  Bus bus;
  make_obedient(bus);
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(bus.connect());
  for (const int i : {3, 1, 2}) {
    peers[static_cast<size_t>(i)].send("2:Ta,");
    bus.run_until_idle();
  }
  peers[0].send(frame("Ma:m") + frame("Ua:u") + frame("Mb:nobody") + frame("Ub:nobody") + frame("Ma:n"));
  CHECK(bus.until_received(peers[1], 12));
  CHECK_EQ(peers[1].received(), "1:m,1:u,1:n,");
  CHECK(bus.until_received(peers[2], 8));
  CHECK_EQ(peers[2].received(), "1:m,1:n,");
  CHECK(bus.until_received(peers[3], 8));
  CHECK_EQ(peers[0].read(), "");
  peers[1].close();
  bus.run_until_idle();
  peers[0].send(frame("Ua:v"));
  CHECK(bus.until_received(peers[2], 12));
  CHECK_EQ(peers[3].read().size(), 8);
}

TEST("a client gets relays, multicasts and unicasts of one turn in the order in which they were made") {
  Bus bus;
  make_obedient(bus);
  Peer peer = bus.connect();
  Peer other = bus.connect();
  peer.send("2:Ta,");
  other.send("2:Ta,");
  bus.run_until_idle();
  std::string commands;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string text = std::to_string(i);
    commands += frame(i % 3 == 0 ? text : (i % 3 == 1 ? "Ma:" : "Ua:") + text);
    expected += frame(text);
  }
  other.send(commands);
  CHECK(bus.until_received(peer, expected.size()));
  CHECK_EQ(peer.received(), expected);
}

TEST("a tag that changes in the middle of a turn parts what was addressed before from what comes after") {
  Bus bus;
  make_obedient(bus);
  Peer peer = bus.connect();
  peer.send(frame("Ta") + frame("1") + frame("Ma:2") + frame("Mb:no") + frame("Tb") + frame("Ma:no") +
            frame("Mb:3") + frame("Ub:4") + frame("5") + frame("T") + frame("Mb:no") + frame("Ta") +
            frame("Tb") + frame("Ub:6") + frame("Tb") + frame("Mb:7"));
  const std::string expected =
      frame("1") + frame("2") + frame("3") + frame("4") + frame("5") + frame("6") + frame("7");
  CHECK(bus.until_received(peer, expected.size()));
  CHECK_EQ(peer.received(), expected);
  bus.run_until_idle();
  CHECK_EQ(bus.dispatcher.fan_out().group_count(), 1);
}

TEST("after a close the client gets what was relayed before it and nothing later") {
  Bus bus;
  make_obedient(bus);
  Peer peer = bus.connect();
  Peer other = bus.connect();
  peer.send(frame("Ta"));
  bus.run_until_idle();
  std::vector<CloseReason> reasons;
  bus.on_closed = [&](ClientId, CloseReason reason) {
    reasons.push_back(reason);
    bus.relay("gone");
  };
  peer.send(frame("1") + frame("Ma:2") + frame("Ua:3") + frame("C") + frame("4"));
  CHECK(bus.until_gone(peer));
  CHECK(peer.ended());
  CHECK_EQ(peer.received(), "1:1,1:2,1:3,");
  CHECK(bus.run_until([&] { return other.read().ends_with("4:gone,"); }));
  CHECK(reasons == std::vector<CloseReason>{CloseReason::kRoute});
}

TEST(
    "a message relayed from connection-new reaches the new client, and one from connection-closed does not "
    "reach the old") {
  Bus bus;
  bus.on_new = [&](ClientId id) {
    bus.relay("before");
    bus.dispatcher.admit(id);
    bus.relay("welcome " + std::to_string(id.index));
  };
  Peer first = bus.connect();
  Peer second = bus.connect();
  CHECK(bus.until_received(second, 12));
  CHECK_EQ(second.received(), frame("welcome 1"));
  CHECK(bus.until_received(first, 12 + 9 + 12));
  CHECK_EQ(first.received(), frame("welcome 0") + frame("before") + frame("welcome 1"));
}

TEST("commands outside of a turn are flushed by settle() or flush()") {
  Bus bus;
  Peer peer = bus.connect();
  bus.relay("one");
  bus.dispatcher.settle();
  CHECK(bus.until_received(peer, 6));
  bus.relay("two");
  bus.dispatcher.flush();
  CHECK(bus.until_received(peer, 12));
  CHECK_EQ(peer.received(), "3:one,3:two,");
}

TEST("a message that many turns' worth of bytes waits behind still arrives in order") {
  Bus bus;
  Peer publisher = bus.connect();
  Peer subscriber = bus.connect();
  std::string expected;
  for (int i = 0; expected.size() < 6'000'000; ++i)
    expected += frame(std::to_string(i) + std::string(static_cast<size_t>(i % 300), 'x'));
  publisher.send(expected);
  CHECK(bus.run_until([&] {
    publisher.push();
    publisher.read();
    return subscriber.read().size() >= expected.size();
  }));
  CHECK(subscriber.received() == expected);
  CHECK(bus.run_until([&] { return publisher.read().size() >= expected.size(); }));
  CHECK(publisher.received() == expected);
  CHECK(bus.dispatcher.pool().allocated_bytes() < 32'000'000);
}

TEST("commands for clients that are gone or never were do nothing") {
  Bus bus;
  Peer peer = bus.connect();
  for (const ClientId id : {ClientId{0, 99}, ClientId{5, 1}, ClientId{UINT32_MAX, 0}}) {
    bus.dispatcher.admit(id);
    bus.dispatcher.reject(id);
    bus.dispatcher.close(id, CloseReason::kRoute);
    bus.dispatcher.set_tag(id, "a");
    bus.dispatcher.begin_route(id);
    bus.dispatcher.end_route(id);
    bus.dispatcher.hold_reading(id, true);
    CHECK(bus.dispatcher.find(id) == nullptr);
  }
  peer.send("5:hello,");
  CHECK(bus.until_received(peer, 8));
}

}  // namespace evapid::test
