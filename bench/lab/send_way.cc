#include "send_way.h"

#include <algorithm>
#include <cstring>

namespace lab {

void SendWay::flush() {
  for (const int socket : sockets_) {
    const ssize_t sent = ::send(socket, payload_.data(), payload_.size(), flags_);
    if (sent != static_cast<ssize_t>(payload_.size())) send_rest(socket, sent);
  }
}

std::vector<iovec> cut(std::span<const std::byte> payload, size_t pieces, std::vector<std::byte>& memory) {
  constexpr size_t kGap = 192;
  memory.resize(payload.size() + pieces * kGap);
  std::vector<iovec> vectors;
  size_t begin = 0;
  for (size_t i = 0; i < pieces; ++i) {
    const size_t end = payload.size() * (i + 1) / pieces;
    std::byte* const place = memory.data() + begin + i * kGap;
    std::memcpy(place, payload.data() + begin, end - begin);
    vectors.push_back({place, end - begin});
    begin = end;
  }
  return vectors;
}

void VectorWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  vectors_ = cut(payload, pieces_, memory_);
}

void VectorWay::flush() {
  for (const int socket : sockets_) {
    ssize_t sent;
    if (call_ == Call::kWritev) {
      sent = ::writev(socket, vectors_.data(), static_cast<int>(vectors_.size()));
    } else {
      msghdr message{};
      message.msg_iov = vectors_.data();
      message.msg_iovlen = vectors_.size();
      sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent != static_cast<ssize_t>(payload_.size())) send_rest(socket, sent);
  }
}

void GatherWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  together_.resize(payload.size());
  SendWay::prepare(sockets, together_);
  vectors_ = cut(payload, pieces_, memory_);
}

void GatherWay::flush() {
  std::byte* place = together_.data();
  for (const iovec& piece : vectors_) {
    std::memcpy(place, piece.iov_base, piece.iov_len);
    place += piece.iov_len;
  }
  SendWay::flush();
}

}  // namespace lab
