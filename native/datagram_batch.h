// What sendmmsg is given: many datagrams for one system call. Filled and emptied within one call of its user,
// so one is enough for all sockets.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>

#include "chunk.h"
#include "datagram_path.h"

namespace evapid {

class DatagramBatch {
 public:
  static constexpr size_t kMost = 64;

  void clear() { size_ = 0; }
  bool full() const { return size_ == kMost; }
  // The bytes of the span must stay until send() has returned.
  void add(const Span& span, const DatagramPath& path, Family family);
  // Offers them to the kernel. Returns how many it took, or the negative errno of the first one.
  int send(int fd);

 private:
  size_t size_ = 0;
  std::array<mmsghdr, kMost> headers_;
  std::array<iovec, kMost> vectors_;
  std::array<DatagramName, kMost> names_;
  std::array<DatagramControl, kMost> controls_;
};

}  // namespace evapid
