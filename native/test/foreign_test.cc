// Clients whose sockets are somebody else's: they take part like any other, and what they are to get comes in
// order.
#include <optional>

#include "bus.h"
#include "check.h"

namespace evapid::test {

namespace {

// Whoever has the sockets: keeps what each client has been given, as TCP would have it.
class Door final : public ForeignDoor {
 public:
  explicit Door(Bus& bus) : bus_(bus) { bus.dispatcher.use_door(this); }

  ClientId connect() {
    const auto id = bus_.dispatcher.add_foreign({});
    REQUIRE(id.has_value());
    bus_.dispatcher.settle();
    return *id;
  }
  bool send(ClientId id, std::string_view text) {
    const bool taken =
        bus_.dispatcher.receive_foreign(id, {reinterpret_cast<const std::byte*>(text.data()), text.size()});
    bus_.dispatcher.settle();
    return taken;
  }
  const std::string& received(ClientId id) { return sockets_[id.index].received; }
  std::optional<CloseReason> closed(ClientId id) { return sockets_[id.index].closed; }
  size_t calls = 0;
  size_t deliveries = 0;

 private:
  struct Socket {
    std::string received;
    bool admitted = false;
    std::optional<uint32_t> group;
    std::optional<CloseReason> closed;
  };

  void on_deliveries(const Deliveries& deliveries) override {
    ++calls;
    for (const Delivery& each : deliveries.list()) {
      ++this->deliveries;
      Socket& socket = sockets_[each.client];
      switch (static_cast<DeliveryKind>(each.kind)) {
        case DeliveryKind::kAdmit:
          socket = {};
          socket.admitted = true;
          break;
        case DeliveryKind::kClose:
          socket.admitted = false;
          socket.group.reset();
          socket.closed = static_cast<CloseReason>(each.a);
          break;
        case DeliveryKind::kJoin:
          CHECK(!socket.group);
          socket.group = each.a;
          break;
        case DeliveryKind::kLeave:
          CHECK(socket.group == each.a);
          socket.group.reset();
          break;
        case DeliveryKind::kToAll:
          for (auto& [index, other] : sockets_) {
            if (other.admitted) other.received += bytes(each);
          }
          break;
        case DeliveryKind::kToGroup:
          for (auto& [index, other] : sockets_) {
            if (other.admitted && other.group == each.client) other.received += bytes(each);
          }
          break;
        case DeliveryKind::kToOne:
          if (socket.admitted) socket.received += bytes(each);
          break;
      }
    }
  }

  std::string_view bytes(const Delivery& each) {
    const Chunk* const chunk = bus_.dispatcher.pool().find(each.a);
    REQUIRE(chunk != nullptr && chunk->references() > 0);
    return text_of(chunk->data() + each.begin, each.end - each.begin);
  }

  Bus& bus_;
  std::map<uint32_t, Socket> sockets_;
};

}  // namespace

TEST("a foreign client takes part like any other") {
  Bus bus;
  Door door(bus);
  Peer peer = bus.connect();
  const ClientId foreign = door.connect();
  CHECK(foreign.index == 1);
  CHECK(door.send(foreign, "from afar"));
  CHECK(bus.until_received(peer, 12));
  CHECK(peer.received() == "9:from afar,");
  CHECK(door.received(foreign) == "9:from afar,");
  peer.send("3:tcp,");
  CHECK(bus.run_until([&] { return door.received(foreign) == "9:from afar,3:tcp,"; }));
  CHECK(bus.dispatcher.stats().clients == 2);
}

TEST("what goes to many foreign clients is handed over once") {
  Bus bus;
  Door door(bus);
  std::vector<ClientId> many;
  for (int i = 0; i < 1000; ++i) many.push_back(door.connect());
  const size_t calls = door.calls;
  const size_t deliveries = door.deliveries;
  bus.relay("to all of you");
  bus.dispatcher.settle();
  CHECK(door.calls == calls + 1);
  CHECK(door.deliveries == deliveries + 1);
  for (const ClientId id : many) CHECK(door.received(id) == "13:to all of you,");
}

TEST("a foreign client is owed what was relayed since it came, and to the groups it was in") {
  Bus bus;
  Door door(bus);
  bus.dispatcher.settle();
  const ClientId first = door.connect();
  bus.relay("1");
  const ClientId second = door.connect();
  bus.relay("2");
  bus.dispatcher.set_tag(first, "a");
  bus.multicast("3", "a");
  bus.dispatcher.set_tag(first, "b");
  bus.dispatcher.set_tag(second, "a");
  bus.multicast("4", "a");
  bus.unicast("5", "b");
  bus.dispatcher.set_tag(first, "");
  bus.multicast("6", "b");
  bus.relay("7");
  bus.dispatcher.close(second, CloseReason::kRoute);
  bus.relay("8");
  bus.dispatcher.settle();
  CHECK(door.received(first) == "1:1,1:2,1:3,1:5,1:7,1:8,");
  CHECK(door.received(second) == "1:2,1:4,1:7,");
  CHECK(door.closed(second) == CloseReason::kRoute);
  CHECK(bus.dispatcher.stats().deliveries == 6 + 3);
}

TEST("an index is shared by all, and used again after a foreign client has gone") {
  Bus bus;
  Door door(bus);
  const ClientId first = door.connect();
  Peer peer = bus.connect();
  const ClientId third = door.connect();
  CHECK(first.index == 0 && third.index == 2);
  bus.dispatcher.end_foreign(first, CloseReason::kPeer);
  bus.dispatcher.settle();
  CHECK(door.closed(first) == CloseReason::kPeer);
  CHECK(bus.count(EventKind::kConnectionClosed) == 1);
  const ClientId again = door.connect();
  CHECK(again.index == 0 && again.generation != first.generation);
}

TEST("a foreign client over max_clients is not taken, and counted") {
  Options options;
  options.max_clients = 1;
  Bus bus(options);
  Door door(bus);
  door.connect();
  CHECK(!bus.dispatcher.add_foreign({}).has_value());
  CHECK(bus.dispatcher.stats().rejected == 1);
}

TEST("a foreign client that its connection-new rejects is closed, and no connection-closed follows") {
  Bus bus;
  Door door(bus);
  bus.on_new = [&](ClientId id) { bus.dispatcher.reject(id); };
  const ClientId id = door.connect();
  CHECK(door.closed(id) == CloseReason::kRoute);
  CHECK(bus.count(EventKind::kConnectionClosed) == 0);
  CHECK(!door.send(id, "anybody?"));
}

TEST("a foreign client that may not be read is told when it may again") {
  Options options;
  options.max_running_routes = 1;
  Bus bus(options);
  Door door(bus);
  const ClientId id = door.connect();
  bus.dispatcher.begin_route(id);
  CHECK(!door.send(id, "too soon"));
  CHECK(bus.count(EventKind::kReadable) == 0);
  bus.dispatcher.end_route(id);
  bus.dispatcher.settle();
  CHECK(bus.count(EventKind::kReadable) == 1);
  CHECK(door.send(id, "now"));
  CHECK(door.received(id) == "3:now,");
}

TEST("a slow foreign client is closed, or holds up who publishes, as the policy says") {
  for (const SlowClient policy : {SlowClient::kClose, SlowClient::kBlock}) {
    Options options;
    options.slow_client = policy;
    Bus bus(options);
    Door door(bus);
    const ClientId slow = door.connect();
    const ClientId publisher = door.connect();
    bus.dispatcher.foreign_slow(slow, 1000);
    bus.dispatcher.settle();
    REQUIRE(bus.last(EventKind::kSlow) != nullptr);
    CHECK(bus.last(EventKind::kSlow)->b == 1000);
    CHECK(bus.dispatcher.stats().slow_clients == 1);
    if (policy == SlowClient::kClose) {
      CHECK(door.closed(slow) == CloseReason::kSlow);
      CHECK(bus.dispatcher.stats().closed[static_cast<size_t>(CloseReason::kSlow)] == 1);
      CHECK(bus.dispatcher.stats().foreign_clients == 1);
      CHECK(bus.dispatcher.stats().slow_now == 0);
      CHECK(bus.dispatcher.waiting_bytes() == 0);
      CHECK(door.send(publisher, "goes on"));
    } else {
      CHECK(!door.send(publisher, "held up"));
      CHECK(bus.dispatcher.stats().slow_now == 1);
      CHECK(bus.dispatcher.waiting_bytes() == 1000);
      bus.dispatcher.foreign_caught_up(slow, 0);
      bus.dispatcher.settle();
      CHECK(bus.dispatcher.stats().slow_now == 0);
      CHECK(bus.dispatcher.waiting_bytes() == 0);
      bus.run_until_idle();
      CHECK(bus.count(EventKind::kReadable) == 1);
      CHECK(door.send(publisher, "goes on"));
      CHECK(door.received(slow) == "7:goes on,");
    }
  }
}

TEST("a shutdown closes foreign clients, which get what was relayed before") {
  Bus bus;
  Door door(bus);
  const ClientId id = door.connect();
  bus.relay("last words");
  bus.dispatcher.shutdown();
  CHECK(door.received(id) == "10:last words,");
  CHECK(door.closed(id) == CloseReason::kShutdown);
  CHECK(!bus.dispatcher.add_foreign({}).has_value());
}

TEST("plans run for foreign clients") {
  Bus bus({.tell_connection_new = false, .tell_message = false, .tell_connection_closed = false},
          Transport::kTcp, relay_everything());
  Door door(bus);
  const ClientId id = door.connect();
  CHECK(door.send(id, "there and back"));
  CHECK(door.received(id) == "14:there and back,");
}

TEST(
    "foreign clients and those with sockets get the same in the same order, whatever happens to their tags") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  Bus bus;
  Door door(bus);
  // Pairs of one client of each kind to which the same happens; unicasts go to a tag of the pair's own.
  constexpr size_t kPairs = 4;
  std::vector<Peer> peers;
  std::vector<ClientId> ids;
  std::vector<ClientId> foreign;
  bus.on_new = [&](ClientId id) {
    ids.push_back(id);
    bus.dispatcher.admit(id);
  };
  for (size_t i = 0; i < kPairs; ++i) peers.push_back(bus.connect());
  const std::vector<ClientId> with_sockets = ids;
  for (size_t i = 0; i < kPairs; ++i) foreign.push_back(door.connect());
  for (int step = 0; step < 2000; ++step) {
    const std::string text = std::to_string(step);
    const std::string tag(1, static_cast<char>('a' + below(random, 3)));
    switch (below(random, 5)) {
      case 0:
      case 1:
        bus.relay(text);
        break;
      case 2:
        bus.multicast(text, tag);
        break;
      case 3: {
        const size_t pair = below(random, kPairs);
        bus.dispatcher.set_tag(with_sockets[pair], tag);
        bus.dispatcher.set_tag(foreign[pair], tag);
        break;
      }
      default:
        if (below(random, 4) == 0) bus.dispatcher.settle();
    }
  }
  bus.dispatcher.settle();
  for (size_t i = 0; i < kPairs; ++i) {
    CHECK(bus.until_received(peers[i], door.received(foreign[i]).size()));
    if (peers[i].received() != door.received(foreign[i])) std::printf("seed %u\n", seed);
    CHECK(peers[i].received() == door.received(foreign[i]));
  }
}

TEST("what was addressed to a client is counted, whichever way it went") {
  Bus bus;
  Door door(bus);
  const ClientId id = door.connect();
  bus.relay("abc");
  bus.dispatcher.set_tag(id, "t");
  bus.multicast("de", "t");
  bus.unicast("f", "t");
  bus.dispatcher.set_tag(id, "u");
  bus.multicast("not for it", "t");
  bus.dispatcher.settle();
  const Traffic traffic = bus.dispatcher.fan_out().addressed_to(*bus.dispatcher.find(id));
  CHECK(traffic.messages == 3);
  CHECK(traffic.bytes == 6 + 5 + 4);
}

}  // namespace evapid::test
