// What the hot path must not do: ask for memory, or copy what it relays. Counted, not believed: every
// operator new of this program passes through here.
#include <cstdlib>
#include <new>

#include "bus.h"
#include "check.h"
#include "datagrams.h"
#include "peer.h"

namespace {

uint64_t allocations = 0;

void* counted(size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t size) {
  return counted(size);
}
void* operator new[](size_t size) {
  return counted(size);
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}

namespace evapid::test {

namespace {

constexpr int kPeers = 10;
constexpr int kRounds = 200;
constexpr int kBatch = 64;

struct Cost {
  uint64_t allocations = 0;
  uint64_t chunk_allocations = 0;
  uint64_t bytes_copied = 0;
  uint64_t messages = 0;
};

// What the turns cost that relay `batch` from one of ten peers to all, once everything has found its size.
Cost cost_of_relaying(Bus& bus, const std::string& batch, size_t delivered) {
  std::vector<Peer> peers;
  for (int i = 0; i < kPeers; ++i) peers.push_back(bus.connect());
  const Dispatcher& dispatcher = bus.dispatcher;
  Cost cost;
  for (int round = -kRounds / 4; round < kRounds; ++round) {
    peers[0].send(batch);
    const size_t expected = peers[kPeers - 1].received().size() + delivered;
    const uint64_t chunks = bus.dispatcher.pool().allocations();
    const uint64_t copied = dispatcher.stats().bytes_copied;
    const uint64_t messages = dispatcher.stats().messages_received;
    uint64_t allocated = 0;
    while (peers[kPeers - 1].read().size() < expected) {
      pollfd host{bus.dispatcher.loop().fd(), POLLIN, 0};
      ::poll(&host, 1, 100);
      const uint64_t before = allocations;
      bus.dispatcher.turn();
      allocated += allocations - before;
    }
    for (Peer& peer : peers) peer.read();
    if (round < 0) continue;
    cost.allocations += allocated;
    cost.chunk_allocations += bus.dispatcher.pool().allocations() - chunks;
    cost.bytes_copied += dispatcher.stats().bytes_copied - copied;
    cost.messages += dispatcher.stats().messages_received - messages;
  }
  return cost;
}

std::string batch_of(std::string_view one) {
  std::string batch;
  for (int i = 0; i < kBatch; ++i) batch += one;
  return batch;
}

Plans plan_of(std::initializer_list<uint32_t> words, std::string bytes = "") {
  Plans plans;
  plans.message = Plan::load(PlanEvent::kMessage, std::vector<uint32_t>(words), std::move(bytes));
  REQUIRE(plans.message.has_value());
  return plans;
}

}  // namespace

TEST_BOTH_WAYS("the default route copies no byte and asks for no memory") {
  Bus bus(sending(ring), Transport::kTcp, relay_everything());
  const std::string batch = batch_of(frame(std::string(100, 'x')));
  const Cost cost = cost_of_relaying(bus, batch, batch.size());
  CHECK_EQ(cost.messages, kRounds * kBatch);
  CHECK_EQ(cost.allocations, 0);
  CHECK_EQ(cost.chunk_allocations, 0);
  CHECK_EQ(cost.bytes_copied, 0);
  CHECK_EQ(bus.dispatcher.stats().ring_sends > 0, ring && SendRing::open() != nullptr);
}

TEST_BOTH_WAYS("a header that is not the shortest costs one copy, and no memory") {
  Bus bus(sending(ring), Transport::kTcp, relay_everything());
  const Cost cost = cost_of_relaying(bus, batch_of("005:hello,"), batch_of("5:hello,").size());
  CHECK_EQ(cost.allocations, 0);
  CHECK_EQ(cost.chunk_allocations, 0);
  CHECK_EQ(cost.bytes_copied, kRounds * kBatch * 5);
}

TEST_BOTH_WAYS("a plan that compares, relays the message and data of its own asks for no memory") {
  // when(startsWith(msg, 'h'), relay(msg)), relay('$evapi(conidx) from $evapi(srcaddr)')
  const auto word = [](auto value) { return static_cast<uint32_t>(value); };
  Bus bus(sending(ring), Transport::kTcp,
          plan_of({3,  // templates
                   1,
                   word(PlanPartKind::kMessage),
                   0,
                   0,  // 0
                   1,
                   word(PlanPartKind::kLiteral),
                   0,
                   1,  // 1
                   3,
                   word(PlanPartKind::kConnectionIndex),
                   0,
                   0,  // 2
                   word(PlanPartKind::kLiteral),
                   1,
                   6,
                   word(PlanPartKind::kSourceAddress),
                   0,
                   0,  //
                   word(PlanOp::kStartsWith),
                   0,
                   1,
                   word(PlanOp::kJumpIfFalse),
                   7,
                   word(PlanOp::kRelay),
                   0,
                   word(PlanOp::kRelay),
                   2},
                  "h from "));
  const std::string delivered = batch_of("5:hello,16:0 from 127.0.0.1,");
  const Cost cost = cost_of_relaying(bus, batch_of("5:hello,"), delivered.size());
  CHECK_EQ(cost.messages, kRounds * kBatch);
  CHECK_EQ(cost.allocations, 0);
  CHECK_EQ(cost.chunk_allocations, 0);
}

TEST_BOTH_WAYS("a route that relays what it was handed copies no byte and asks for no memory") {
  Bus bus(sending(ring));
  bus.events.reserve(2 * kRounds * kBatch);
  const std::string batch = batch_of(frame(std::string(100, 'x')));
  const Cost cost = cost_of_relaying(bus, batch, batch.size());
  CHECK_EQ(cost.messages, kRounds * kBatch);
  CHECK_EQ(cost.allocations, 0);
  CHECK_EQ(cost.bytes_copied, 0);
}

TEST("datagrams that are answered cost no memory and copy no byte") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  const std::string text(500, 'x');
  uint64_t allocated = 0;
  uint64_t chunks = 0;
  for (int round = -kRounds / 4; round < kRounds; ++round) {
    for (int i = 0; i < kBatch; ++i) REQUIRE(end.send(text, "127.0.0.1", socket.port));
    const uint64_t chunks_before = bus.dispatcher.pool().allocations();
    const uint64_t before = allocations;
    while (bus.turn()) {
    }
    if (round >= 0) {
      allocated += allocations - before;
      chunks += bus.dispatcher.pool().allocations() - chunks_before;
    }
    for (int i = 0; i < kBatch; ++i) CHECK(end.read().has_value());
  }
  CHECK_EQ(allocated, 0);
  CHECK_EQ(chunks, 0);
  CHECK_EQ(bus.stats().bytes_copied, 0);
  CHECK_EQ(bus.stats().datagrams_sent, (kRounds + kRounds / 4) * kBatch);
}

}  // namespace evapid::test
