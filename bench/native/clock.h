// The generator's clock: monotonic nanoseconds. Not for dates.
#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

inline int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

}  // namespace bench
