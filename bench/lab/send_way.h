// One system call per client: what the others are compared with.
#pragma once

#include <sys/uio.h>

#include "way.h"

namespace lab {

// send() of the whole payload.
class SendWay : public Way {
 public:
  explicit SendWay(std::string name = "send", int flags = MSG_NOSIGNAL | MSG_DONTWAIT)
      : Way(std::move(name)), flags_(flags) {}
  void flush() override;

 private:
  int flags_;
};

// The payload in `pieces` equal pieces, of which each lies by itself in memory, as spans of several messages
// do.
class VectorWay : public Way {
 public:
  enum class Call { kWritev, kSendmsg };
  VectorWay(std::string name, Call call, size_t pieces)
      : Way(std::move(name)), call_(call), pieces_(pieces) {}
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;

 private:
  Call call_;
  size_t pieces_;
  std::vector<std::byte> memory_;
  std::vector<iovec> vectors_;
};

// The same pieces, first copied together, once for all clients, and sent from there.
class GatherWay : public SendWay {
 public:
  GatherWay(std::string name, size_t pieces) : SendWay(std::move(name)), pieces_(pieces) {}
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;

 private:
  size_t pieces_;
  std::vector<std::byte> memory_;
  std::vector<iovec> vectors_;
  std::vector<std::byte> together_;
};

// Cuts the payload into `pieces`, copied to `memory` with a gap between any two.
std::vector<iovec> cut(std::span<const std::byte> payload, size_t pieces, std::vector<std::byte>& memory);

}  // namespace lab
