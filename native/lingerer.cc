#include "lingerer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace evapid {

namespace {

// Bytes that the peer's kernel has not acknowledged. Asked for before our FIN, which would count as one.
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

  auto socket = std::make_unique<Socket>(*this, std::move(fd));
  if (socket->start(loop_, socket->fd.get(), EPOLLIN) != 0) return;
  deadlines_.push_back({Clock::now() + timeout_, socket.get()});
  if (!timer_.active()) timer_.start(loop_, deadlines_.front().when);
  const Socket* const key = socket.get();
  sockets_.emplace(key, std::move(socket));
}

void Lingerer::on_ready(IoWatcher& watcher, uint32_t) {
  auto& socket = static_cast<Socket&>(watcher);
  if (!discard_input(socket.fd.get())) socket.lingerer.remove(&socket);
}

// A deadline may be that of a socket that has been removed, and its memory that of a newer one: then it is
// closed early, which does no more than a shorter time-out would.
void Lingerer::check_deadlines() {
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.front().when <= now) {
    const Socket* const late = deadlines_.front().socket;
    deadlines_.pop_front();
    remove(late);
  }
  if (!deadlines_.empty()) timer_.start(loop_, deadlines_.front().when);
}

void Lingerer::remove(const Socket* socket) {
  if (sockets_.erase(socket) > 0 && sockets_.empty()) emptied_();
}

}  // namespace evapid
