// The sockets of clients that are gone, while their kernels still wait for what was sent to them last.
//
// Closing a TCP socket resets the connection when bytes are unread or arrive later, and a reset makes the
// kernel forget what it still holds for the peer. A client that was closed gets what was relayed to it
// before, also when it goes on sending: so its socket says that it is done, throws away what comes, and is
// closed when the peer has closed, has everything, or has had its time. To the rest of the house the client
// is gone.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "loop/fd.h"
#include "loop/loop.h"

namespace evapid {

class Lingerer {
 public:
  // More than these are closed at once: a descriptor is dearer than the last bytes of so many that do not
  // read.
  static constexpr size_t kMax = 1024;

  // `emptied` is called whenever the last socket has been closed.
  Lingerer(Loop& loop, std::chrono::microseconds timeout, std::function<void()> emptied);

  // From the next socket on.
  void set_timeout(std::chrono::microseconds timeout) { timeout_ = timeout; }
  // Takes over a socket; closes it now or later.
  void close(Fd fd);
  size_t size() const { return sockets_.size(); }

 private:
  // How often it is looked whether the peers have everything: no event tells.
  static constexpr std::chrono::milliseconds kCheckEvery{20};

  struct Socket : IoWatcher {
    Socket(Lingerer& owner, Fd socket, Clock::time_point when)
        : IoWatcher(&Lingerer::on_ready), lingerer(owner), fd(std::move(socket)), deadline(when) {}
    Lingerer& lingerer;
    Fd fd;
    Clock::time_point deadline;
  };
  struct Timer : TimerWatcher {
    explicit Timer(Lingerer& owner) : TimerWatcher(&Timer::on_due), lingerer(owner) {}
    static void on_due(TimerWatcher& timer) { static_cast<Timer&>(timer).lingerer.check(); }
    Lingerer& lingerer;
  };

  static void on_ready(IoWatcher& watcher, uint32_t ready);
  void check();
  void remove(size_t at);

  Loop& loop_;
  std::chrono::microseconds timeout_;
  const std::function<void()> emptied_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Timer timer_;
};

}  // namespace evapid
