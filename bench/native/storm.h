// An accept storm: connections are opened and closed again as quickly as one thread can. Each says at once
// that it will send nothing (half-close) and counts when the server's own close has come: so the server did
// accept it, read from it and close it, whatever protocol it speaks.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "address.h"
#include "meter.h"
#include "options.h"
#include "sockets.h"

namespace bench {

class Storm {
 public:
  explicit Storm(const Options& options);

  // Throws std::runtime_error when it cannot connect, or when the server leaves connections open.
  Outcome run();

 private:
  void open(uint32_t slot);
  void turn(Meter& meter);
  void run_until(int64_t end, Meter& meter);

  const Options& options_;
  Socket epoll_;
  // Connections that are open at the same time.
  std::vector<Socket> slots_;
  std::array<epoll_event, 256> events_;
  uint64_t opened_ = 0;
  uint64_t closed_ = 0;
  // Connections that ended otherwise than by the server's close.
  uint32_t broken_ = 0;
  int64_t last_progress_ = 0;
};

}  // namespace bench
