// The send buffer: what is written one after the other stands without a gap, and nothing is written over that
// is still referred to.
#include "send_buffer.h"

#include <cstring>

#include "check.h"
#include "frames.h"
#include "netstring.h"

namespace evapid::test {

namespace {

Span written(SendBuffer& buffer, const std::string& payload) {
  const SendBuffer::Room room = buffer.reserve(payload.size());
  std::memcpy(room.data(), payload.data(), payload.size());
  const size_t header = netstring::write_header_before(room.data(), payload.size());
  room.data()[payload.size()] = std::byte{','};
  return {ChunkRef(&room.chunk), room.payload - header, room.payload + payload.size() + 1};
}

}  // namespace

TEST("frames made one after the other are one piece, whatever their headers take") {
  ChunkPool pool;
  SendBuffer buffer(pool);
  std::string expected;
  Span all = written(buffer, "");
  expected += "0:,";
  for (const size_t size : {1, 9, 10, 99, 100, 999, 1000, 10'000, 99'999}) {
    const std::string payload(size, 'x');
    const Span next = written(buffer, payload);
    CHECK(all.continued_by(next.chunk.get(), next.begin));
    all.end = next.end;
    expected += frame(payload);
  }
  CHECK(text_of(all) == expected);
  CHECK_EQ(pool.allocations(), 1);
}

TEST("the chunk begins anew when nobody refers to it, and not before") {
  ChunkPool pool;
  SendBuffer buffer(pool);
  {
    const Span first = written(buffer, "first");
    buffer.rewind();
    const Span second = written(buffer, "second");
    CHECK_EQ(text_of(first), "5:first,");
    CHECK(second.begin == first.end);
  }
  buffer.rewind();
  CHECK_EQ(written(buffer, "third").begin, 0);
}

TEST("what does not fit gets another chunk, what is too large for any one of its own") {
  ChunkPool pool;
  SendBuffer buffer(pool);
  const Span large = written(buffer, std::string(ChunkPool::kChunkSize, 'x'));
  CHECK_EQ(large.size(), ChunkPool::kChunkSize + 8);
  const Span most = written(buffer, std::string(ChunkPool::kChunkSize - 100, 'y'));
  const Span next = written(buffer, std::string(200, 'z'));
  CHECK(most.chunk.get() != next.chunk.get());
  CHECK_EQ(text_of(next), frame(std::string(200, 'z')));
}

}  // namespace evapid::test
