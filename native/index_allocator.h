// Gives out connection indexes: always the lowest free one, without scanning.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace evapid {

class IndexAllocator {
 public:
  uint32_t take() {
    if (freed_.empty()) return next_++;
    const uint32_t lowest = freed_.top();
    freed_.pop();
    return lowest;
  }
  void give_back(uint32_t index) { freed_.push(index); }

 private:
  // Every free index is either in here or not below next_: the lowest is the top of the heap if it has one.
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> freed_;
  uint32_t next_ = 0;
};

}  // namespace evapid
