// TCP connections over loopback whose far ends are read, and what arrives thrown away, by a process of its
// own on core 1. It polls and never sleeps, so that nobody is billed for waking it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lab {

class Drain {
 public:
  // The near ends are blocking and have TCP_NODELAY. A `send_buffer` of 0 leaves SO_SNDBUF to the kernel.
  explicit Drain(size_t connections, int send_buffer = 0);
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  const std::vector<int>& sockets() const { return near_; }
  // Returns when all that was sent has been read.
  void wait(uint64_t bytes_sent_in_all) const;
  // The reader stops reading, and goes on.
  void pause(bool paused);

 private:
  struct Shared;

  [[noreturn]] void read_forever();

  std::vector<int> near_;
  std::vector<int> far_;
  Shared* shared_;
  pid_t reader_;
};

// A connected pair of TCP sockets: what is written to the first is read from the second.
void connect_pairs(size_t count, std::vector<int>& near, std::vector<int>& far);

void raise_descriptor_limit();

}  // namespace lab
