// For calls of which an experiment cannot do without the result.
#pragma once

#include <sched.h>

#include <cstdio>
#include <cstdlib>

namespace lab {

// Returns `result`; says what failed, and exits, when it is negative.
template <typename T>
T must(T result, const char* what) {
  if (result < 0) {
    std::perror(what);
    std::exit(1);
  }
  return result;
}

inline void pin_to_core(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  must(sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

}  // namespace lab
