// waiting: what it costs to ask which of 1000 sockets are ready.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "clock.h"
#include "contest.h"
#include "drain.h"
#include "must.h"
#include "ring.h"

namespace {

constexpr size_t kSockets = 1000;

struct Wait {
  std::string name;
  size_t most_events;
  bool edge = false;
  bool nested = false;
};

// Connections watched in one manner.
class Watch {
 public:
  explicit Watch(const Wait& how)
      : how_(how),
        inner_(lab::must(epoll_create1(0), "epoll_create1")),
        outer_(inner_),
        events_(how.most_events) {
    lab::connect_pairs(kSockets, far_, near_);
    for (const int socket : near_) add(inner_, socket, how.edge ? EPOLLIN | EPOLLET : EPOLLIN);
    if (!how.nested) return;
    outer_ = lab::must(epoll_create1(0), "epoll_create1");
    add(outer_, inner_, EPOLLIN);
  }
  ~Watch() {
    for (const auto& ends : {near_, far_}) {
      for (const int socket : ends) close(socket);
    }
    if (outer_ != inner_) close(outer_);
    close(inner_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  int descriptor() const { return outer_; }

  void make_ready(size_t count) const {
    char byte = 0;
    for (size_t i = 0; i < count; ++i) lab::must(send(far_[i], &byte, 1, 0), "send");
  }

  // Turns of the loop until nothing is ready. Reads each ready socket once, as any server would.
  size_t run() {
    size_t found = 0;
    for (;;) {
      epoll_event outer{};
      if (how_.nested && epoll_wait(outer_, &outer, 1, 0) == 0) return found;
      const int ready = epoll_wait(inner_, events_.data(), static_cast<int>(events_.size()), 0);
      if (ready == 0) return found;
      for (int i = 0; i < ready; ++i) {
        char byte;
        recv(events_[static_cast<size_t>(i)].data.fd, &byte, 1, MSG_DONTWAIT);
      }
      found += static_cast<size_t>(ready);
    }
  }

 private:
  static void add(int epoll, int descriptor, uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = descriptor;
    lab::must(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
  }

  Wait how_;
  int inner_;
  int outer_;
  std::vector<epoll_event> events_;
  std::vector<int> near_;
  std::vector<int> far_;
};

void nothing_found(const Watch& flat, const Watch& nested, int idle_socket) {
  lab::Ring ring(8, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
  epoll_event event{};
  const timespec none{};
  char byte;
  const std::vector<std::pair<std::string, std::function<void()>>> calls = {
      {"epoll_wait", [&] { epoll_wait(flat.descriptor(), &event, 1, 0); }},
      {"epoll_pwait2", [&] { epoll_pwait2(flat.descriptor(), &event, 1, &none, nullptr); }},
      {"nested", [&] { epoll_wait(nested.descriptor(), &event, 1, 0); }},
      {"poll(epoll)",
       [&] {
         pollfd entry{flat.descriptor(), POLLIN, 0};
         poll(&entry, 1, 0);
       }},
      {"recv EAGAIN", [&] { recv(idle_socket, &byte, 1, MSG_DONTWAIT); }},
      {"uring enter", [&] { ring.submit(0); }},
      {"getppid", [] { getppid(); }},
      {"clock_gettime", [] { lab::wall_ns(); }},
  };
  std::vector<std::string> names;
  for (const auto& [name, call] : calls) names.push_back(name);
  const lab::Table table("a call that finds nothing, 1000 idle sockets watched", "us CPU / call", names);
  table.row("nothing", lab::interleave(calls.size(), 9, [&](size_t which) {
              constexpr int kCalls = 20'000;
              const int64_t begin = lab::cpu_ns();
              for (int i = 0; i < kCalls; ++i) calls[which].second();
              return static_cast<double>(lab::cpu_ns() - begin) / kCalls / 1000;
            }));
}

void found(std::vector<std::unique_ptr<Watch>>& watches, const std::vector<std::string>& names) {
  const lab::Table table("turns until nothing is ready: waiting and one recv() each", "us CPU / ready",
                         names);
  for (const size_t ready : {1u, 10u, 100u, 1000u}) {
    std::vector<lab::Costs> waking(watches.size());
    const auto costs = lab::interleave(watches.size(), 7, [&](size_t which) {
      Watch& watch = *watches[which];
      int64_t sending = 0;
      int64_t turning = 0;
      size_t events = 0;
      while (turning < 2'000'000) {
        const int64_t begin = lab::cpu_ns();
        watch.make_ready(ready);
        const int64_t sent = lab::cpu_ns();
        events += watch.run();
        turning += lab::cpu_ns() - sent;
        sending += sent - begin;
      }
      const double scale = 1000 * static_cast<double>(events);
      waking[which].push_back(static_cast<double>(sending) / scale);
      return static_cast<double>(turning) / scale;
    });
    table.row(std::to_string(ready) + " ready", costs);
    table.row("  their senders", waking);
  }
}

}  // namespace

int main() {
  lab::raise_descriptor_limit();
  lab::pin_to_core(0);
  const std::vector<Wait> waits = {{"1024 events", 1024},
                                   {"256", 256},
                                   {"64", 64},
                                   {"16", 16},
                                   {"edge 1024", 1024, true},
                                   {"nested 1024", 1024, false, true}};
  std::vector<std::unique_ptr<Watch>> watches;
  std::vector<std::string> names;
  for (const Wait& wait : waits) {
    watches.push_back(std::make_unique<Watch>(wait));
    names.push_back(wait.name);
  }
  std::vector<int> near, far;
  lab::connect_pairs(1, near, far);
  nothing_found(*watches.front(), *watches.back(), near[0]);
  found(watches, names);
}
