// receive: reading from 100 publishers of whom some have something: recv() into one chunk, one after the
// other, against io_uring's multishot receive into a ring of provided buffers.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "clock.h"
#include "contest.h"
#include "drain.h"
#include "must.h"
#include "ring.h"

namespace {

constexpr size_t kPublishers = 100;

// Reads what its own connections bring.
class Reader {
 public:
  Reader() { lab::connect_pairs(kPublishers, publishers_, sockets_); }
  virtual ~Reader() {
    for (const auto& ends : {publishers_, sockets_}) {
      for (const int socket : ends) close(socket);
    }
  }

  // The first `ready` publishers send. Loopback: when send() returns, it is there.
  void publish(size_t ready, const std::vector<std::byte>& message) const {
    for (size_t i = 0; i < ready; ++i) {
      lab::must(send(publishers_[i], message.data(), message.size(), 0), "send");
    }
  }
  // One turn of the loop: how many bytes it brought.
  virtual size_t turn() = 0;

 protected:
  std::vector<int> publishers_;
  std::vector<int> sockets_;
};

class EpollReader : public Reader {
 public:
  explicit EpollReader(bool edge) : epoll_(lab::must(epoll_create1(0), "epoll_create1")), chunk_(256 * 1024) {
    for (const int socket : sockets_) {
      epoll_event event{};
      event.events = edge ? EPOLLIN | EPOLLET : EPOLLIN;
      event.data.fd = socket;
      lab::must(epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
    }
  }
  ~EpollReader() override { close(epoll_); }

  size_t turn() override {
    size_t bytes = 0;
    std::array<epoll_event, 1024> events;
    const int ready = epoll_wait(epoll_, events.data(), events.size(), 0);
    for (int i = 0; i < ready; ++i) {
      // They lie one after the other, as the server has them.
      if (chunk_.size() - used_ < 64 * 1024) used_ = 0;
      const ssize_t got = recv(events[static_cast<size_t>(i)].data.fd, chunk_.data() + used_,
                               chunk_.size() - used_, MSG_DONTWAIT);
      if (got <= 0) continue;
      used_ += static_cast<size_t>(got);
      bytes += static_cast<size_t>(got);
    }
    return bytes;
  }

 private:
  int epoll_;
  std::vector<char> chunk_;
  size_t used_ = 0;
};

class UringReader : public Reader {
 public:
  UringReader()
      : ring_(256, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN), memory_(kBuffers * kBufferSize) {
    void* const memory = mmap(nullptr, kBuffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) lab::must(-1, "mmap");
    buffers_ = static_cast<io_uring_buf*>(memory);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uint64_t>(memory);
    registration.ring_entries = kBuffers;
    ring_.register_buffer_ring(registration);
    for (unsigned i = 0; i < kBuffers; ++i) give_back(static_cast<uint16_t>(i));
    publish_buffers();
    ring_.register_files(sockets_);
    for (size_t i = 0; i < sockets_.size(); ++i) arm(i);
    ring_.submit(0);
  }
  ~UringReader() override { munmap(buffers_, kBuffers * sizeof(io_uring_buf)); }

  size_t turn() override {
    size_t bytes = 0;
    ring_.submit(0);
    ring_.reap([&](const io_uring_cqe& completion) {
      if (completion.res > 0) {
        bytes += static_cast<size_t>(completion.res);
        give_back(static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT));
      }
      if ((completion.flags & IORING_CQE_F_MORE) == 0) arm(completion.user_data);
    });
    publish_buffers();
    return bytes;
  }

 private:
  static constexpr unsigned kBuffers = 256;
  static constexpr unsigned kBufferSize = 16 * 1024;

  void arm(size_t i) {
    io_uring_sqe& entry = ring_.next();
    entry.opcode = IORING_OP_RECV;
    entry.fd = static_cast<int>(i);
    entry.flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    entry.ioprio = IORING_RECV_MULTISHOT;
    entry.user_data = i;
  }

  void give_back(uint16_t number) {
    io_uring_buf& buffer = buffers_[tail_++ % kBuffers];
    buffer.addr = reinterpret_cast<uint64_t>(memory_.data() + number * kBufferSize);
    buffer.len = kBufferSize;
    buffer.bid = number;
  }

  // The tail lies in the first buffer's unused field.
  void publish_buffers() { __atomic_store_n(&buffers_[0].resv, tail_, __ATOMIC_RELEASE); }

  lab::Ring ring_;
  std::vector<std::byte> memory_;
  io_uring_buf* buffers_;
  uint16_t tail_ = 0;
};

struct Cost {
  double reading;
  double sending;
};

// CPU per ready publisher of reading, and of having sent.
Cost measure(Reader& reader, size_t ready, const std::vector<std::byte>& message) {
  Cost cost{};
  size_t messages = 0;
  while (cost.reading < 2e6) {
    const int64_t begin = lab::cpu_ns();
    reader.publish(ready, message);
    const int64_t sent = lab::cpu_ns();
    size_t missing = ready * message.size();
    while (missing > 0) missing -= reader.turn();
    cost.sending += static_cast<double>(sent - begin);
    cost.reading += static_cast<double>(lab::cpu_ns() - sent);
    messages += ready;
  }
  const double scale = 1000 * static_cast<double>(messages);
  return {cost.reading / scale, cost.sending / scale};
}

}  // namespace

int main() {
  lab::pin_to_core(0);
  lab::raise_descriptor_limit();
  std::vector<std::unique_ptr<Reader>> readers;
  readers.push_back(std::make_unique<EpollReader>(false));
  readers.push_back(std::make_unique<EpollReader>(true));
  readers.push_back(std::make_unique<UringReader>());
  const lab::Table table("reading from 100 publishers of whom R are ready", "us CPU / ready",
                         {"epoll, recv", "edge", "multishot"});
  for (const size_t bytes : {105u, 1700u, 16384u}) {
    const std::vector<std::byte> message(bytes);
    for (const size_t ready : {1u, 10u, 100u}) {
      std::vector<lab::Costs> sending(readers.size());
      const auto reading = lab::interleave(readers.size(), 7, [&](size_t which) {
        const Cost cost = measure(*readers[which], ready, message);
        sending[which].push_back(cost.sending);
        return cost.reading;
      });
      const std::string name = std::to_string(bytes) + " B, R=" + std::to_string(ready);
      table.row(name, reading);
      if (bytes == 1700) table.row("  its senders", sending);
    }
  }
}
