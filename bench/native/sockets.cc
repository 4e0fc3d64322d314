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

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void greet(int descriptor, std::string_view hello, std::string_view ready) {
  if (::send(descriptor, hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size())) {
    fail("greeting the server");
  }
  std::string answer;
  while (answer.find(ready) == std::string::npos) {
    char piece[4096];
    const ssize_t got = ::recv(descriptor, piece, sizeof piece, 0);
    if (got < 0) fail("waiting for the server's greeting");
    if (got == 0) throw std::runtime_error("the server closed the connection after: " + answer);
    answer.append(piece, static_cast<size_t>(got));
  }
}

}  // namespace

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Socket connect_to(const std::string& host, uint16_t port, std::string_view hello, std::string_view ready) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("not an IPv4 address: " + host);
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) fail("socket");
  const timeval limit{.tv_sec = kGreetingSeconds, .tv_usec = 0};
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  if (!hello.empty()) greet(socket.descriptor(), hello, ready);
  fcntl(socket.descriptor(), F_SETFL, O_NONBLOCK);
  return socket;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bench
