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
  put_aside(*unfinished_, chunk_->data() + unfinished_begin_, tail_ - unfinished_begin_, unfinished_total_);
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

void ReceiveBuffer::put_aside(Client& client, const std::byte* bytes, size_t size, size_t total) {
  if (total > kLargeFrame) return begin_large(client, bytes, size, total);
  unfinished_of(client).cut.assign(bytes, bytes + size);
  bytes_copied_ += size;
}

void ReceiveBuffer::hold(Client& client, const Room& room, size_t rest, size_t end) {
  UnfinishedFrame& frame = unfinished_of(client);
  if (room.chunk == chunk_.get()) {
    frame.held = pool_.take_large(end - rest);
    std::memcpy(frame.held->data(), chunk_->data() + rest, end - rest);
    bytes_copied_ += end - rest;
    frame.held_begin = 0;
    frame.held_end = end - rest;
    tail_ = rest;
    return;
  }
  if (frame.large) frame.held = std::move(frame.large);
  frame.held_begin = rest;
  frame.held_end = end;
}

ReceiveBuffer::Room ReceiveBuffer::held(const Client& client) {
  const UnfinishedFrame& frame = *client.unfinished;
  return {frame.held.get(), frame.held_begin, frame.held_end, 0};
}

void ReceiveBuffer::keep(Client& client, const Room& room, size_t rest, size_t end, size_t total) {
  if (room.chunk !=
      chunk_.get()) {  // one of the client's own, unless the client has been forgotten meanwhile
    if (!client.unfinished) return;
    if (const ChunkRef held = std::move(client.unfinished->held)) {
      if (rest < end) {
        put_aside(client, held->data() + rest, end - rest, total);
      } else {
        client.unfinished.reset();
      }
      return;
    }
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
