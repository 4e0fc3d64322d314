#include "page_way.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "must.h"

namespace lab {

void CopyWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  chunk_.resize(payload.size());
}

void CopyWay::flush() {
  std::memcpy(chunk_.data(), payload_.data(), payload_.size());
  for (const int socket : sockets_) {
    const ssize_t sent = ::send(socket, chunk_.data(), chunk_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(payload_.size())) send_rest(socket, sent);
  }
}

SendfileWay::~SendfileWay() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
  close(file_);
}

void SendfileWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  file_ = must(memfd_create("payload", MFD_CLOEXEC), "memfd_create");
  mapped_ = (payload.size() + 4095) & ~size_t{4095};
  must(ftruncate(file_, static_cast<off_t>(mapped_)), "ftruncate");
  void* const memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) must(-1, "mmap");
  mapping_ = static_cast<std::byte*>(memory);
  std::memcpy(mapping_, payload.data(), payload.size());
}

void SendfileWay::flush() {
  if (pages_ == Pages::kFresh) {
    // The file forgets its pages; those that are still on their way live as long as a socket refers to them.
    must(fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(mapped_)),
         "fallocate");
    std::memcpy(mapping_, payload_.data(), payload_.size());
  }
  for (const int socket : sockets_) {
    off_t offset = 0;
    // The socket is blocking (sendfile knows no DONTWAIT): this takes everything.
    const ssize_t sent = sendfile(socket, file_, &offset, payload_.size());
    if (sent != static_cast<ssize_t>(payload_.size())) send_rest(socket, sent);
  }
}

TeeWay::~TeeWay() {
  for (const int descriptor : {source_[0], source_[1], copy_[0], copy_[1]}) close(descriptor);
}

void TeeWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  for (int* const ends : {source_, copy_}) {
    must(pipe2(ends, O_CLOEXEC), "pipe2");
    must(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), "F_SETPIPE_SZ");
  }
}

void TeeWay::flush() {
  const iovec pages{const_cast<std::byte*>(payload_.data()), payload_.size()};
  must(vmsplice(source_[1], &pages, 1, 0), "vmsplice");
  for (size_t i = 0; i + 1 < sockets_.size(); ++i) {
    must(tee(source_[0], copy_[1], payload_.size(), 0), "tee");
    deliver(sockets_[i], copy_[0]);
  }
  // The last one empties the pipe.
  deliver(sockets_.back(), source_[0]);
}

// The sockets are blocking: what a pipe holds is taken in the end.
void TeeWay::deliver(int socket, int from) {
  for (size_t left = payload_.size(); left > 0;) {
    left -= static_cast<size_t>(must(splice(from, nullptr, socket, nullptr, left, 0), "splice"));
  }
}

}  // namespace lab
