// An epoll event loop with three kinds of watchers: io, timer and async.
//
// A watcher is a structure that its user owns; the loop only points to it between start() and stop(). A turn
// (poll) has a fixed order: ask the kernel, then call each ready watcher once. A watcher may stop or destroy
// itself or any other one from inside a callback: what was ready for it in this turn is then forgotten.
//
// The loop does not know who hosts it: a standalone program calls poll(-1) for ever; a guest of another loop
// lets that one watch fd() and calls poll(0) when it is readable. Timers therefore live in a timerfd inside
// the epoll set. Level-triggered throughout. Not thread-safe, except AsyncWatcher::send().
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "fd.h"
#include "intrusive_heap.h"

namespace evapid {

class Loop;

using Clock = std::chrono::steady_clock;

// Calls back when a descriptor is ready. The descriptor stays the user's.
class IoWatcher {
 public:
  using Callback = void (*)(IoWatcher& watcher, uint32_t ready);

  explicit IoWatcher(Callback callback) : callback_(callback) {}
  ~IoWatcher() { stop(); }
  IoWatcher(const IoWatcher&) = delete;
  IoWatcher& operator=(const IoWatcher&) = delete;

  // Starts watching; `interest` is EPOLLIN, EPOLLOUT, both, or 0 (errors and hang-up only). Returns 0 or an
  // errno.
  int start(Loop& loop, int fd, uint32_t interest);
  // Changes what is watched; no system call when nothing changes.
  void set_interest(uint32_t interest);
  void stop();

  bool active() const { return loop_ != nullptr; }
  int fd() const { return fd_; }
  uint32_t interest() const { return interest_; }

 private:
  friend class Loop;
  static constexpr int kNotReady = -1;

  Callback callback_;
  Loop* loop_ = nullptr;
  int fd_ = -1;
  uint32_t interest_ = 0;
  int ready_slot_ = kNotReady;  // where this turn's readiness stands in the loop's batch
};

// Calls back once, not before its deadline.
class TimerWatcher {
 public:
  using Callback = void (*)(TimerWatcher& watcher);

  explicit TimerWatcher(Callback callback) : callback_(callback) {}
  ~TimerWatcher() { stop(); }
  TimerWatcher(const TimerWatcher&) = delete;
  TimerWatcher& operator=(const TimerWatcher&) = delete;

  // Starts, or moves to another deadline.
  void start(Loop& loop, Clock::time_point deadline);
  void stop();
  bool active() const { return loop_ != nullptr; }

 private:
  friend class Loop;

  Callback callback_;
  Loop* loop_ = nullptr;
  Clock::time_point deadline_{};
  size_t heap_slot_ = 0;
};

// Calls back in the loop's thread after send(), which any thread may call; several sends may become one call.
class AsyncWatcher {
 public:
  using Callback = void (*)(AsyncWatcher& watcher);

  explicit AsyncWatcher(Callback callback) : io_(*this), callback_(callback) {}
  AsyncWatcher(const AsyncWatcher&) = delete;
  AsyncWatcher& operator=(const AsyncWatcher&) = delete;

  int start(Loop& loop);  // 0 or an errno
  void stop();
  void send() const;

 private:
  static void on_ready(IoWatcher& io, uint32_t ready);

  struct EventIo : IoWatcher {
    explicit EventIo(AsyncWatcher& owner) : IoWatcher(&AsyncWatcher::on_ready), owner(owner) {}
    AsyncWatcher& owner;
  } io_;
  Callback callback_;
  Fd event_;
};

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // 0, or the errno that kept the loop from being made.
  int error() const { return error_; }
  // The epoll descriptor: readable when poll(0) has work.
  int fd() const { return epoll_.get(); }
  // How many descriptors are watched.
  size_t watched() const { return watched_; }
  // One turn: waits at most `timeout_ms` (-1: for ever), calls what is ready. Returns how many watchers were
  // called.
  int poll(int timeout_ms);

 private:
  friend class IoWatcher;
  friend class TimerWatcher;

  static void on_timer_fd(IoWatcher& io, uint32_t ready);
  void run_timers();
  void arm_timer_fd();

  static constexpr int kBatch = 1024;

  int error_ = 0;
  size_t watched_ = 0;
  Fd epoll_;
  Fd timer_fd_;
  struct TimerIo : IoWatcher {
    explicit TimerIo(Loop& owner) : IoWatcher(&Loop::on_timer_fd), loop(owner) {}
    Loop& loop;
  } timer_io_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  struct Earlier {
    bool operator()(const TimerWatcher& a, const TimerWatcher& b) const { return a.deadline_ < b.deadline_; }
  };
  IntrusiveHeap<TimerWatcher, &TimerWatcher::heap_slot_, Earlier> timers_;
  std::array<epoll_event, kBatch> batch_;
  int batch_size_ = 0;
};

}  // namespace evapid
