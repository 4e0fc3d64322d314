// Hosts a Loop inside libuv's.
//
// At rest libuv watches the loop's epoll descriptor, and calls. Under load that costs more than the work: two
// or three system calls of libuv's for each of ours, and a walk through its phases. So while turns follow
// closely on one another the relation is turned round: just before libuv would sleep, the loop sleeps in its
// place, and watches libuv's epoll descriptor among its own. Whatever libuv has to do (a descriptor, a timer,
// an immediate, a handle that closes) sends it back there at once. After a moment without work libuv takes
// over again, so that Node counts rest as idle time; the short waits under load it counts as work.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>

#include "loop/loop.h"

namespace evapid {

class UvHost {
 public:
  struct Callbacks {
    // One turn that waits at most so many milliseconds. Returns how many watchers were called.
    std::function<int(int timeout_ms)> turn;
    // Whoever waits next may wait long: nothing may be left undone.
    std::function<void()> sleeping;
  };

  // Deletes itself some time after close(). `loop` must stay until `closed` is called. `busy_poll`: for so
  // long after work the kernel is asked again and again instead of sleeping.
  static UvHost* open(uv_loop_t* uv, Loop& loop, std::chrono::microseconds busy_poll, Callbacks callbacks);
  // Whether being open keeps the process running.
  void keep_alive(bool keep);
  void close(std::function<void()> closed);

 private:
  // Turns before libuv gets its turn again, whether or not it has asked: its users may have hooks in its
  // phases.
  static constexpr int kTurnsPerWake = 64;
  // Turns that follow each other within this time are a load.
  static constexpr std::chrono::microseconds kDense{200};
  // So many of them in a row, and the places are changed.
  static constexpr int kDenseTurns = 16;
  // With more clients it does not pay: the kernel walks through all of them when the places are changed, and
  // their turns are so long that libuv's part is small.
  static constexpr size_t kMostWatched = 256;
  // How long the loop waits for more, in libuv's place, before it gives the place back.
  static constexpr std::chrono::milliseconds kLinger{1};
  // After so many turns that did not follow closely, or had no work of ours, the place is given back, too.
  static constexpr int kSparseTurns = 16;

  UvHost(uv_loop_t* uv, Loop& loop, std::chrono::microseconds busy_poll, Callbacks callbacks);
  static void on_readable(uv_poll_t* poll, int status, int events);
  static void on_prepare(uv_prepare_t* prepare);
  static void on_closed(uv_handle_t* handle);

  void watched_turns();
  void poll_busily();
  void step_in();
  void step_out();
  void turns_in_place_of_uv();
  int turn_in_place_of_uv(bool& uv_calls);
  bool uv_has_work();
  bool still_dense(bool ours);

  struct UvWatcher : IoWatcher {
    explicit UvWatcher(UvHost& owner) : IoWatcher(&UvWatcher::on_ready), host(owner) {}
    static void on_ready(IoWatcher& watcher, uint32_t) {
      static_cast<UvWatcher&>(watcher).host.uv_ready_ = true;
    }
    UvHost& host;
  };

  uv_loop_t* const uv_;
  Loop& loop_;
  const std::chrono::microseconds busy_poll_;
  Callbacks callbacks_;
  std::function<void()> closed_;
  int open_handles_ = 3;
  uv_poll_t poll_;
  uv_prepare_t prepare_;
  uv_idle_t idle_;  // active: libuv looks at its descriptors without waiting
  UvWatcher uv_watcher_;
  bool in_place_ = false;
  bool uv_ready_ = false;
  bool closing_ = false;
  int dense_turns_ = 0;
  int sparse_turns_ = 0;
  Clock::time_point last_work_{};
};

}  // namespace evapid
