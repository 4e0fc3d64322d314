// Where bytes arrive. All clients of a loop read into the same chunk, one after the other, so an idle client
// holds nothing and a burst of small messages lies in few cache lines. A frame that is cut at the end of a
// read stays where it is as long as its client is the next to read; only if another one reads first, or the
// chunk ends, is it moved.
#pragma once

#include <cstddef>

#include "client.h"

namespace evapid {

class ReceiveBuffer {
 public:
  // A read is never offered less than this, and a raw message (netstring_format=0) is never larger.
  static constexpr size_t kMinRead = 64 * 1024;
  // An unfinished frame longer than this gets a chunk of its own once it does not fit where it is.
  static constexpr size_t kLargeFrame = 32 * 1024;

  ReceiveBuffer(ChunkPool& pool, uint64_t& bytes_copied) : pool_(pool), bytes_copied_(bytes_copied) {}

  // Where the next read of a client goes. Unfinished bytes of this client stand just before `tail`, from
  // `begin` on.
  struct Room {
    Chunk* chunk;
    size_t begin;
    size_t tail;
    size_t size;  // bytes that may be read
  };
  Room prepare(Client& client);

  // After a read and the decoding of it: `rest` is where in the room's chunk the unfinished frame starts,
  // `end` where what was read ends (rest == end: nothing is left over), `total` how long that frame is going
  // to be, header and comma included, or 0 when its header is not complete.
  void keep(Client& client, const Room& room, size_t rest, size_t end, size_t total);

  // The same when what is behind `rest` is whole frames that are not to be handled yet: it is put aside, so
  // that it holds no more memory than it has bytes.
  void hold(Client& client, const Room& room, size_t rest, size_t end);
  static bool holds(const Client& client) { return client.unfinished && client.unfinished->held; }
  // What is held, in place of a read: of no size, since nothing is to be read behind it.
  static Room held(const Client& client);

  // Forgets what a client has not finished.
  void forget(Client& client);
  // Whether the client stands between two frames.
  bool clean(const Client& client) const;
  // Begins the chunk anew if nobody refers to what is in it: what fits in the cache stays in the cache.
  void rewind();

 private:
  void evict();
  void renew(size_t carried);
  void begin_large(Client& client, const std::byte* bytes, size_t size, size_t total);
  void put_aside(Client& client, const std::byte* bytes, size_t size, size_t total);

  ChunkPool& pool_;
  uint64_t& bytes_copied_;
  ChunkRef chunk_;
  size_t tail_ = 0;
  Client* unfinished_ = nullptr;  // whose cut frame ends at tail_
  size_t unfinished_begin_ = 0;
  size_t unfinished_total_ = 0;  // 0: not known yet
};

}  // namespace evapid
