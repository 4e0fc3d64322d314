#include "listener.h"

#include <fcntl.h>

#include <cerrno>

namespace evapid {

namespace {

Fd open_reserve() {
  return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Listener::Listener(Loop& loop, ListenerOwner& owner, Fd socket)
    : loop_(loop),
      owner_(owner),
      socket_(std::move(socket)),
      reserve_(open_reserve()),
      io_(*this),
      pause_(*this) {}

int Listener::start() {
  return io_.start(loop_, socket_.get(), EPOLLIN);
}

void Listener::on_ready(IoWatcher& watcher, uint32_t) {
  Listener& self = static_cast<Io&>(watcher).listener;
  self.owner_.on_acceptable(self);
}

void Listener::on_pause_over(TimerWatcher& timer) {
  static_cast<PauseTimer&>(timer).listener.io_.set_interest(EPOLLIN);
}

void Listener::accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Accepted accepted = accept_client(socket_.get());
    switch (accepted.error) {
      case 0:
        owner_.on_accepted(std::move(accepted.fd), accepted.peer);
        break;
      case EINTR:
      case ECONNABORTED:
        break;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        if (!turn_one_away(accepted.error)) return;
        break;
      default:  // EAGAIN: nobody waits. Anything else will be told again next turn.
        return;
    }
  }
}

bool Listener::turn_one_away(int error) {
  reserve_.reset();
  Accepted shed = accept_client(socket_.get());
  const bool nobody_waits = shed.error == EAGAIN || shed.error == EWOULDBLOCK;
  shed.fd.reset();
  reserve_ = open_reserve();
  if (nobody_waits && reserve_) return false;
  owner_.on_accept_failed(error);
  if (shed.error == 0 && reserve_) return true;
  // Not even that helped: look again in a while.
  io_.set_interest(0);
  pause_.start(loop_, Clock::now() + kPause);
  return false;
}

}  // namespace evapid
