// spinning: an echo server that polls for a while before it sleeps: how soon it answers, and what that costs.
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "clock.h"
#include "contest.h"
#include "drain.h"
#include "must.h"

namespace {

// From linux/eventpoll.h of Linux 6.9; Debian 12's is older.
struct EpollParameters {
  uint32_t busy_poll_usecs;
  uint16_t busy_poll_budget;
  uint8_t prefer_busy_poll;
  uint8_t pad;
};
constexpr unsigned long kSetParameters = _IOW(0x8A, 0x01, EpollParameters);

struct Mode {
  std::string name;
  int64_t spin_us = 0;
  // The kernel's own polling of network devices.
  bool busy_poll = false;
};

bool ask_for_busy_poll(int epoll, int socket) {
  const EpollParameters parameters{50, 8, 0, 0};
  const int microseconds = 50;
  return ioctl(epoll, kSetParameters, &parameters) == 0 &&
         setsockopt(socket, SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof microseconds) == 0;
}

[[noreturn]] void serve(int socket, const Mode& mode) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  lab::pin_to_core(0);
  const int epoll = lab::must(epoll_create1(0), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  lab::must(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
  if (mode.busy_poll && !ask_for_busy_poll(epoll, socket)) std::printf("  no busy polling in this kernel\n");
  char bytes[256];
  int64_t last = lab::wall_ns();
  for (;;) {
    const bool awake = mode.spin_us > 0 && lab::wall_ns() - last < mode.spin_us * 1000;
    if (epoll_wait(epoll, &event, 1, awake ? 0 : -1) <= 0) continue;
    const ssize_t got = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0) std::exit(0);
    if (got > 0) send(socket, bytes, static_cast<size_t>(got), MSG_NOSIGNAL);
    last = lab::wall_ns();
  }
}

struct Server {
  int socket;
  pid_t process;
  clockid_t clock;
};

Server start(const Mode& mode) {
  std::vector<int> near, far;
  lab::connect_pairs(1, near, far);
  std::fflush(stdout);
  const pid_t process = lab::must(fork(), "fork");
  if (process == 0) {
    close(near[0]);
    serve(far[0], mode);
  }
  close(far[0]);
  clockid_t clock;
  clock_getcpuclockid(process, &clock);
  return {near[0], process, clock};
}

struct Result {
  double p50;
  double p99;
  double busy;  // share of a core
};

// Pings at `rate` a second for a quarter of a second; the time of each counts from when it was due. A stopped
// server costs the others nothing.
Result ping(const Server& server, int rate) {
  kill(server.process, SIGCONT);
  const int64_t gap = 1'000'000'000 / rate;
  const int count = rate / 4;
  std::vector<double> latencies;
  const int64_t cpu = lab::read_clock(server.clock);
  const int64_t begin = lab::wall_ns() + gap;
  for (int i = 0; i < count; ++i) {
    const int64_t due = begin + i * gap;
    while (lab::wall_ns() < due) continue;
    char bytes[100] = {};
    lab::must(send(server.socket, bytes, sizeof bytes, 0), "send");
    for (size_t got = 0; got < sizeof bytes;) {
      const ssize_t some = recv(server.socket, bytes, sizeof bytes, MSG_DONTWAIT);
      if (some > 0) got += static_cast<size_t>(some);
    }
    latencies.push_back(static_cast<double>(lab::wall_ns() - due) / 1000);
  }
  const auto spent = static_cast<double>(lab::read_clock(server.clock) - cpu);
  const auto passed = static_cast<double>(lab::wall_ns() - begin);
  kill(server.process, SIGSTOP);
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](size_t percent) { return latencies[(latencies.size() - 1) * percent / 100]; };
  return {at(50), at(99), spent / passed};
}

}  // namespace

int main() {
  const std::vector<Mode> modes = {{"blocks"},      {"10 us", 10},     {"50 us", 50},
                                   {"200 us", 200}, {"1200 us", 1200}, {"busy poll", 0, true}};
  std::vector<std::string> names;
  std::vector<Server> servers;
  for (const Mode& mode : modes) {
    names.push_back(mode.name);
    servers.push_back(start(mode));
    kill(servers.back().process, SIGSTOP);
  }
  lab::pin_to_core(1);
  const lab::Table table("an echo; the server spins so long before it sleeps", "us, or cores", names);
  for (const int rate : {1000, 5000}) {
    std::vector<lab::Costs> p99(modes.size());
    std::vector<lab::Costs> busy(modes.size());
    const auto p50 = lab::interleave(modes.size(), 5, [&](size_t which) {
      const Result result = ping(servers[which], rate);
      p99[which].push_back(result.p99);
      busy[which].push_back(result.busy);
      return result.p50;
    });
    const std::string name = std::to_string(rate) + "/s ";
    table.row(name + "p50", p50);
    table.row(name + "p99", p99);
    table.row(name + "cores", busy);
  }
  for (const Server& server : servers) {
    kill(server.process, SIGKILL);
    waitpid(server.process, nullptr, 0);
  }
}
