// What one client could not take at once. Exists only while something waits: nearly no client ever has one.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "chunk.h"
#include "loop/loop.h"

namespace evapid {

class Outbox {
 public:
  explicit Outbox(ChunkPool& pool) : pool_(pool) {}

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  void append(Span span);

  enum class Drained : uint8_t { kAll, kSome, kFailed };
  // Sends as much as the kernel takes. Adds to `sent`.
  Drained drain(int fd, uint64_t& sent);

  // Since when the client has taken nothing.
  Clock::time_point stalled_since() const { return stalled_since_; }

 private:
  void push(Span span);
  void pop();
  void compact();
  void consume(size_t bytes);

  // A span may be a small part of its chunk. Beyond this many times what really waits, plus two chunks, spans
  // are copied together, so that a client that waits for a few bytes here and there does not hold megabytes.
  static constexpr size_t kPinRatio = 4;

  ChunkPool& pool_;
  std::deque<Span> spans_;
  size_t bytes_ = 0;
  size_t pinned_ = 0;                                    // capacity of the chunks that spans_ holds
  std::unordered_map<const Chunk*, uint32_t> spans_of_;  // how many spans each of them has
  Clock::time_point stalled_since_ = Clock::now();
};

}  // namespace evapid
