// The clocks of the experiments, in nanoseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace lab {

inline int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// CPU time of this process over all its threads: what io_uring does in threads of the kernel for us is in it.
inline int64_t cpu_ns() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

inline int64_t wall_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

}  // namespace lab
