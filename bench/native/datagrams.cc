#include "datagrams.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

// Replies to all that may be in flight fit, even while the generator is kept from its core.
constexpr int kBufferSize = 4 * 1024 * 1024;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void enlarge(int descriptor, int forced, int asked) {
  if (setsockopt(descriptor, SOL_SOCKET, forced, &kBufferSize, sizeof kBufferSize) == 0) return;
  setsockopt(descriptor, SOL_SOCKET, asked, &kBufferSize, sizeof kBufferSize);
}

std::string name_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("its own address");
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string text = address.ss_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return text + ":" + port;
}

}  // namespace

Datagrams::Datagrams(const Address& server)
    : socket_(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      outgoing_(kBatch * kLargest),
      incoming_(kBatch * kLargest) {
  if (!socket_.open()) fail("a UDP socket");
  enlarge(descriptor(), SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge(descriptor(), SO_SNDBUFFORCE, SO_SNDBUF);
  if (::connect(descriptor(), server.data(), server.size()) != 0) fail(server.text());
  local_ = name_of(descriptor());
  for (size_t i = 0; i < kBatch; ++i) {
    sent_pieces_[i].iov_base = outgoing_.data() + i * kLargest;
    sent_[i].msg_hdr.msg_iov = &sent_pieces_[i];
    sent_[i].msg_hdr.msg_iovlen = 1;
    received_pieces_[i] = {.iov_base = incoming_.data() + i * kLargest, .iov_len = kLargest};
    received_[i].msg_hdr.msg_iov = &received_pieces_[i];
    received_[i].msg_hdr.msg_iovlen = 1;
  }
}

void Datagrams::queue(size_t size) {
  sent_pieces_[queued_++].iov_len = size;
  if (queued_ == kBatch) flush();
}

void Datagrams::flush() {
  size_t done = 0;
  while (done < queued_) {
    const int sent = sendmmsg(descriptor(), sent_.data() + done, static_cast<unsigned>(queued_ - done), 0);
    if (sent >= 0) {
      done += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      pollfd writable{.fd = descriptor(), .events = POLLOUT, .revents = 0};
      poll(&writable, 1, 1);
    } else if (errno != EINTR) {
      fail("sending to the server");
    }
  }
  queued_ = 0;
}

int Datagrams::receive_batch() {
  const int got = recvmmsg(descriptor(), received_.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (got < 0 && errno != EAGAIN && errno != EINTR) fail("receiving from the server");
  return got;
}

}  // namespace bench
