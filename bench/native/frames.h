// Finds messages in what a server sends. Every message of a run has the same shape, so the walk compares a
// word, steps a constant, and looks at nothing but the stamp; only what is cut by the end of a read, or is no
// message at all (a PING from NATS, an error from Redis), takes the slow way.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "stamp.h"
#include "wire.h"

namespace bench {

struct FrameShape {
  FrameShape(const Wire& wire, uint32_t payload)
      : prefix(wire.deliver_prefix),
        size(prefix.size() + payload + wire.deliver_suffix.size()),
        last(wire.deliver_suffix.empty() ? kFiller : wire.deliver_suffix.back()) {
    const size_t compared = std::min<size_t>(prefix.size(), 8);
    for (size_t i = 0; i < compared; ++i) {
      head |= uint64_t{static_cast<unsigned char>(prefix[i])} << (8 * i);
      head_mask |= uint64_t{0xff} << (8 * i);
    }
  }

  // `from` has at least `size` bytes.
  bool starts(const char* from) const { return (load64(from) & head_mask) == head; }
  // As far as the `left` bytes at `from` tell.
  bool may_start(const char* from, size_t left) const {
    return std::memcmp(from, prefix.data(), std::min(left, prefix.size())) == 0;
  }

  std::string prefix;
  size_t size;
  char last;
  uint64_t head = 0;
  uint64_t head_mask = 0;
};

class FrameWalker {
 public:
  // What may be left over from one read to the next, and so must be writable in front of the next one's data.
  static constexpr size_t kHeadroom = 512;

  // Calls on_frame(packed id, packed time) for every message that is complete, and on_line(text) for every
  // line that is no message. False: the stream makes no sense (or on_line says so).
  template <typename OnFrame, typename OnLine>
  bool walk(const FrameShape& shape, char* data, size_t size, OnFrame&& on_frame, OnLine&& on_line) {
    char* at = data;
    const char* const end = data + size;
    if (skip_ > 0) {
      const size_t skipped = std::min(skip_, size);
      skip_ -= skipped;
      at += skipped;
      if (skip_ > 0) return true;
      if (at[-1] != shape.last) return false;
      on_frame(held_id_, held_time_);
    } else if (left_over_ > 0) {
      at -= left_over_;
      std::memcpy(at, tail_.data(), left_over_);
      left_over_ = 0;
    }
    while (at < end) {
      const auto left = static_cast<size_t>(end - at);
      if (left >= shape.size && shape.starts(at)) [[likely]] {
        if (at[shape.size - 1] != shape.last) return false;
        const char* const stamp = at + shape.prefix.size();
        on_frame(load64(stamp), load64(stamp + 8));
        at += shape.size;
      } else if (shape.may_start(at, left)) {
        if (left < shape.prefix.size() + kStampSize) return keep(at, left);
        const char* const stamp = at + shape.prefix.size();
        held_id_ = load64(stamp);
        held_time_ = load64(stamp + 8);
        skip_ = shape.size - left;
        return true;
      } else {
        const auto* const newline = static_cast<const char*>(std::memchr(at, '\n', left));
        if (newline == nullptr) return keep(at, left);
        const auto length = static_cast<size_t>(newline + 1 - at);
        if (!on_line(std::string_view(at, length))) return false;
        at += length;
      }
    }
    return true;
  }

 private:
  bool keep(const char* from, size_t size) {
    if (size > tail_.size()) return false;
    std::memcpy(tail_.data(), from, size);
    left_over_ = size;
    return true;
  }

  // Of a message whose stamp was seen but whose end was not: bytes to come, and the stamp.
  size_t skip_ = 0;
  uint64_t held_id_ = 0;
  uint64_t held_time_ = 0;
  size_t left_over_ = 0;
  std::array<char, kHeadroom> tail_;
};

}  // namespace bench
