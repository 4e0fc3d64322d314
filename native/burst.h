// Counts what comes in bursts, and says when it is time for another log line: at most one a second.
#pragma once

#include <cstdint>
#include <utility>

#include "loop/loop.h"

namespace evapid {

class Burst {
 public:
  // One more. Returns how many to tell of now, 0: not yet.
  uint32_t add() {
    ++count_;
    const auto now = Clock::now();
    if (now - told_ < std::chrono::seconds(1)) return 0;
    told_ = now;
    return std::exchange(count_, 0);
  }

 private:
  uint32_t count_ = 0;
  Clock::time_point told_{};
};

}  // namespace evapid
