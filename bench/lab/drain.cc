#include "drain.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>

#include "must.h"

namespace lab {

struct Drain::Shared {
  std::atomic<uint64_t> read{0};
  std::atomic<bool> paused{false};
};

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void connect_pairs(size_t count, std::vector<int>& near, std::vector<int>& far) {
  const int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  must(bind(listener, generic, size), "bind");
  must(listen(listener, 128), "listen");
  must(getsockname(listener, generic, &size), "getsockname");
  for (size_t i = 0; i < count; ++i) {
    near.push_back(must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    must(connect(near.back(), generic, size), "connect");
    far.push_back(must(accept(listener, nullptr, nullptr), "accept"));
    const int on = 1;
    must(setsockopt(near.back(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  }
  close(listener);
}

Drain::Drain(size_t connections, int send_buffer) {
  connect_pairs(connections, near_, far_);
  if (send_buffer > 0) {
    for (const int socket : near_) {
      must(setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer), "SO_SNDBUF");
    }
  }
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) must(-1, "mmap");
  shared_ = new (memory) Shared;
  std::fflush(stdout);
  reader_ = must(fork(), "fork");
  if (reader_ == 0) read_forever();
  for (const int socket : far_) close(socket);
}

Drain::~Drain() {
  kill(reader_, SIGKILL);
  waitpid(reader_, nullptr, 0);
  for (const int socket : near_) close(socket);
  munmap(shared_, sizeof(Shared));
}

void Drain::read_forever() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pin_to_core(1);
  for (const int socket : near_) close(socket);
  const int epoll = must(epoll_create1(0), "epoll_create1");
  for (const int socket : far_) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
  }
  std::vector<char> buffer(256 * 1024);
  std::array<epoll_event, 256> events;
  for (;;) {
    if (shared_->paused) continue;
    const int ready = epoll_wait(epoll, events.data(), events.size(), 0);
    for (int i = 0; i < ready; ++i) {
      const ssize_t got =
          recv(events[static_cast<size_t>(i)].data.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) shared_->read += static_cast<uint64_t>(got);
    }
  }
}

void Drain::wait(uint64_t bytes_sent_in_all) const {
  while (shared_->read < bytes_sent_in_all) sched_yield();
}

void Drain::pause(bool paused) {
  shared_->paused = paused;
}

}  // namespace lab
