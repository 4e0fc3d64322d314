#include "lingerer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace evapid {

namespace {

// Bytes that the peer's kernel has not acknowledged; our FIN counts as one.
bool has_unacknowledged(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

// Throws away what has arrived, some at a time. Returns false when nothing more can come.
bool discard_input(int fd) {
  constexpr int kReads = 16;
  std::array<std::byte, 16 * 1024> discarded;
  for (int i = 0; i < kReads; ++i) {
    const ssize_t received = recv(fd, discarded.data(), discarded.size(), MSG_DONTWAIT);
    if (received == 0) return false;
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  }
  return true;
}

}  // namespace

Lingerer::Lingerer(Loop& loop, std::chrono::microseconds timeout, std::function<void()> emptied)
    : loop_(loop), timeout_(timeout), emptied_(std::move(emptied)), timer_(*this) {}

void Lingerer::close(Fd fd) {
  const bool unacknowledged = has_unacknowledged(fd.get());
  ::shutdown(fd.get(), SHUT_WR);
  if (!discard_input(fd.get()) || !unacknowledged || sockets_.size() >= kMax) return;

  const auto now = Clock::now();
  auto socket = std::make_unique<Socket>(*this, std::move(fd), now + timeout_);
  if (socket->start(loop_, socket->fd.get(), EPOLLIN) != 0) return;
  sockets_.push_back(std::move(socket));
  if (!timer_.active()) timer_.start(loop_, now + kCheckEvery);
}

void Lingerer::on_ready(IoWatcher& watcher, uint32_t) {
  auto& socket = static_cast<Socket&>(watcher);
  if (discard_input(socket.fd.get())) return;
  // The peer has closed, or has gone: the next check lets go of it.
  socket.deadline = {};
  socket.stop();
}

void Lingerer::check() {
  const auto now = Clock::now();
  for (size_t i = 0; i < sockets_.size();) {
    const Socket& socket = *sockets_[i];
    // Our FIN has been acknowledged as well: a reset does no harm any more.
    const bool done = socket.deadline <= now || !has_unacknowledged(socket.fd.get());
    if (done) {
      remove(i);
    } else {
      ++i;
    }
  }
  if (!sockets_.empty()) timer_.start(loop_, now + kCheckEvery);
}

void Lingerer::remove(size_t at) {
  std::swap(sockets_[at], sockets_.back());
  sockets_.pop_back();
  if (sockets_.empty()) emptied_();
}

}  // namespace evapid
