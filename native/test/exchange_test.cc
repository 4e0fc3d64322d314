// Exchanging plans for routes, plans for plans, and limits, while messages flow: none may be lost, handled
// twice, handled by both or out of order.
#include "bus.h"
#include "check.h"
#include "peer.h"

namespace evapid::test {

namespace {

Options telling(bool routes) {
  Options options;
  options.tell_connection_new = options.tell_connection_closed = false;
  options.tell_message = routes;
  return options;
}

Plan plan(PlanEvent event, const std::vector<uint32_t>& words, std::string bytes) {
  auto loaded = Plan::load(event, words, std::move(bytes));
  REQUIRE(loaded.has_value());
  return std::move(*loaded);
}

constexpr uint32_t word(auto value) {
  return static_cast<uint32_t>(value);
}

// relay('<mark>$evapi(msg)')
Plans marking(const std::string& mark) {
  Plans plans;
  plans.message = plan(PlanEvent::kMessage,
                       {1, 2, word(PlanPartKind::kLiteral), 0, word(mark.size()),
                        word(PlanPartKind::kMessage), 0, 0, word(PlanOp::kRelay), 0},
                       mark);
  return plans;
}

// A bus whose routes relay a message, with their mark before it if they have one, and where routes and plans
// take turns.
struct Exchanging {
  explicit Exchanging(bool routes_first)
      : bus(telling(routes_first), Transport::kTcp, routes_first ? Plans{} : marking("P")),
        routes_have_it(routes_first) {
    bus.on_message = [this](const Bus::Message& message) {
      if (!routes_have_it) ++strays;
      if (before_message) before_message();
      // Marked messages have a chunk each: that is for few.
      mark.empty() ? bus.relay(message) : bus.relay(mark + std::string(message.text));
    };
    bus.on_exchanged = [this] { routes_have_it = asked_for_routes; };
  }
  void to_routes(const std::string& with_mark) {
    mark = with_mark;
    asked_for_routes = true;
    bus.dispatcher.exchange(telling(true), {});
  }
  void to_plan(Plans plans) {
    asked_for_routes = false;
    bus.dispatcher.exchange(telling(false), std::move(plans));
  }

  Bus bus;
  std::string mark = "R";
  bool routes_have_it;
  bool asked_for_routes = false;
  std::function<void()> before_message;
  size_t strays = 0;  // messages that routes got while a plan was to run
};

}  // namespace

TEST("what was read before a plan comes goes to the routes, and what is read later to the plan") {
  Exchanging it(true);
  Peer peer = it.bus.connect();
  peer.send("1:a,1:b,");
  it.to_plan(marking("P"));
  CHECK(it.bus.until_received(peer, 10));  // one turn reads them, and exchanges afterwards
  peer.send("1:c,");
  CHECK(it.bus.until_received(peer, 15));
  CHECK_EQ(peer.received(), "2:Ra,2:Rb,2:Pc,");
  CHECK_EQ(it.strays, 0);
  CHECK_EQ(it.bus.count(EventKind::kExchanged), 1);
}

TEST("without anything to read, an exchange comes with the next settling") {
  Exchanging it(false);
  Peer peer = it.bus.connect();
  it.to_routes("R");
  CHECK(it.bus.dispatcher.unsettled());
  it.bus.dispatcher.settle();
  CHECK(it.routes_have_it);
  CHECK(!it.bus.dispatcher.unsettled());
  peer.send("1:a,");
  CHECK(it.bus.until_received(peer, 5));
  CHECK_EQ(peer.received(), "2:Ra,");
}

TEST("asked for twice before it has come, the last word counts") {
  Exchanging it(true);
  Peer peer = it.bus.connect();
  it.to_plan(marking("1"));
  it.to_plan(marking("2"));
  it.bus.dispatcher.settle();
  CHECK_EQ(it.bus.count(EventKind::kExchanged), 1);
  peer.send("1:a,");
  CHECK(it.bus.until_received(peer, 5));
  CHECK_EQ(peer.received(), "2:2a,");
}

TEST("a route that asks for an exchange still gets all of the batch that it is in the middle of") {
  // More than a ring holds, so that the ring is handed over in the middle of a read as well.
  constexpr size_t kMessages = 20'000;
  Exchanging it(true);
  it.mark.clear();
  Peer peer = it.bus.connect();
  size_t seen = 0;
  it.before_message = [&] {
    if (++seen == 100) it.to_plan(marking("P"));
  };
  std::string stream;
  for (size_t i = 0; i < kMessages; ++i) stream += frame(std::to_string(i));
  peer.send(stream);
  std::vector<std::string> payloads;
  CHECK(it.bus.run_until([&] {
    peer.push();
    return peer.read().ends_with(std::to_string(kMessages - 1) + ",");
  }));
  payloads = payloads_of(peer.received());
  REQUIRE(payloads.size() == kMessages);
  bool by_plan = false;
  for (size_t i = 0; i < kMessages; ++i) {
    by_plan = by_plan || payloads[i][0] == 'P';
    REQUIRE(payloads[i] == (by_plan ? "P" : "") + std::to_string(i));
  }
  CHECK_EQ(it.strays, 0);
}

TEST("routes and plans that take turns at any moment lose nothing, double nothing and keep the order") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  constexpr size_t kPeers = 3;
  constexpr size_t kMessages = 4'000;
  Exchanging it(true);
  it.mark.clear();
  const auto exchange = [&] {
    switch (below(random, 4)) {
      case 0:
        return it.to_plan(marking("P"));
      case 1:
        return it.to_plan(marking("Q"));
      case 2:
        return it.to_plan(relay_everything());
      default:
        return it.to_routes("");
    }
  };
  it.before_message = [&] {
    if (below(random, 200) == 0) exchange();
  };
  std::vector<Peer> peers;
  std::vector<std::string> streams(kPeers);
  for (size_t i = 0; i < kPeers; ++i) {
    peers.push_back(it.bus.connect());
    for (size_t n = 0; n < kMessages; ++n) {
      streams[i] += frame("." + std::to_string(i) + "." + std::to_string(n));
    }
  }
  CHECK(it.bus.run_until([&] {
    bool all_sent = true;
    for (size_t i = 0; i < kPeers; ++i) {
      const size_t some = std::min(streams[i].size(), below(random, 4'000));
      peers[i].send(streams[i].substr(0, some));
      streams[i].erase(0, some);
      all_sent = all_sent && streams[i].empty() && peers[i].unsent() == 0;
      peers[i].push();
      peers[i].read();
    }
    if (below(random, 3) == 0) exchange();
    return all_sent;
  }));
  it.bus.run_until_idle();
  for (Peer& peer : peers) {
    const auto payloads = payloads_of(peer.read());
    REQUIRE(payloads.size() == kPeers * kMessages);
    std::vector<size_t> next(kPeers);
    for (const std::string& payload : payloads) {
      const size_t dot = payload.find('.');
      REQUIRE(dot <= 1);
      const size_t from = static_cast<size_t>(payload[dot + 1] - '0');
      REQUIRE(payload.substr(dot + 3) == std::to_string(next[from]++));
    }
  }
  // All have seen the same, in the same order.
  CHECK(peers[0].received() == peers[1].received());
  CHECK(peers[0].received() == peers[2].received());
  CHECK_EQ(it.strays, 0);
}

TEST("whoever was told of clients is told of their end, also when plans have taken over") {
  Exchanging it(true);
  Peer peer = it.bus.connect();
  it.to_plan(marking("P"));
  it.bus.dispatcher.settle();
  peer.close();
  CHECK(it.bus.run_until([&] { return it.bus.count(EventKind::kConnectionClosed) == 1; }));
}

TEST("the tag that a plan gave a client is known when its end is told to the routes that came after it") {
  Plans plans;
  plans.message =
      plan(PlanEvent::kMessage, {1, 1, word(PlanPartKind::kMessage), 0, 0, word(PlanOp::kSetTag), 0}, "");
  Bus bus(telling(false), Transport::kTcp, std::move(plans));
  Peer peer = bus.connect();
  peer.send("4:blue,");
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().plans_run[1] == 1; }));
  std::string tag;
  bus.on_closed = [&](ClientId id, CloseReason) { tag = bus.dispatcher.tag(*bus.dispatcher.find(id)); };
  bus.dispatcher.exchange(telling(true), {});
  bus.dispatcher.settle();
  peer.close();
  CHECK(bus.run_until([&] { return bus.count(EventKind::kConnectionClosed) == 1; }));
  CHECK_EQ(tag, "blue");
}

TEST("clients that are gone when the plans change have the connection-closed of the old ones") {
  const auto announcing = [](const std::string& text) {
    Plans plans;
    plans.connection_closed =
        plan(PlanEvent::kConnectionClosed,
             {1, 1, word(PlanPartKind::kLiteral), 0, word(text.size()), word(PlanOp::kRelay), 0}, text);
    return plans;
  };
  Options options = telling(false);
  Bus bus(options, Transport::kTcp, announcing("old"));
  Peer other = bus.connect();
  Peer first = bus.connect();
  Peer second = bus.connect();
  first.close();
  bus.dispatcher.exchange(options, announcing("new"));
  CHECK(bus.until_received(other, 6));
  second.close();
  CHECK(bus.until_received(other, 12));
  CHECK_EQ(other.received(), "3:old,3:new,");
}

TEST("limits change for clients that are there: the largest message, how many clients") {
  Options options;
  options.max_message_size = 4;
  options.max_clients = 1;
  Bus bus(options);
  Peer peer = bus.connect();
  options.max_message_size = 5;
  options.max_clients = 2;
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  Peer second = bus.connect();
  peer.send("5:hello,");
  CHECK(bus.until_received(second, 8));
  CHECK_EQ(bus.dispatcher.stats().rejected, 0);
  options.max_message_size = 4;
  options.max_clients = 1;
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK_EQ(bus.dispatcher.stats().clients, 2);  // who is there stays
  Peer third = bus.connect();
  CHECK(bus.until_gone(third));
  peer.send("5:hello,");
  CHECK(bus.until_gone(peer));
}

TEST("a client that was not read because too many of its routes run is read when more may run") {
  Options options;
  options.max_running_routes = 1;
  Bus bus(options);
  size_t messages = 0;
  bus.on_message = [&](const Bus::Message& message) {
    ++messages;
    bus.dispatcher.begin_route(message.client);
  };
  Peer peer = bus.connect();
  peer.send("1:a,");
  CHECK(bus.run_until([&] { return messages == 1; }));
  peer.send("1:b,");
  bus.run_until_idle();
  CHECK_EQ(messages, 1);
  options.max_running_routes = 3;
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK(bus.run_until([&] { return messages == 2; }));
}

TEST("whoever blocks the publishers does so no longer when slow clients are to be closed, and is closed") {
  Options options;
  options.send_buffer_limit = 100'000;
  options.slow_client = SlowClient::kBlock;
  Bus bus(options);
  Peer publisher = bus.connect();
  Peer sleeper = bus.connect(4096);
  const std::string message = frame(std::string(10'000, 'x'));
  CHECK(bus.run_until([&] {
    publisher.send(message);
    publisher.read();
    return bus.count(EventKind::kSlow) == 1;
  }));
  options.slow_client = SlowClient::kClose;
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK(bus.run_until([&] {
    publisher.push();
    if (publisher.unsent() == 0) publisher.send(message);
    publisher.read();
    return bus.count(EventKind::kConnectionClosed) == 1;
  }));
  CHECK_EQ(bus.dispatcher.stats().slow_closed, 1);
  CHECK(bus.until_gone(sleeper));
}

TEST("a time-out for slow clients counts for those that wait already") {
  Options options;
  Bus bus(options);
  Peer publisher = bus.connect();
  Peer sleeper = bus.connect(4096);
  const std::string message = frame(std::string(50'000, 'x'));
  CHECK(bus.run_until([&] {
    publisher.send(message);
    publisher.read();
    return bus.dispatcher.stats().waiting_clients == 1;
  }));
  options.send_data_timeout = std::chrono::milliseconds(20);
  bus.dispatcher.exchange(options, {});
  bus.dispatcher.settle();
  CHECK(bus.run_until([&] {
    publisher.read();
    return bus.count(EventKind::kConnectionClosed) == 1;
  }));
  CHECK(bus.until_gone(sleeper));
}

}  // namespace evapid::test
