// full: what each interface costs when the sockets take only part, or nothing.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "clock.h"
#include "contest.h"
#include "drain.h"
#include "must.h"
#include "ring.h"
#include "send_way.h"
#include "uring_way.h"

namespace {

void set_non_blocking(const std::vector<int>& sockets, bool on) {
  for (const int socket : sockets) lab::must(fcntl(socket, F_SETFL, on ? O_NONBLOCK : 0), "F_SETFL");
}

// Sends what is taken, and goes on with it when epoll says that there is room again.
class EpollWay : public lab::Way {
 public:
  EpollWay(std::string name, bool from_file)
      : Way(std::move(name)), from_file_(from_file), epoll_(lab::must(epoll_create1(0), "epoll_create1")) {}
  ~EpollWay() override {
    close(epoll_);
    if (file_ >= 0) close(file_);
  }

  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override {
    Way::prepare(sockets, payload);
    sent_.resize(sockets.size());
    for (size_t i = 0; i < sockets.size(); ++i) watch(EPOLL_CTL_ADD, i, 0);
    if (!from_file_) return;
    file_ = lab::must(memfd_create("payload", MFD_CLOEXEC), "memfd_create");
    lab::must(write(file_, payload.data(), payload.size()), "write");
  }

  void flush() override {
    // sendfile asks the descriptor; io_uring must not find it like this.
    set_non_blocking(sockets_, true);
    size_t unfinished = 0;
    for (size_t i = 0; i < sockets_.size(); ++i) {
      sent_[i] = 0;
      if (advance(i)) continue;
      ++unfinished;
      watch(EPOLL_CTL_MOD, i, EPOLLOUT);
    }
    while (unfinished > 0) {
      std::array<epoll_event, 256> events;
      // Negative when what a ring of another contestant has left to do interrupts it.
      const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int e = 0; e < ready; ++e) {
        const size_t i = events[static_cast<size_t>(e)].data.u64;
        if (!advance(i)) continue;
        --unfinished;
        watch(EPOLL_CTL_MOD, i, 0);
      }
    }
    set_non_blocking(sockets_, false);
  }

 private:
  bool advance(size_t i) {
    const size_t left = payload_.size() - sent_[i];
    auto offset = static_cast<off_t>(sent_[i]);
    const ssize_t taken = from_file_ ? sendfile(sockets_[i], file_, &offset, left)
                                     : send(sockets_[i], payload_.data() + sent_[i], left, MSG_NOSIGNAL);
    if (taken > 0) sent_[i] += static_cast<size_t>(taken);
    return sent_[i] == payload_.size();
  }

  void watch(int operation, size_t i, uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.u64 = i;
    lab::must(epoll_ctl(epoll_, operation, sockets_[i], &event), "epoll_ctl");
  }

  bool from_file_;
  int epoll_;
  int file_ = -1;
  std::vector<size_t> sent_;
};

// What one look at a socket costs that takes nothing.
void refusals() {
  constexpr size_t kClients = 100;
  constexpr size_t kBytes = 1700;
  constexpr int kTurns = 200;
  lab::Drain drain(kClients);
  drain.pause(true);
  set_non_blocking(drain.sockets(), true);
  std::vector<char> bytes(kBytes);
  // What has been acknowledged meanwhile makes room for more: until a whole pass, after a while, finds none.
  for (bool full = false; !full;) {
    full = true;
    usleep(50'000);
    for (const int socket : drain.sockets()) {
      while (send(socket, bytes.data(), kBytes, MSG_NOSIGNAL) > 0) full = false;
    }
  }
  const int file = lab::must(memfd_create("payload", 0), "memfd_create");
  lab::must(write(file, bytes.data(), kBytes), "write");
  lab::Ring ring(256, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);

  size_t taken = 0;
  const std::vector<std::function<void()>> contestants = {
      [&] {
        for (const int socket : drain.sockets()) {
          taken += send(socket, bytes.data(), kBytes, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 ? 1 : 0;
        }
      },
      [&] {
        for (const int socket : drain.sockets()) {
          off_t offset = 0;
          taken += sendfile(socket, file, &offset, kBytes) > 0 ? 1 : 0;
        }
      },
      [&] {
        for (const int socket : drain.sockets()) {
          io_uring_sqe& entry = ring.next();
          entry.opcode = IORING_OP_SEND;
          entry.fd = socket;
          entry.addr = reinterpret_cast<uint64_t>(bytes.data());
          entry.len = kBytes;
          entry.msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        }
        ring.submit(kClients);
        ring.reap([&](const io_uring_cqe& completion) { taken += completion.res > 0 ? 1 : 0; });
      }};
  const lab::Table table("an attempt at a full socket", "us CPU / client",
                         {"send", "sendfile", "uring send"});
  table.row("EAGAIN x 100", lab::interleave(contestants.size(), 7, [&](size_t which) {
              const int64_t begin = lab::cpu_ns();
              for (int turn = 0; turn < kTurns; ++turn) contestants[which]();
              return static_cast<double>(lab::cpu_ns() - begin) / kTurns / kClients / 1000;
            }));
  if (taken > 0) std::printf("  the sockets were not full: %zu sends were taken\n", taken);
  close(file);
}

}  // namespace

int main() {
  lab::contest(
      "sockets with a send buffer of 256 KiB, until all is taken",
      {{256 << 10, 10}, {256 << 10, 100}, {1 << 20, 1}, {1 << 20, 10}, {1 << 20, 100}},
      {.send_buffer = 128 << 10}, [] {
        lab::Ways ways;
        ways.push_back(std::make_unique<EpollWay>("epoll, send", false));
        ways.push_back(std::make_unique<EpollWay>("epoll, sendfile", true));
        ways.push_back(std::make_unique<lab::UringWay>("uring patient", lab::UringOptions{.patient = true}));
        return ways;
      });
  refusals();
}
