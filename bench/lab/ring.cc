#include "ring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "must.h"

namespace lab {

Ring::Ring(unsigned entries, unsigned flags) : flags_(flags) {
  io_uring_params parameters{};
  parameters.flags = flags;
  if ((flags & IORING_SETUP_SQPOLL) != 0) {
    parameters.flags |= IORING_SETUP_SQ_AFF;
    parameters.sq_thread_cpu = 0;
    parameters.sq_thread_idle = 1;  // milliseconds of polling before it sleeps
  }
  descriptor_ = static_cast<int>(must(syscall(SYS_io_uring_setup, entries, &parameters), "io_uring_setup"));
  entries_ = parameters.sq_entries;
  const io_sqring_offsets& in = parameters.sq_off;
  const io_cqring_offsets& out = parameters.cq_off;
  // One mapping for both rings: IORING_FEAT_SINGLE_MMAP, Linux 5.4.
  rings_size_ = std::max<size_t>(in.array + parameters.sq_entries * sizeof(unsigned),
                                 out.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  const auto map = [&](size_t size, off_t what) {
    void* const memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor_, what);
    if (memory == MAP_FAILED) must(-1, "mmap of the ring");
    return memory;
  };
  rings_ = map(rings_size_, IORING_OFF_SQ_RING);
  submissions_ = static_cast<io_uring_sqe*>(map(entries_ * sizeof(io_uring_sqe), IORING_OFF_SQES));
  auto* const base = static_cast<std::byte*>(rings_);
  const auto word = [&](unsigned offset) { return reinterpret_cast<unsigned*>(base + offset); };
  submission_head_ = word(in.head);
  submission_tail_ = word(in.tail);
  submission_flags_ = word(in.flags);
  submission_mask_ = *word(in.ring_mask);
  completion_head_ = word(out.head);
  completion_tail_ = word(out.tail);
  completion_mask_ = *word(out.ring_mask);
  completions_ = reinterpret_cast<io_uring_cqe*>(base + out.cqes);
  for (unsigned i = 0; i < entries_; ++i) word(in.array)[i] = i;
}

Ring::~Ring() {
  munmap(submissions_, entries_ * sizeof(io_uring_sqe));
  munmap(rings_, rings_size_);
  close(descriptor_);
}

unsigned Ring::room() const {
  return entries_ - (tail_ - __atomic_load_n(submission_head_, __ATOMIC_ACQUIRE));
}

io_uring_sqe& Ring::next() {
  io_uring_sqe& entry = submissions_[tail_++ & submission_mask_];
  std::memset(&entry, 0, sizeof entry);
  return entry;
}

void Ring::submit(unsigned least) {
  const unsigned count = tail_ - submitted_;
  __atomic_store_n(submission_tail_, tail_, __ATOMIC_RELEASE);
  submitted_ = tail_;
  if ((flags_ & IORING_SETUP_SQPOLL) == 0) return enter(count, least, IORING_ENTER_GETEVENTS);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  const bool asleep = (__atomic_load_n(submission_flags_, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP) != 0;
  const unsigned wake = asleep ? IORING_ENTER_SQ_WAKEUP : 0;
  if (asleep || least > 0) enter(count, least, wake | IORING_ENTER_GETEVENTS);
}

void Ring::enter(unsigned count, unsigned least, unsigned flags) {
  while (syscall(SYS_io_uring_enter, descriptor_, count, least, flags, nullptr, 0) < 0) {
    if (errno != EINTR) must(-1, "io_uring_enter");
  }
}

void Ring::enroll(unsigned operation, const void* argument, unsigned count) {
  must(syscall(SYS_io_uring_register, descriptor_, operation, argument, count), "io_uring_register");
}

void Ring::register_files(const std::vector<int>& files) {
  enroll(IORING_REGISTER_FILES, files.data(), static_cast<unsigned>(files.size()));
}

void Ring::register_buffer(const std::byte* data, size_t size) {
  const iovec buffer{const_cast<std::byte*>(data), size};
  enroll(IORING_REGISTER_BUFFERS, &buffer, 1);
}

void Ring::register_buffer_ring(const io_uring_buf_reg& registration) {
  enroll(IORING_REGISTER_PBUF_RING, &registration, 1);
}

}  // namespace lab
