#include "datagram_slots.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace evapid {

static_assert(DatagramSlots::kHeader >= sizeof(DatagramPath) + sizeof(uint32_t));

DatagramSlots::DatagramSlots(ChunkPool& pool) : block_(pool.take_large(kSlots * kStride)) {
  for (size_t slot = 0; slot < kSlots; ++slot) {
    vectors_[slot] = {block_->data() + payload_of(slot), kPayload};
    headers_[slot] = {};
    prepare(slot);
  }
}

// Whatever a call has changed.
void DatagramSlots::prepare(size_t slot) {
  msghdr& header = headers_[slot].msg_hdr;
  header.msg_name = &names_[slot];
  header.msg_namelen = sizeof names_[slot];
  header.msg_iov = &vectors_[slot];
  header.msg_iovlen = 1;
  header.msg_control = controls_[slot].bytes.data();
  header.msg_controllen = controls_[slot].bytes.size();
  header.msg_flags = 0;
}

size_t DatagramSlots::free() {
  if (block_->references() == 1) used_ = 0;
  return kSlots - used_;
}

DatagramSlots::Received DatagramSlots::receive(int fd) {
  const auto most = static_cast<unsigned>(std::min(kBatch, free()));
  const int received = recvmmsg(fd, &headers_[used_], most, MSG_DONTWAIT, nullptr);
  if (received < 0) {
    const bool nothing = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {0, nothing ? 0 : errno};
  }
  const auto count = static_cast<size_t>(received);
  for (size_t i = 0; i < count; ++i) datagrams_[i] = finish(used_++);
  return {count, 0};
}

DatagramSlots::Datagram DatagramSlots::finish(size_t slot) {
  const mmsghdr& header = headers_[slot];
  const DatagramPath path = path_of(header.msg_hdr);
  const uint32_t hash = path.hash();
  std::byte* const words = block_->data() + payload_of(slot) - kHeader;
  std::memcpy(words, &path, sizeof path);
  std::memcpy(words + sizeof path, &hash, sizeof hash);
  const Datagram datagram{payload_of(slot), header.msg_len, (header.msg_hdr.msg_flags & MSG_TRUNC) != 0};
  prepare(slot);
  return datagram;
}

}  // namespace evapid
