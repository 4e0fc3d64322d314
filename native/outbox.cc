#include "outbox.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace evapid {

void Outbox::append(Span span) {
  bytes_ += span.size();
  if (!spans_.empty() && spans_.back().continued_by(span.chunk.get(), span.begin)) {
    spans_.back().end = span.end;
    return;
  }
  push(std::move(span));
  if (pinned_ > kPinRatio * bytes_ + 2 * ChunkPool::kChunkSize) compact();
}

void Outbox::push(Span span) {
  if (++spans_of_[span.chunk.get()] == 1) pinned_ += span.chunk->capacity();
  spans_.push_back(std::move(span));
}

void Outbox::pop() {
  const Chunk* const chunk = spans_.front().chunk.get();
  if (--spans_of_[chunk] == 0) {
    pinned_ -= chunk->capacity();
    spans_of_.erase(chunk);
  }
  spans_.pop_front();
}

void Outbox::compact() {
  std::deque<Span> copied;
  size_t left = bytes_;
  ChunkRef target;
  size_t used = 0;
  for (const Span& span : spans_) {
    size_t at = span.begin;
    while (at < span.end) {
      if (!target || used == target->capacity()) {
        target = pool_.take_large(std::min(left, ChunkPool::kChunkSize));
        left -= target->capacity();
        used = 0;
        copied.push_back({target, 0, 0});
      }
      const size_t part = std::min(span.end - at, target->capacity() - used);
      std::memcpy(target->data() + used, span.chunk->data() + at, part);
      used += part;
      at += part;
      copied.back().end = used;
    }
  }
  spans_.clear();
  spans_of_.clear();
  pinned_ = 0;
  for (Span& span : copied) push(std::move(span));
}

void Outbox::consume(size_t bytes) {
  bytes_ -= bytes;
  while (bytes > 0) {
    Span& first = spans_.front();
    const size_t part = std::min(bytes, first.size());
    first.begin += part;
    bytes -= part;
    if (first.size() > 0) return;
    pop();
  }
}

Outbox::Drained Outbox::drain(int fd, uint64_t& sent) {
  constexpr size_t kVectors = 64;
  while (!spans_.empty()) {
    std::array<iovec, kVectors> vectors;
    const size_t count = std::min(kVectors, spans_.size());
    size_t offered = 0;
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {spans_[i].chunk->data() + spans_[i].begin, spans_[i].size()};
      offered += spans_[i].size();
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t taken = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0) {
      if (errno == EINTR) continue;
      // EPOLLOUT has just said that there is room, so any other error would come again and again.
      return errno == EAGAIN || errno == EWOULDBLOCK ? Drained::kSome : Drained::kFailed;
    }
    stalled_since_ = Clock::now();
    sent += static_cast<uint64_t>(taken);
    consume(static_cast<size_t>(taken));
    if (static_cast<size_t>(taken) < offered) return Drained::kSome;
  }
  return Drained::kAll;
}

}  // namespace evapid
