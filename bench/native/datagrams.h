// A UDP socket to one server that sends and receives in batches: sendmmsg and recvmmsg. Knows no SIP.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "address.h"
#include "sockets.h"

namespace bench {

class Datagrams {
 public:
  // Throws std::runtime_error with the reason.
  explicit Datagrams(const Address& server);

  int descriptor() const { return socket_.descriptor(); }
  // ADDRESS:PORT that the server sees.
  const std::string& local() const { return local_; }

  // Room for the next datagram, kLargest bytes; queue() says how many were used.
  char* room() { return outgoing_.data() + queued_ * kLargest; }
  void queue(size_t size);
  bool queued() const { return queued_ > 0; }
  // Sends what is queued. Throws std::runtime_error where nobody listens.
  void flush();

  // Calls take(text) for each datagram that is there, a batch at most; false when there was none. The text is
  // gone afterwards. Throws as above.
  template <typename Take>
  bool receive(Take&& take) {
    const int got = receive_batch();
    for (int i = 0; i < got; ++i) {
      const auto index = static_cast<size_t>(i);
      take(std::string_view(incoming_.data() + index * kLargest, received_[index].msg_len));
    }
    return got > 0;
  }

  static constexpr size_t kLargest = 4096;

 private:
  static constexpr size_t kBatch = 64;

  int receive_batch();

  Socket socket_;
  std::string local_;
  std::vector<char> outgoing_;
  std::vector<char> incoming_;
  std::array<mmsghdr, kBatch> sent_{};
  std::array<iovec, kBatch> sent_pieces_{};
  std::array<mmsghdr, kBatch> received_{};
  std::array<iovec, kBatch> received_pieces_{};
  size_t queued_ = 0;
};

}  // namespace bench
