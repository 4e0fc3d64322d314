#include "event_log.h"

#include <algorithm>

namespace evapid {

void EventRing::add(const Event& event, const ReceivedFrame& frame) {
  if (size_ == kCapacity) {
    overflow_.push_back(event);
    return;
  }
  frames_[size_] = frame;
  events_[size_++] = event;
  if (frame.chunk != nullptr) message_bytes_ += frame.payload_end - frame.payload;
}

void EventRing::hold(Chunk* chunk) {
  if (chunks_.empty() || chunks_.back().get() != chunk) chunks_.emplace_back(chunk);
}

void EventRing::clear() {
  size_ = 0;
  message_bytes_ = 0;
  chunks_.clear();
  const size_t moved = std::min(overflow_.size(), kCapacity);
  for (size_t i = 0; i < moved; ++i) add(overflow_[i]);
  overflow_.erase(overflow_.begin(), overflow_.begin() + static_cast<std::ptrdiff_t>(moved));
}

}  // namespace evapid
