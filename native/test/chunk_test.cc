// The chunk pool.
#include "chunk.h"

#include <set>

#include "check.h"
#include "frames.h"

namespace evapid::test {

TEST("a chunk is used again once nobody refers to it, without asking the system") {
  ChunkPool pool;
  ChunkRef first = pool.take();
  CHECK_EQ(first->capacity(), ChunkPool::kChunkSize);
  CHECK_EQ(first->references(), 1);
  const Chunk* const address = first.get();
  const uint32_t id = first->id();
  CHECK(pool.find(id) == address);
  ChunkRef copy = first;
  CHECK_EQ(first->references(), 2);
  first.reset();
  ChunkRef other = pool.take();
  CHECK(other.get() != address);
  CHECK(other->id() != id);
  copy = ChunkRef();
  CHECK(pool.take().get() == address);
  CHECK_EQ(pool.allocations(), 2);
}

TEST("references move, copy and assign without losing count") {
  ChunkPool pool;
  ChunkRef a = pool.take();
  ChunkRef b = std::move(a);
  CHECK(!a);
  CHECK_EQ(b->references(), 1);
  a = b;
  CHECK_EQ(b->references(), 2);
  ChunkRef& same = a;
  a = same;
  CHECK_EQ(b->references(), 2);
  {
    const Span span{b, 3, 10};
    CHECK_EQ(span.size(), 7);
    CHECK(span.data() == b->data() + 3);
    CHECK(span.continued_by(b.get(), 10));
    CHECK(!span.continued_by(b.get(), 11));
    CHECK_EQ(b->references(), 3);
  }
  CHECK_EQ(b->references(), 2);
}

TEST("a large chunk has the size that was asked for and is given back after use") {
  ChunkPool pool;
  const size_t before = pool.allocated_bytes();
  {
    const ChunkRef large = pool.take_large(3 * ChunkPool::kChunkSize + 1);
    CHECK_EQ(large->capacity(), 3 * ChunkPool::kChunkSize + 1);
    CHECK_EQ(pool.allocated_bytes(), before + large->capacity());
    const ChunkRef small = pool.take_large(1);
    CHECK_EQ(small->capacity(), 1);
  }
  CHECK_EQ(pool.allocated_bytes(), before);
}

TEST("no more chunks are kept than the pool says, and the hook hears of every one that goes") {
  std::set<uint32_t> gone;  // outlives the pool, whose end is the end of the chunks it keeps
  ChunkPool pool;
  pool.set_free_hook(
      [](void* context, Chunk& chunk) {
        // The memory is still there when the hook is called.
        chunk.data()[0] = std::byte{1};
        static_cast<std::set<uint32_t>*>(context)->insert(chunk.id());
      },
      &gone);
  std::vector<ChunkRef> taken;
  std::set<uint32_t> ids;
  for (size_t i = 0; i < ChunkPool::kKept + 10; ++i) {
    taken.push_back(pool.take());
    ids.insert(taken.back()->id());
  }
  CHECK_EQ(ids.size(), taken.size());
  CHECK_EQ(*ids.rbegin(), taken.size() - 1);  // small numbers
  taken.clear();
  CHECK_EQ(gone.size(), 10);
  CHECK_EQ(pool.allocated_bytes(), ChunkPool::kKept * ChunkPool::kChunkSize);
  for (const uint32_t id : gone) CHECK(pool.find(id) == nullptr);
  const ChunkRef large = pool.take_large(5);
  CHECK(gone.contains(large->id()));  // ids of chunks that are gone are used again
  CHECK(pool.find(9999) == nullptr);
}

}  // namespace evapid::test
