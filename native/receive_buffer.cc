#include "receive_buffer.h"

#include <algorithm>
#include <cstring>

namespace evapid {

namespace {

// A large frame's chunk grows with what has really arrived, so that announcing a megabyte costs its sender a
// megabyte.
size_t large_capacity(size_t present, size_t total) {
  return std::min(total, std::max(4 * present, 4 * ReceiveBuffer::kMinRead));
}

UnfinishedFrame& unfinished_of(Client& client) {
  if (!client.unfinished) client.unfinished = std::make_unique<UnfinishedFrame>();
  return *client.unfinished;
}

}  // namespace

void ReceiveBuffer::evict() {
  if (unfinished_ == nullptr) return;
  const std::byte* const begin = chunk_->data() + unfinished_begin_;
  const size_t size = tail_ - unfinished_begin_;
  if (unfinished_total_ > kLargeFrame) {
    begin_large(*unfinished_, begin, size, unfinished_total_);
  } else {
    unfinished_of(*unfinished_).cut.assign(begin, begin + size);
    bytes_copied_ += size;
  }
  tail_ = unfinished_begin_;
  unfinished_ = nullptr;
}

// Takes a fresh chunk, carrying the last `carried` bytes over.
void ReceiveBuffer::renew(size_t carried) {
  ChunkRef fresh = pool_.take();
  if (carried > 0) {
    std::memcpy(fresh->data(), chunk_->data() + tail_ - carried, carried);
    bytes_copied_ += carried;
  }
  chunk_ = std::move(fresh);
  tail_ = carried;
  unfinished_begin_ = 0;
}

ReceiveBuffer::Room ReceiveBuffer::prepare(Client& client) {
  if (client.unfinished && client.unfinished->large) {
    UnfinishedFrame& frame = *client.unfinished;
    if (frame.large_size == frame.large->capacity()) {
      ChunkRef larger = pool_.take_large(large_capacity(frame.large_size, frame.large_total));
      std::memcpy(larger->data(), frame.large->data(), frame.large_size);
      bytes_copied_ += frame.large_size;
      frame.large = std::move(larger);
    }
    return {frame.large.get(), 0, frame.large_size, frame.large->capacity() - frame.large_size};
  }

  if (unfinished_ != &client) evict();
  if (!chunk_) chunk_ = pool_.take();

  size_t carried = unfinished_ == &client ? tail_ - unfinished_begin_ : 0;
  // A large frame stays only where it fits (see keep()), so it can be finished in place however little room
  // is left.
  const bool large_in_place = carried > 0 && unfinished_total_ > kLargeFrame;
  const size_t cut = client.unfinished ? client.unfinished->cut.size() : 0;
  if (!large_in_place && chunk_->capacity() - tail_ < kMinRead + cut) renew(carried);
  if (cut > 0) {
    carried = cut;
    std::memcpy(chunk_->data() + tail_, client.unfinished->cut.data(), cut);
    bytes_copied_ += cut;
    tail_ += cut;
    client.unfinished.reset();
  }
  // Whoever was unfinished here has been moved, or is this client: keep() decides anew.
  unfinished_ = nullptr;
  return {chunk_.get(), tail_ - carried, tail_, chunk_->capacity() - tail_};
}

void ReceiveBuffer::begin_large(Client& client, const std::byte* bytes, size_t size, size_t total) {
  UnfinishedFrame& frame = unfinished_of(client);
  frame.large = pool_.take_large(large_capacity(size, total));
  std::memcpy(frame.large->data(), bytes, size);
  bytes_copied_ += size;
  frame.large_size = size;
  frame.large_total = total;
}

void ReceiveBuffer::keep(Client& client, const Room& room, size_t rest, size_t end, size_t total) {
  if (room.chunk !=
      chunk_.get()) {  // the client's large chunk, unless the client has been forgotten meanwhile
    if (!client.unfinished) return;
    client.unfinished->large_size = end;
    if (rest == end) client.unfinished.reset();
    return;
  }
  tail_ = end;
  if (rest == end) return;
  if (total > kLargeFrame && rest + total > room.chunk->capacity()) {
    begin_large(client, room.chunk->data() + rest, end - rest, total);
    tail_ = rest;
    return;
  }
  unfinished_ = &client;
  unfinished_begin_ = rest;
  unfinished_total_ = total;
}

void ReceiveBuffer::forget(Client& client) {
  if (unfinished_ == &client) unfinished_ = nullptr;
  client.unfinished.reset();
}

bool ReceiveBuffer::clean(const Client& client) const {
  return unfinished_ != &client && !client.unfinished;
}

void ReceiveBuffer::rewind() {
  if (unfinished_ == nullptr && chunk_ && chunk_->references() == 1) tail_ = 0;
}

}  // namespace evapid
