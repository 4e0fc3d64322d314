// The shared receive chunk: frames of clients that take turns, cut anywhere, moved or not, always whole in
// the end.
#include "receive_buffer.h"

#include <deque>

#include "check.h"
#include "frames.h"
#include "netstring.h"

namespace evapid::test {

namespace {

// Clients that read from texts instead of sockets. Every frame that comes out is kept, with a reference to
// its chunk, and looked at again at the end: nothing may have been written over it.
class Reception {
 public:
  explicit Reception(size_t clients, bool hold_frames = true) : hold_frames_(hold_frames) {
    for (uint32_t i = 0; i < clients; ++i) {
      clients_.push_back(
          std::make_unique<Client>([](IoWatcher&, uint32_t) {}, nullptr, ClientId{i, 1}, Fd(), Address{}));
    }
    payloads.resize(clients);
  }

  // One read of at most all the bytes in `text`; returns how many were taken.
  size_t read(size_t who, std::string_view text) {
    Client& client = *clients_[who];
    const ReceiveBuffer::Room room = buffer.prepare(client);
    CHECK(room.begin <= room.tail);
    CHECK(room.size > 0);
    REQUIRE(room.tail + room.size <= room.chunk->capacity());
    const size_t size = std::min(text.size(), room.size);
    std::memcpy(room.chunk->data() + room.tail, text.data(), size);
    const size_t end = room.tail + size;
    const ChunkRef held(room.chunk);
    const std::span<const std::byte> bytes(room.chunk->data(), end);
    size_t at = room.begin;
    for (;;) {
      const netstring::Decoded decoded = netstring::decode(bytes, at, netstring::kMaxPayload);
      REQUIRE(decoded.status != netstring::Status::kBad);
      at = decoded.next;
      if (decoded.status == netstring::Status::kPartial) {
        buffer.keep(client, room, at, end, decoded.sized ? decoded.frame.end() - decoded.frame.header : 0);
        return size;
      }
      const netstring::Frame& frame = decoded.frame;
      payloads[who].emplace_back(text_of(bytes.data() + frame.payload, frame.payload_size()));
      if (!hold_frames_) continue;
      frames_.push_back({ChunkRef(room.chunk), frame.payload, frame.payload_end});
      copies_.push_back(payloads[who].back());
    }
  }
  void read_all(size_t who, std::string_view text) {
    while (!text.empty()) text.remove_prefix(read(who, text));
  }
  void check_held_frames() const {
    for (size_t i = 0; i < frames_.size(); ++i) CHECK(text_of(frames_[i]) == copies_[i]);
  }
  void let_go() {
    check_held_frames();
    frames_.clear();
    copies_.clear();
  }
  Client& client(size_t who) { return *clients_[who]; }

  ChunkPool pool;
  uint64_t copied = 0;
  ReceiveBuffer buffer{pool, copied};
  std::vector<std::vector<std::string>> payloads;

 private:
  bool hold_frames_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Span> frames_;
  std::vector<std::string> copies_;
};

}  // namespace

TEST("frames of two clients, each cut at every byte, come out whole") {
  const std::string first = frame("hello") + frame("abc");
  const std::string second = frame("") + frame("another world");
  const std::vector<std::string> first_payloads{"hello", "abc"};
  const std::vector<std::string> second_payloads{"", "another world"};
  for (size_t i = 0; i <= first.size(); ++i) {
    for (size_t j = 0; j <= second.size(); ++j) {
      Reception reception(2);
      reception.read_all(0, std::string_view(first).substr(0, i));
      reception.read_all(1, std::string_view(second).substr(0, j));
      reception.read_all(0, std::string_view(first).substr(i));
      reception.read_all(1, std::string_view(second).substr(j));
      CHECK(reception.payloads[0] == first_payloads);
      CHECK(reception.payloads[1] == second_payloads);
      CHECK(reception.buffer.clean(reception.client(0)));
      CHECK(reception.buffer.clean(reception.client(1)));
      reception.check_held_frames();
    }
  }
}

TEST("a frame cut in the middle is not copied as long as its client is the next to read") {
  Reception reception(1);
  const std::string text = frame(std::string(20'000, 'x'));
  for (size_t at = 0; at < text.size(); at += 1000)
    reception.read_all(0, std::string_view(text).substr(at, 1000));
  CHECK_EQ(reception.payloads[0].size(), 1);
  CHECK_EQ(reception.copied, 0);
}

TEST(
    "a frame that another client's read interrupts is moved out and back once, and both copies are accounted "
    "for") {
  Reception reception(2);
  const std::string text = frame(std::string(100, 'x'));
  reception.read_all(0, std::string_view(text).substr(0, 50));
  CHECK(!reception.buffer.clean(reception.client(0)));
  reception.read_all(1, frame("abc"));
  CHECK_EQ(reception.copied, 50);
  reception.read_all(1, frame("def"));
  CHECK_EQ(reception.copied, 50);
  reception.read_all(0, std::string_view(text).substr(50));
  CHECK_EQ(reception.copied, 100);
  CHECK_EQ(reception.payloads[0].size(), 1);
  CHECK(reception.client(0).unfinished == nullptr);  // an idle client holds nothing
}

TEST("a read is never offered less than it was promised, but for the rest of a large frame") {
  Reception reception(1);
  for (int i = 0; i < 200; ++i) {
    const auto room = reception.buffer.prepare(reception.client(0));
    CHECK(room.size >= ReceiveBuffer::kMinRead);
    reception.buffer.keep(reception.client(0), room, room.tail + 5000, room.tail + 5000, 0);
  }
}

TEST("a large frame grows with what has arrived, not with what was announced") {
  Reception reception(1);
  const std::string text = frame(std::string(50'000'000, 'x'));
  std::string_view rest = text;
  rest.remove_prefix(reception.read(0, rest.substr(0, 100)));
  CHECK(reception.pool.allocated_bytes() < 2'000'000);
  size_t arrived = 100;
  while (!rest.empty()) {
    const size_t size = reception.read(0, rest);
    rest.remove_prefix(size);
    arrived += size;
    CHECK(reception.pool.allocated_bytes() <= 4 * arrived + 4'000'000);
  }
  CHECK_EQ(reception.payloads[0].size(), 1);
  CHECK(reception.payloads[0][0] == text.substr(9, 50'000'000));
  CHECK(reception.copied < 2 * text.size());
  CHECK(reception.buffer.clean(reception.client(0)));
}

TEST(
    "large and small frames of many clients, cut at random and read in turns, come out whole and stay "
    "whole") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  constexpr size_t kSizes[] = {10, 3000, 32'700, 33'000, 70'000, 262'130, 262'200, 700'000};
  for (int round = 0; round < 12; ++round) {
    const size_t clients = 1 + below(random, 5);
    Reception reception(clients);
    std::vector<std::string> streams(clients);
    std::vector<std::vector<std::string>> expected(clients);
    std::vector<size_t> at(clients);
    for (size_t who = 0; who < clients; ++who) {
      for (size_t i = below(random, 12); i > 0; --i) {
        const size_t limit = kSizes[below(random, std::size(kSizes))];
        const size_t size = below(random, 2) == 0 ? limit + below(random, 20) : below(random, limit);
        expected[who].push_back(std::string(1, static_cast<char>('a' + i)) + random_bytes(random, size));
        streams[who] += frame(expected[who].back());
      }
    }
    for (bool more = true; more;) {
      more = false;
      for (size_t who = 0; who < clients; ++who) {
        const std::string_view rest = std::string_view(streams[who]).substr(at[who]);
        if (rest.empty()) continue;
        more = true;
        if (below(random, 3) == 0) continue;
        at[who] +=
            reception.read(who, rest.substr(0, 1 + below(random, below(random, 2) == 0 ? 100 : 100'000)));
        if (below(random, 10) == 0) reception.buffer.rewind();
        if (below(random, 50) == 0) reception.let_go();
      }
    }
    reception.check_held_frames();
    if (reception.payloads != expected)
      fail(__FILE__, __LINE__, "frames differ; EVAPID_SEED=" + std::to_string(seed));
  }
}

TEST("what a client has not finished is forgotten, whichever way it is kept, and the others go on") {
  for (const size_t size : {size_t{100}, size_t{100'000}, size_t{1'000'000}}) {
    for (const bool interrupted : {false, true}) {
      Reception reception(2);
      const std::string text = frame(std::string(size, 'x'));
      reception.read_all(0, std::string_view(text).substr(0, 60));
      if (interrupted) reception.read_all(1, "5:he");
      reception.buffer.forget(reception.client(0));
      CHECK(reception.buffer.clean(reception.client(0)));
      reception.read_all(1, interrupted ? "llo," : "5:hello,");
      reception.read_all(0, frame("anew"));
      CHECK(reception.payloads[0] == std::vector<std::string>{"anew"});
      CHECK(reception.payloads[1] == std::vector<std::string>{"hello"});
    }
  }
}

TEST("the chunk begins anew when nobody refers to it, so that a busy bus stays in the same memory") {
  Reception reception(1, false);
  for (int i = 0; i < 1000; ++i) {
    reception.read_all(0, frame(std::string(10'000, 'x')));
    reception.buffer.rewind();
    const auto room = reception.buffer.prepare(reception.client(0));
    CHECK_EQ(room.tail, 0);
  }
  CHECK_EQ(reception.pool.allocations(), 1);
}

TEST("the chunk does not begin anew while a frame in it is unfinished or held") {
  Reception reception(1);
  reception.read_all(0, frame("held"));
  reception.buffer.rewind();
  CHECK(reception.buffer.prepare(reception.client(0)).tail > 0);
  reception.let_go();
  reception.read_all(0, "5:he");
  reception.let_go();
  reception.buffer.rewind();
  reception.read_all(0, "llo,");
  CHECK_EQ(reception.payloads[0].back(), "hello");
  CHECK_EQ(reception.payloads[0].size(), 2);
}

}  // namespace evapid::test
