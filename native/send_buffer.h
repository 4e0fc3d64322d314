// Where data is written that is made here and not in JavaScript: frames whose header was not the shortest
// one, and what plans put together. Each is written once, with room for its header, into the chunk that it is
// sent from.
#pragma once

#include <cstddef>

#include "chunk.h"

namespace evapid {

class SendBuffer {
 public:
  explicit SendBuffer(ChunkPool& pool) : pool_(pool) {}

  // Room for a payload, with netstring::kMaxHeader bytes before it and one after it. Good until the next
  // call.
  struct Room {
    Chunk& chunk;
    size_t payload;

    std::byte* data() const { return chunk.data() + payload; }
  };
  Room reserve(size_t payload_size);
  // Begins the chunk anew if nobody refers to what is in it.
  void rewind();

 private:
  ChunkPool& pool_;
  ChunkRef chunk_;
  size_t used_ = 0;
};

}  // namespace evapid
