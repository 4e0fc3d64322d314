#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

constexpr time_t kGreetingSeconds = 10;

[[noreturn]] void fail(const std::string& what, std::string_view advice) {
  throw std::runtime_error(what + ": " + std::strerror(errno) + std::string(advice));
}

std::string_view connect_advice(const Address& address) {
  switch (errno) {
    case ECONNREFUSED:
      return ". Is the server running, and does it listen there?";
    case ENOENT:
      return ". There is no such socket: is the server running, and is that the path it listens on?";
    case EACCES:
    case EPERM:
      return address.family() == AF_UNIX ? ". Run this as a user who may write to that socket" : "";
    case EADDRNOTAVAIL:
      return ". No local port is free: wait a minute, or widen net.ipv4.ip_local_port_range";
    case ETIMEDOUT:
    case EAGAIN:
      return ". The server does not accept: it hangs, or its backlog is full";
    default:
      return "";
  }
}

void use_source(int descriptor, uint32_t source) {
  const int on = 1;
  // The port is picked when the destination is known, so that a port serves for several sources.
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    fail("using another source address in 127.0.0.0/8", "");
  }
}

}  // namespace

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Socket connect_to(const Address& address, uint32_t source) {
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open())
    fail("a socket", ". Raise the limit of descriptors (ulimit -n), as root also the hard one");
  const timeval limit{.tv_sec = kGreetingSeconds, .tv_usec = 0};
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (address.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (source > 0 && address.is_ipv4_loopback()) use_source(socket.descriptor(), source);
  if (::connect(socket.descriptor(), address.data(), address.size()) != 0) {
    const std::string_view advice = connect_advice(address);
    fail("cannot connect to " + address.text(), advice);
  }
  return socket;
}

void greet(const Socket& socket, std::string_view hello, std::string_view ready) {
  const int descriptor = socket.descriptor();
  if (!hello.empty()) {
    if (::send(descriptor, hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size())) {
      fail("greeting the server", "");
    }
    std::string answer;
    while (answer.find(ready) == std::string::npos) {
      char piece[4096];
      const ssize_t got = ::recv(descriptor, piece, sizeof piece, 0);
      if (got < 0) fail("waiting for the server's greeting", ". Does it speak this protocol?");
      if (got == 0) throw std::runtime_error("the server closed the connection after: " + answer);
      answer.append(piece, static_cast<size_t>(got));
    }
  }
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bench
