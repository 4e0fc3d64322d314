// A listening socket in the loop: accepts until nobody waits, and survives having no descriptors left without
// spinning.
#pragma once

#include "loop/fd.h"
#include "loop/loop.h"
#include "socket.h"

namespace evapid {

class Listener;

class ListenerOwner {
 public:
  virtual ~ListenerOwner() = default;
  // Somebody waits to be accepted: the owner calls accept() when it suits it.
  virtual void on_acceptable(Listener& listener) = 0;
  virtual void on_accepted(Fd socket, const Address& peer) = 0;
  // A connection was turned away because the system had no descriptor or memory for it; `error` is the errno.
  virtual void on_accept_failed(int error) = 0;
};

class Listener {
 public:
  Listener(Loop& loop, ListenerOwner& owner, Fd socket);

  // 0 or an errno.
  int start();
  // Accepts those who wait, some at a time, so that a storm of connections leaves room for messages.
  void accept();
  int fd() const { return socket_.get(); }

 private:
  static constexpr int kAcceptsPerTurn = 256;
  static constexpr std::chrono::milliseconds kPause{100};

  static void on_ready(IoWatcher& watcher, uint32_t ready);
  static void on_pause_over(TimerWatcher& timer);
  // Takes one out of the backlog and closes it. The kernel says that descriptors are short before it looks
  // whether anybody waits, so there may be none. Returns whether to go on accepting.
  bool turn_one_away(int error);

  struct Io : IoWatcher {
    explicit Io(Listener& owner) : IoWatcher(&Listener::on_ready), listener(owner) {}
    Listener& listener;
  };
  struct PauseTimer : TimerWatcher {
    explicit PauseTimer(Listener& owner) : TimerWatcher(&Listener::on_pause_over), listener(owner) {}
    Listener& listener;
  };

  Loop& loop_;
  ListenerOwner& owner_;
  Fd socket_;
  // Given up for a moment when there are no descriptors, to take a connection out of the backlog and close
  // it: left there it would make the loop spin, and its client wait.
  Fd reserve_;
  Io io_;
  PauseTimer pause_;
};

}  // namespace evapid
