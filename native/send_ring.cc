#include "send_ring.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

namespace evapid {

namespace {

unsigned acquire(const unsigned* word) {
  return std::atomic_ref(*const_cast<unsigned*>(word)).load(std::memory_order_acquire);
}

void release(unsigned* word, unsigned value) {
  std::atomic_ref(*word).store(value, std::memory_order_release);
}

}  // namespace

SendRing::Mapping::~Mapping() {
  if (memory != nullptr) munmap(memory, size);
}

bool SendRing::Mapping::map(const Fd& ring, size_t bytes, uint64_t what) {
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.get(),
                            static_cast<off_t>(what));
  if (mapped == MAP_FAILED) return false;
  memory = mapped;
  size = bytes;
  return true;
}

std::unique_ptr<SendRing> SendRing::open() {
  std::unique_ptr<SendRing> ring(new SendRing);
  if (!ring->set_up() || !ring->prove()) return nullptr;
  return ring;
}

SendRing::~SendRing() = default;

bool SendRing::set_up() {
  io_uring_params parameters{};
  fd_.reset(static_cast<int>(syscall(SYS_io_uring_setup, kMost, &parameters)));
  // Linux 5.4 has one mapping for both rings; SEND came with 5.6.
  if (!fd_ || (parameters.features & IORING_FEAT_SINGLE_MMAP) == 0) return false;
  const io_sqring_offsets& in = parameters.sq_off;
  const io_cqring_offsets& out = parameters.cq_off;
  const size_t size = std::max<size_t>(in.array + parameters.sq_entries * sizeof(unsigned),
                                       out.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  if (!rings_.map(fd_, size, IORING_OFF_SQ_RING)) return false;
  if (!entries_.map(fd_, parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES)) return false;
  const auto word = [&](unsigned offset) { return reinterpret_cast<unsigned*>(rings_.at(offset)); };
  submission_head_ = word(in.head);
  submission_tail_ = word(in.tail);
  submission_mask_ = *word(in.ring_mask);
  completion_head_ = word(out.head);
  completion_tail_ = word(out.tail);
  completion_mask_ = *word(out.ring_mask);
  completions_ = reinterpret_cast<io_uring_cqe*>(rings_.at(out.cqes));
  submissions_ = reinterpret_cast<io_uring_sqe*>(entries_.at(0));
  // What is the same for every send is written once: the kernel does not write here.
  for (unsigned i = 0; i < parameters.sq_entries; ++i) {
    word(in.array)[i] = i;
    submissions_[i] = {};
    submissions_[i].opcode = IORING_OP_SEND;
    submissions_[i].msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  }
  return true;
}

// Two sends that must be done at once: one that is taken, and one to a socket that is full.
bool SendRing::prove() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return false;
  const Fd end(ends[0]);
  const Fd other(ends[1]);
  const std::array<std::byte, 4096> bytes{};
  std::array<int, 1> result;
  const std::span<const int> socket(&ends[0], 1);
  if (!send(socket, bytes, result) || result[0] != static_cast<int>(bytes.size())) return false;
  while (::send(ends[0], bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  if (!send(socket, bytes, result) || result[0] != -EAGAIN) return false;
  proven_ = true;
  return true;
}

unsigned SendRing::untaken() const {
  return *submission_tail_ - acquire(submission_head_);
}

// Completions need not come in the order of the submissions.
unsigned SendRing::reap(std::span<int> results) {
  const unsigned tail = acquire(completion_tail_);
  const unsigned head = *completion_head_;
  for (unsigned at = head; at != tail; ++at) {
    const io_uring_cqe& completion = completions_[at & completion_mask_];
    results[completion.user_data] = completion.res;
  }
  release(completion_head_, tail);
  return tail - head;
}

bool SendRing::send(std::span<const int> sockets, std::span<const std::byte> bytes, std::span<int> results) {
  const auto count = static_cast<unsigned>(sockets.size());
  const unsigned tail = *submission_tail_;
  for (unsigned i = 0; i < count; ++i) {
    io_uring_sqe& entry = submissions_[(tail + i) & submission_mask_];
    entry.fd = sockets[i];
    entry.addr = reinterpret_cast<uint64_t>(bytes.data());
    entry.len = static_cast<uint32_t>(bytes.size());
    entry.user_data = i;
    results[i] = kUntried;
  }
  release(submission_tail_, tail + count);

  // One round, but for signals, and for a kernel that does not take or complete all at once.
  unsigned unanswered = count;
  unsigned waits_for = 0;
  while (true) {
    const unsigned offered = untaken();
    const long entered = syscall(SYS_io_uring_enter, fd_.get(), offered, waits_for,
                                 waits_for > 0 ? IORING_ENTER_GETEVENTS : 0, nullptr, 0);
    const int error = entered < 0 ? errno : 0;
    const unsigned answered = reap(results);
    unanswered -= answered;
    if (unanswered == 0) return true;
    const unsigned left = untaken();
    const bool progress = answered > 0 || left < offered || error == EINTR;
    waits_for = left > 0 ? 0 : unanswered;
    if (progress && (error == 0 || error == EINTR) && (waits_for == 0 || proven_)) continue;
    // Of what the kernel has taken and says nothing, nobody knows whether it was sent: such a stream is
    // broken.
    for (unsigned i = 0; i < count - left; ++i) {
      if (results[i] == kUntried) results[i] = -EIO;
    }
    return false;
  }
}

}  // namespace evapid
