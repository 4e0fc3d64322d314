#include "datagram_batch.h"

#include <cerrno>

namespace evapid {

void DatagramBatch::add(const Span& span, const DatagramPath& path, Family family) {
  headers_[size_] = {};
  msghdr& header = headers_[size_].msg_hdr;
  // iovec has no const; sendmmsg does not write there.
  vectors_[size_] = {const_cast<std::byte*>(span.data()), span.size()};
  header.msg_iov = &vectors_[size_];
  header.msg_iovlen = 1;
  set_path(header, names_[size_], controls_[size_], path, family);
  ++size_;
}

int DatagramBatch::send(int fd) {
  const int sent = sendmmsg(fd, headers_.data(), static_cast<unsigned>(size_), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

}  // namespace evapid
