// A ring (io_uring) that sends the same bytes to many sockets in one system call. It knows no client, and
// keeps nothing between two calls: what a socket did not take is its owner's business.
//
// Every send is one that does not wait (MSG_DONTWAIT), so the kernel has done it when the call returns; the
// bytes need to live no longer than with send().
#pragma once

#include <limits.h>
#include <linux/io_uring.h>

#include <cstddef>
#include <memory>
#include <span>

#include "loop/fd.h"

namespace evapid {

class SendRing {
 public:
  // The most sockets of one call.
  static constexpr size_t kMost = 64;
  // The result for a socket to which nothing was sent, because the ring failed before.
  static constexpr int kUntried = INT_MIN;

  // Nothing if this kernel has no io_uring, keeps it from us, or has one that does not send as it must here.
  static std::unique_ptr<SendRing> open();
  ~SendRing();
  SendRing(const SendRing&) = delete;
  SendRing& operator=(const SendRing&) = delete;

  // Offers the bytes once to each socket, at most kMost. What came of it is in `results`, in the order of the
  // sockets: how many bytes were taken, or a negative errno. False if the ring has failed; it is of no use
  // afterwards, and some results may be kUntried.
  bool send(std::span<const int> sockets, std::span<const std::byte> bytes, std::span<int> results);

 private:
  struct Mapping {
    Mapping() = default;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    bool map(const Fd& ring, size_t bytes, uint64_t what);
    std::byte* at(size_t offset) const { return static_cast<std::byte*>(memory) + offset; }

    void* memory = nullptr;
    size_t size = 0;
  };

  SendRing() = default;
  bool set_up();
  bool prove();
  unsigned untaken() const;
  unsigned reap(std::span<int> results);

  Fd fd_;
  Mapping rings_;
  Mapping entries_;
  io_uring_sqe* submissions_ = nullptr;
  const io_uring_cqe* completions_ = nullptr;
  // Written by the kernel: how far it has taken submissions and written completions.
  const unsigned* submission_head_ = nullptr;
  const unsigned* completion_tail_ = nullptr;
  // Written by us, and read by the kernel.
  unsigned* submission_tail_ = nullptr;
  unsigned* completion_head_ = nullptr;
  unsigned submission_mask_ = 0;
  unsigned completion_mask_ = 0;
  bool proven_ = false;
};

}  // namespace evapid
