// What one client could not take at once.
#include "outbox.h"

#include <sys/socket.h>

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

// A connection whose kernel buffers are small, so that a part of what is sent soon has to wait.
struct NarrowPair {
  NarrowPair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
    const int small = 4096;
    setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }
  std::string read_all() const {
    std::string text;
    char some[8192];
    ssize_t size;
    while ((size = recv(theirs.get(), some, sizeof some, MSG_DONTWAIT)) > 0)
      text.append(some, static_cast<size_t>(size));
    return text;
  }
  Fd ours;
  Fd theirs;
};

}  // namespace

TEST("an outbox sends all that waits, in order, over any number of partial drains") {
  ChunkPool pool;
  NarrowPair pair;
  Random random(3);
  std::string expected;
  std::string received;
  uint64_t sent = 0;
  {
    Outbox outbox(pool);
    CHECK(outbox.empty());
    for (int i = 0; i < 300; ++i) {
      const std::string text = random_bytes(random, 1 + below(random, 3000));
      expected += text;
      outbox.append(span_of(pool, text));
    }
    CHECK_EQ(outbox.bytes(), expected.size());
    int partial = 0;
    Outbox::Drained drained;
    while ((drained = outbox.drain(pair.ours.get(), sent)) == Outbox::Drained::kSome) {
      ++partial;
      CHECK_EQ(outbox.bytes() + sent, expected.size());
      received += pair.read_all();
    }
    CHECK_EQ(drained, Outbox::Drained::kAll);
    CHECK(outbox.empty());
    CHECK_EQ(outbox.bytes(), 0);
    CHECK(partial > 10);
    received += pair.read_all();
  }
  CHECK_EQ(sent, expected.size());
  CHECK(received == expected);
}

TEST("an outbox says when nothing can be sent any more") {
  ChunkPool pool;
  NarrowPair pair;
  Outbox outbox(pool);
  outbox.append(span_of(pool, "hello"));
  pair.theirs.reset();
  uint64_t sent = 0;
  CHECK_EQ(outbox.drain(pair.ours.get(), sent), Outbox::Drained::kFailed);
  CHECK_EQ(sent, 0);
}

TEST("an outbox remembers since when nothing was taken") {
  ChunkPool pool;
  NarrowPair pair;
  const auto before = Clock::now();
  Outbox outbox(pool);
  CHECK(outbox.stalled_since() >= before);
  outbox.append(span_of(pool, std::string(200'000, 'x')));
  uint64_t sent = 0;
  CHECK_EQ(outbox.drain(pair.ours.get(), sent), Outbox::Drained::kSome);
  const auto progress = outbox.stalled_since();
  CHECK_EQ(outbox.drain(pair.ours.get(), sent), Outbox::Drained::kSome);
  CHECK(outbox.stalled_since() == progress);
  pair.read_all();
  outbox.drain(pair.ours.get(), sent);
  CHECK(outbox.stalled_since() > progress);
}

TEST("spans that follow each other in a chunk wait as one, and all references go when they are sent") {
  ChunkPool pool;
  NarrowPair pair;
  ChunkRef chunk = pool.take();
  std::memset(chunk->data(), 'x', chunk->capacity());
  Outbox outbox(pool);
  for (size_t at = 0; at < 1000; at += 10) outbox.append({chunk, at, at + 10});
  CHECK_EQ(outbox.bytes(), 1000);
  CHECK_EQ(chunk->references(), 2);
  uint64_t sent = 0;
  CHECK_EQ(outbox.drain(pair.ours.get(), sent), Outbox::Drained::kAll);
  CHECK_EQ(sent, 1000);
  CHECK_EQ(chunk->references(), 1);
}

TEST("a client that waits for a few bytes here and there does not hold megabytes") {
  ChunkPool pool;
  NarrowPair pair;
  std::string expected;
  Outbox outbox(pool);
  size_t largest = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = "message " + std::to_string(i) + ",";
    expected += text;
    outbox.append(span_of(pool, text));
    largest = std::max(largest, pool.allocated_bytes());
  }
  CHECK_EQ(outbox.bytes(), expected.size());
  CHECK(largest < 3'000'000);
  std::string received;
  uint64_t sent = 0;
  while (outbox.drain(pair.ours.get(), sent) == Outbox::Drained::kSome) received += pair.read_all();
  received += pair.read_all();
  CHECK(received == expected);
}

TEST("messages that alternate between two chunks are not copied: those two chunks are all they hold") {
  ChunkPool pool;
  ChunkRef first = pool.take();
  ChunkRef second = pool.take();
  Outbox outbox(pool);
  for (size_t at = 0; at < 10'000; at += 10) {
    outbox.append({first, at, at + 10});
    outbox.append({second, at, at + 10});
  }
  CHECK_EQ(first->references(), 1001);
  CHECK_EQ(second->references(), 1001);
  CHECK_EQ(pool.allocations(), 2);
}

TEST("what waits for many clients costs about what it is, not a chunk for each") {
  constexpr size_t kClients = 100;
  ChunkPool pool;
  std::vector<std::unique_ptr<Outbox>> outboxes;
  for (size_t i = 0; i < kClients; ++i) outboxes.push_back(std::make_unique<Outbox>(pool));
  for (int round = 0; round < 8; ++round) {
    const Span span = span_of(pool, "hello");
    for (const auto& outbox : outboxes) outbox->append(span);
  }
  CHECK(pool.allocated_bytes() < kClients * ChunkPool::kChunkSize / 2);
}

}  // namespace evapid::test
