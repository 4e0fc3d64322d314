// Ways that hand the kernel references to pages instead of bytes to copy. What is sent must then stay as it
// is until the reader has read it, and nothing says when that is: pages.cc shows what happens otherwise.
#pragma once

#include "way.h"

namespace lab {

// send(), preceded by the payload's arrival: it is copied to where it is sent from, as recv() would.
class CopyWay : public Way {
 public:
  CopyWay() : Way("send") {}
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;

 private:
  std::vector<std::byte> chunk_;
};

// sendfile() from a memfd.
class SendfileWay : public Way {
 public:
  enum class Pages {
    kKept,   // the payload is there already, and for good: the least that this can cost
    kFresh,  // it arrives (copied to the mapping) in pages that were never sent; those before it are given up
  };
  SendfileWay(std::string name, Pages pages) : Way(std::move(name)), pages_(pages) {}
  ~SendfileWay() override;
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;

 private:
  Pages pages_;
  int file_ = -1;
  std::byte* mapping_ = nullptr;
  size_t mapped_ = 0;
};

// vmsplice() into a pipe once, tee() from it into a second pipe and splice() to the socket for each client.
class TeeWay : public Way {
 public:
  TeeWay() : Way("tee+splice") {}
  ~TeeWay() override;
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;

 private:
  void deliver(int socket, int from);

  int source_[2] = {-1, -1};
  int copy_[2] = {-1, -1};
};

}  // namespace lab
