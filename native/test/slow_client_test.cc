// Clients that do not read, among others that do: the three policies, over real sockets.
#include "bus.h"
#include "check.h"
#include "dispatcher.h"

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

Options limited_to(size_t limit, SlowClient policy, bool ring) {
  Options options = sending(ring);
  options.send_buffer_limit = limit;
  options.slow_client = policy;
  return options;
}

std::string numbered(size_t count, size_t size) {
  std::string stream;
  for (size_t i = 0; i < count; ++i) stream += frame(std::to_string(i) + std::string(size, 'x'));
  return stream;
}

// Publishes a stream, with everybody but the sleeper reading, until the reader has it all.
bool publish(Bus& bus, Peer& publisher, Peer& reader, const std::string& stream) {
  const size_t before = reader.received().size();
  publisher.send(stream);
  return bus.run_until([&] {
    publisher.push();
    publisher.read();
    return reader.read().size() >= before + stream.size();
  });
}

}  // namespace

TEST_BOTH_WAYS("close: one dead client among three is closed, and the others get everything") {
  Bus bus(limited_to(1'000'000, SlowClient::kClose, ring));
  Peer publisher = bus.connect();
  Peer reader = bus.connect();
  Peer sleeper = bus.connect(4096);
  const std::string stream = numbered(20'000, 1'000);
  CHECK(publish(bus, publisher, reader, stream));
  CHECK(reader.received() == stream);
  CHECK_EQ(bus.dispatcher.stats().slow_closed, 1);
  CHECK_EQ(bus.count(EventKind::kSlow), 1);
  REQUIRE(bus.count(EventKind::kConnectionClosed) == 1);
  CHECK_EQ(static_cast<CloseReason>(bus.last(EventKind::kConnectionClosed)->a), CloseReason::kSlow);
  CHECK(bus.until_gone(sleeper));
  CHECK(bus.dispatcher.pool().allocated_bytes() < 24'000'000);
}

TEST_BOTH_WAYS("drop: a client that sleeps a while misses whole messages only, is told of, and goes on") {
  Bus bus(limited_to(300'000, SlowClient::kDrop, ring));
  Peer publisher = bus.connect();
  Peer reader = bus.connect();
  Peer sleeper = bus.connect(4096);
  const std::string stream = numbered(15'000, 1'000);
  CHECK(publish(bus, publisher, reader, stream));
  CHECK(reader.received() == stream);
  CHECK_EQ(bus.count(EventKind::kSlow), 1);
  CHECK_EQ(bus.dispatcher.stats().clients, 3);
  CHECK(bus.run_until([&] {
    sleeper.read();
    return bus.count(EventKind::kCaughtUp) == 1;
  }));
  bus.run_until_idle();
  CHECK(publish(bus, publisher, reader, frame("last")));
  CHECK(bus.run_until([&] { return sleeper.read().ends_with(frame("last")); }));
  const auto payloads = payloads_of(sleeper.received());
  CHECK_EQ(payloads.size() + bus.dispatcher.stats().messages_dropped, 15'001);
  CHECK_EQ(bus.last(EventKind::kCaughtUp)->b, bus.dispatcher.stats().messages_dropped);
}

TEST_BOTH_WAYS(
    "block: publishers wait for a client that sleeps a while, nothing is lost, and memory stays bounded") {
  for (const size_t limit : {size_t{64'000}, size_t{1'000'000}}) {
    Options options = limited_to(limit, SlowClient::kBlock, ring);
    options.max_message_size = 2'000;
    Bus bus(options);
    Peer publisher = bus.connect();
    Peer reader = bus.connect();
    Peer sleeper = bus.connect(4096);
    const std::string stream = numbered(20'000, 1'000);
    publisher.send(stream);
    for (int quiet = 0; quiet < 20;) {
      const size_t before = publisher.unsent();
      publisher.push();
      publisher.read();
      reader.read();
      bus.turn(1);
      quiet = publisher.unsent() == before ? quiet + 1 : 0;
    }
    CHECK(publisher.unsent() > 0);  // it has come to a halt
    CHECK_EQ(bus.dispatcher.stats().reads_paused, 1);
    CHECK(bus.dispatcher.pool().allocated_bytes() < 16'000'000);
    CHECK(bus.run_until([&] {
      publisher.push();
      publisher.read();
      reader.read();
      return sleeper.read().size() >= stream.size() && reader.received().size() >= stream.size();
    }));
    CHECK(sleeper.received() == stream);
    CHECK(reader.received() == stream);
    CHECK_EQ(bus.dispatcher.stats().slow_closed, 0);
    CHECK_EQ(bus.dispatcher.stats().messages_dropped, 0);
  }
}

TEST_BOTH_WAYS("block: everybody goes on when the client that blocked is gone") {
  enum class Way { kReset, kClosedByRoute };
  for (const Way way : {Way::kReset, Way::kClosedByRoute}) {
    Bus bus(limited_to(100'000, SlowClient::kBlock, ring));
    Peer publisher = bus.connect();
    Peer sleeper = bus.connect(4096);
    bus.relay(std::string(9'000'000, 'x'));
    bus.dispatcher.settle();
    bus.run_until([&] { return publisher.read().size() >= 9'000'000; });
    bus.run_until_idle();
    publisher.send("5:hello,");
    bus.run_until_idle();
    CHECK_EQ(bus.count(EventKind::kMessage), 0);
    if (way == Way::kReset) {
      sleeper.reset();
    } else {
      bus.dispatcher.close({1, 1}, CloseReason::kRoute);
      bus.dispatcher.settle();
    }
    CHECK(bus.run_until([&] { return publisher.read().ends_with("5:hello,"); }));
  }
}

TEST_BOTH_WAYS("block: a client whose last route ends while everybody is halted is read again afterwards") {
  Options options = limited_to(100'000, SlowClient::kBlock, ring);
  options.max_running_routes = 1;
  Bus bus(options);
  bus.on_message = [&](const Bus::Message& message) { bus.dispatcher.begin_route(message.client); };
  Peer publisher = bus.connect();
  Peer sleeper = bus.connect(4096);
  publisher.send("1:a,");
  bus.run_until_idle();
  bus.relay(std::string(9'000'000, 'x'));
  bus.dispatcher.settle();
  bus.run_until([&] { return publisher.read().size() >= 9'000'000; });
  bus.dispatcher.end_route({0, 1});
  bus.dispatcher.settle();
  publisher.send("1:b,");
  bus.run_until_idle();
  CHECK_EQ(bus.count(EventKind::kMessage), 1);
  CHECK(bus.run_until(
      [&] { return sleeper.read().size() >= 9'000'000 && bus.count(EventKind::kMessage) == 2; }));
}

TEST_BOTH_WAYS("a client that joins while everybody is halted is read afterwards") {
  Bus bus(limited_to(100'000, SlowClient::kBlock, ring));
  Peer sleeper = bus.connect(4096);
  bus.relay(std::string(9'000'000, 'x'));
  bus.dispatcher.settle();
  Peer late = bus.connect();
  late.send("5:hello,");
  bus.run_until_idle();
  CHECK_EQ(late.read(), "");
  CHECK(bus.run_until([&] {
    sleeper.read();
    return late.read() == "5:hello,";
  }));
}

TEST_BOTH_WAYS(
    "send_data_timeout: a client that takes nothing for that long is closed though little waits for it") {
  Options options = sending(ring);
  options.send_data_timeout = milliseconds(60);
  Bus bus(options);
  Peer reader = bus.connect();
  Peer sleeper = bus.connect(4096);
  bus.relay(std::string(7'000'000, 'x'));
  bus.dispatcher.settle();
  const auto start = Clock::now();
  CHECK(bus.run_until([&] {
    reader.read();
    return bus.dispatcher.stats().clients == 1;
  }));
  CHECK(Clock::now() >= start + milliseconds(60));
  CHECK(!reader.gone());
}

TEST_BOTH_WAYS(
    "a client that is slow twice is told of twice, and one that has left in between is forgotten") {
  Bus bus(limited_to(100'000, SlowClient::kDrop, ring));
  Peer sleeper = bus.connect(4096);
  for (size_t round = 1; round <= 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      bus.relay(std::string(100'000, 'x'));
      bus.dispatcher.settle();
    }
    CHECK_EQ(bus.count(EventKind::kSlow), round);
    CHECK(bus.run_until([&] {
      sleeper.read();
      return bus.count(EventKind::kCaughtUp) == round;
    }));
  }
  CHECK_EQ(bus.dispatcher.stats().waiting_clients, 0);
}

}  // namespace evapid::test
