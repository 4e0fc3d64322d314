// The other end of a connection, as a program that uses the bus has it: non-blocking, and in the test's own
// thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "check.h"
#include "loop/fd.h"
#include "socket.h"

namespace evapid::test {

class Peer {
 public:
  // Connects to a listening socket, TCP on the loopback or Unix. `receive_buffer`: the kernel's, 0 for its
  // own choice.
  explicit Peer(int listener, int receive_buffer = 0) {
    const Bound bound = bound_to(listener);
    if (bound.path.empty()) {
      fd_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      shrink(receive_buffer);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(bound.address.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      REQUIRE(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    } else {
      fd_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::memcpy(address.sun_path, bound.path.data(), bound.path.size());
      REQUIRE(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    REQUIRE(set_nonblocking(fd_.get()) == 0);
  }

  // Sends as much as the kernel takes; what it does not take is kept for push().
  void send(std::string_view text) {
    unsent_ += text;
    push();
  }
  void push() {
    while (!unsent_.empty()) {
      const ssize_t sent = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return;
      unsent_.erase(0, static_cast<size_t>(sent));
    }
  }
  size_t unsent() const { return unsent_.size(); }

  // Reads what is there, at most `limit` bytes; returns what it has read since the beginning.
  const std::string& read(size_t limit = SIZE_MAX) {
    char some[64 * 1024];
    while (limit > 0 && !ended_ && !reset_) {
      const ssize_t size = recv(fd_.get(), some, std::min(sizeof some, limit), MSG_DONTWAIT);
      if (size > 0) {
        received_.append(some, static_cast<size_t>(size));
        limit -= static_cast<size_t>(size);
      } else if (size == 0) {
        ended_ = true;
      } else if (errno == EAGAIN) {
        break;
      } else {
        reset_ = true;
      }
    }
    return received_;
  }
  const std::string& received() const { return received_; }
  // What read() has come upon.
  bool ended() const { return ended_; }
  bool was_reset() const { return reset_; }
  bool gone() const { return ended_ || reset_; }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger at_once{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }
  bool open() const { return static_cast<bool>(fd_); }
  uint16_t port() const { return bound_to(fd_.get()).address.port; }

 private:
  void shrink(int receive_buffer) {
    if (receive_buffer == 0) return;
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }

  Fd fd_;
  std::string unsent_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace evapid::test
