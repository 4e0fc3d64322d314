// The ring of events for the routes.
#include "event_log.h"

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

struct Ring {
  Ring() { ring.use_memory(memory.data()); }
  void add(EventKind kind, uint32_t number) { ring.add({static_cast<uint32_t>(kind), number, 1, 0, 0, 0}); }
  std::vector<Event> memory = std::vector<Event>(EventRing::kCapacity);
  EventRing ring;
};

}  // namespace

TEST("events stand in the host's memory in the order in which they were noted") {
  Ring ring;
  ring.ring.add({3, 7, 8, 9, 10, 11});
  ring.add(EventKind::kSlow, 2);
  CHECK_EQ(ring.ring.size(), 2);
  CHECK_EQ(ring.memory[0].kind, 3);
  CHECK_EQ(ring.memory[0].client, 7);
  CHECK_EQ(ring.memory[0].generation, 8);
  CHECK_EQ(ring.memory[0].a, 9);
  CHECK_EQ(ring.memory[0].b, 10);
  CHECK_EQ(ring.memory[0].c, 11);
  CHECK_EQ(ring.ring[1].client, 2);
  CHECK_EQ(ring.ring.events().size(), 2);
  ring.ring.clear();
  CHECK_EQ(ring.ring.size(), 0);
}

TEST("the chunks of messages live until the ring is cleared") {
  ChunkPool pool;
  Ring ring;
  ChunkRef chunk = pool.take();
  Chunk* const kept = chunk.get();
  ring.ring.add({static_cast<uint32_t>(EventKind::kMessage), 0, 1, kept->id(), 2, 5}, {kept, 0, 2, 7, true});
  ring.ring.hold(kept);
  ring.ring.hold(kept);
  chunk.reset();
  CHECK_EQ(kept->references(), 1);
  CHECK_EQ(ring.ring.message_bytes(), 5);
  CHECK_EQ(ring.ring.frame(0).payload_end, 7);
  ring.ring.clear();
  CHECK_EQ(kept->references(), 0);
  CHECK_EQ(ring.ring.message_bytes(), 0);
}

TEST("what does not fit into the ring follows in order with each clear") {
  constexpr uint32_t kNumber = 3 * EventRing::kCapacity + 17;
  Ring ring;
  for (uint32_t i = 0; i < kNumber; ++i) ring.add(EventKind::kConnectionClosed, i);
  uint32_t next = 0;
  size_t rounds = 0;
  while (ring.ring.size() > 0) {
    for (const Event& event : ring.ring.events()) CHECK_EQ(event.client, next++);
    ring.ring.clear();
    ++rounds;
  }
  CHECK_EQ(next, kNumber);
  CHECK_EQ(rounds, 4);
}

TEST("an event that is noted while older ones still wait outside of the ring comes after them") {
  Ring ring;
  uint32_t added = 0;
  while (added < 2 * EventRing::kCapacity + 5) ring.add(EventKind::kConnectionClosed, added++);
  uint32_t next = 0;
  for (int round = 0; ring.ring.size() > 0; ++round) {
    for (const Event& event : ring.ring.events()) CHECK_EQ(event.client, next++);
    ring.ring.clear();
    if (round < 2) ring.add(EventKind::kConnectionClosed, added++);
  }
  CHECK_EQ(next, added);
}

TEST("the ring is full for messages a while before it is full for the rest") {
  Ring ring;
  uint32_t added = 0;
  while (!ring.ring.full()) ring.add(EventKind::kMessage, added++);
  CHECK(added < EventRing::kCapacity);
  CHECK(added > EventRing::kCapacity / 2);
}

}  // namespace evapid::test
