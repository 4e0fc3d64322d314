// What a measured span of time cost: the server's CPU time, who else was at work, and how busy the generator
// was. Knows nothing of messages.
#pragma once

#include <cstdint>
#include <string>

#include "options.h"
#include "server_cpu.h"
#include "tally.h"

namespace bench {

// What a run found. Times in nanoseconds.
struct Outcome {
  int64_t measured = 0;
  uint64_t published = 0;
  // A message at one subscriber; in a storm a connection that was accepted and closed.
  uint64_t deliveries = 0;
  uint64_t server_cpu = 0;
  // How much of the measured time the generator had something to do, 0 to 1.
  double load_busy = 0;
  // What part of the time others kept the generator, or the server's core, from us, 0 to 1.
  double load_waited = 0;
  double core_taken = 0;
  // Open loop: how late the generator itself was, at worst.
  int64_t worst_delay = 0;
  // The longest time a subscriber that reads went without a message while one was owed to it.
  int64_t longest_gap = 0;
  // Over the whole run, warm-up and end included.
  uint64_t received = 0;
  Faults faults;
  uint32_t disconnected = 0;
  bool stalled = false;
  // The first complaint of the server, or about its bytes; empty if none.
  std::string complaint;
};

class Meter {
 public:
  explicit Meter(const Watched& watched) : watched_(watched) {}

  // Reading the server's CPU time takes a moment in which nothing is sent or read.
  void start();
  // Time since the start in which the generator found nothing to do.
  void idle(int64_t nanoseconds) { idle_ += nanoseconds; }
  int64_t begin() const { return begin_; }
  // Fills in what the span took.
  void stop(Outcome& outcome) const;

 private:
  const Watched& watched_;
  ThreadTimes server_before_;
  uint64_t core_before_ = 0;
  uint64_t wait_before_ = 0;
  int64_t cpu_before_ = 0;
  int64_t begin_ = 0;
  int64_t idle_ = 0;
};

}  // namespace bench
