#include "tally.h"

#include <algorithm>

namespace bench {

bool Tally::irregular(uint64_t publisher, uint64_t sequence) {
  const uint64_t due = streams_[publisher].next;
  if (sequence > due) {
    gaps_.push_back({.publisher = publisher, .begin = due, .end = sequence});
    faults_.lost += sequence - due;
    return true;
  }
  const auto gap = std::find_if(gaps_.begin(), gaps_.end(), [&](const Gap& g) {
    return g.publisher == publisher && g.begin <= sequence && sequence < g.end;
  });
  if (gap == gaps_.end()) {
    ++faults_.doubled;
    return false;
  }
  // It was not lost after all, only late. What is left of the gap may be a piece on either side.
  const Gap after{.publisher = publisher, .begin = sequence + 1, .end = gap->end};
  gap->end = sequence;
  if (gap->begin == gap->end) gaps_.erase(gap);
  if (after.begin < after.end) gaps_.push_back(after);
  --faults_.lost;
  ++faults_.out_of_order;
  return false;
}

}  // namespace bench
