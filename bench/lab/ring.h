// An io_uring by the system calls themselves: submission, completion and what can be registered. One thread.
#pragma once

#include <linux/io_uring.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace lab {

class Ring {
 public:
  // `flags` are IORING_SETUP_*. With SQPOLL the kernel's thread runs on core 0, as the server would have to.
  Ring(unsigned entries, unsigned flags);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // The next free submission, cleared. There is one: submit() when `room()` is 0.
  io_uring_sqe& next();
  unsigned room() const;
  // Hands over what has been filled in, and returns when at least `least` completions are there.
  void submit(unsigned least);
  // Calls `done` for each completion that is there.
  template <typename Function>
  unsigned reap(Function&& done) {
    unsigned head = *completion_head_;
    const unsigned tail = __atomic_load_n(completion_tail_, __ATOMIC_ACQUIRE);
    const unsigned count = tail - head;
    for (; head != tail; ++head) done(completions_[head & completion_mask_]);
    __atomic_store_n(completion_head_, head, __ATOMIC_RELEASE);
    return count;
  }

  void register_files(const std::vector<int>& files);
  void register_buffer(const std::byte* data, size_t size);
  // IORING_REGISTER_PBUF_RING.
  void register_buffer_ring(const io_uring_buf_reg& registration);

 private:
  void enter(unsigned count, unsigned least, unsigned flags);
  void enroll(unsigned operation, const void* argument, unsigned count);

  int descriptor_;
  unsigned flags_;
  unsigned entries_;
  unsigned tail_ = 0;
  unsigned submitted_ = 0;
  void* rings_;
  size_t rings_size_;
  io_uring_sqe* submissions_;
  io_uring_cqe* completions_;
  unsigned* submission_head_;
  unsigned* submission_tail_;
  unsigned* submission_flags_;
  unsigned submission_mask_;
  unsigned* completion_head_;
  unsigned* completion_tail_;
  unsigned completion_mask_;
};

}  // namespace lab
