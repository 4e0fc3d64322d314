// Where datagrams arrive: a block of slots, each large enough for any datagram, that many are read into with
// one system call. It lives as long as the dispatcher, so that JavaScript sees it once and for all.
//
// A slot is used again when nobody but this holds the block: whoever notes what is in it holds the block
// until it has been seen. Pages that nothing was ever read into cost nothing.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "chunk.h"
#include "datagram_path.h"

namespace evapid {

class DatagramSlots {
 public:
  // Read with one call, at most.
  static constexpr size_t kBatch = 32;
  // Two sockets can be read before what came must have been seen.
  static constexpr size_t kSlots = 2 * kBatch;
  static constexpr size_t kPayload = 65'535;
  // Before the payload stand the words of its DatagramPath and their hash. A cache line of its own.
  static constexpr size_t kHeader = 64;

  explicit DatagramSlots(ChunkPool& pool);

  Chunk* block() const { return block_.get(); }
  size_t free();

  struct Datagram {
    size_t payload;  // where it stands in the block
    size_t size;
    bool truncated;  // was larger than a slot
  };
  struct Received {
    size_t count;
    int error;  // an errno if nothing was read for another reason than that nothing was there
  };
  // Reads what waits at the socket, as far as there are slots.
  Received receive(int fd);
  // The i-th of those that the last call has read.
  Datagram datagram(size_t i) const { return datagrams_[i]; }

 private:
  // The slots must not all begin at the same place of a page, or they would all want the same cache lines: 17
  // lines more, and a small datagram of each slot finds lines of its own.
  static constexpr size_t kStride = 64 * 1024 + 17 * 64;

  void prepare(size_t slot);
  Datagram finish(size_t slot);
  size_t payload_of(size_t slot) const { return slot * kStride + kHeader; }

  const ChunkRef block_;
  size_t used_ = 0;
  std::array<mmsghdr, kSlots> headers_;
  std::array<iovec, kSlots> vectors_;
  std::array<DatagramName, kSlots> names_;
  std::array<DatagramControl, kSlots> controls_;
  std::array<Datagram, kBatch> datagrams_;
};

}  // namespace evapid
