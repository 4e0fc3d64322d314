// Hosts a Loop inside libuv's: its epoll descriptor is watched, and a prepare hook runs just before libuv may
// sleep.
#pragma once

#include <uv.h>

#include <functional>

namespace evapid {

class UvHost {
 public:
  struct Callbacks {
    std::function<bool()> turn;      // returns whether there was anything to do
    std::function<void()> sleeping;  // libuv is about to wait
  };

  // Deletes itself some time after close(). `loop_fd` must stay open until `closed` is called.
  static UvHost* open(uv_loop_t* uv, int loop_fd, Callbacks callbacks);
  // Whether being open keeps the process running.
  void keep_alive(bool keep);
  void close(std::function<void()> closed);

 private:
  // Turns before libuv gets its turn again: timers and other people's sockets must not starve under load.
  static constexpr int kTurnsPerWake = 16;

  explicit UvHost(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}
  static void on_readable(uv_poll_t* poll, int status, int events);
  static void on_prepare(uv_prepare_t* prepare);
  static void on_closed(uv_handle_t* handle);

  Callbacks callbacks_;
  std::function<void()> closed_;
  int open_handles_ = 2;
  uv_poll_t poll_;
  uv_prepare_t prepare_;
};

}  // namespace evapid
