#include "send_buffer.h"

#include "netstring.h"

namespace evapid {

SendBuffer::Room SendBuffer::reserve(size_t payload_size) {
  const size_t header = netstring::header_size(payload_size);
  const size_t needed = header + payload_size + 1;
  if (!chunk_ || chunk_->capacity() - used_ < needed) {
    chunk_ = needed > ChunkPool::kChunkSize ? pool_.take_large(needed) : pool_.take();
    used_ = 0;
  }
  const size_t payload = used_ + header;
  used_ += needed;
  return {*chunk_, payload};
}

void SendBuffer::rewind() {
  if (chunk_ && chunk_->references() == 1) used_ = 0;
}

}  // namespace evapid
