#include "publisher.h"

#include "stamp.h"

namespace bench {

Publisher::Publisher(uint64_t id, uint32_t connection, const Wire& wire, uint32_t payload, uint32_t batch,
                     uint32_t window)
    : id_(id),
      connection_(connection),
      batch_(batch),
      stamp_offset_(wire.publish_prefix.size()),
      frame_size_(wire.publish_prefix.size() + payload + wire.publish_suffix.size()) {
  const std::string frame = wire.publish_prefix + std::string(payload, kFiller) + wire.publish_suffix;
  frames_.reserve(frame_size_ * batch);
  for (uint32_t i = 0; i < batch; ++i) frames_ += frame;
  probe_ = frame;
  write_stamp(probe_.data() + stamp_offset_, kProbePublisher, 0, 0);
  // A window smaller than a batch would never let one out.
  if (window > 0) lacking_.resize(std::max<size_t>(window / batch, 1));
}

bool Publisher::window_has_room() const {
  return sent_ / batch_ - batches_complete_ < lacking_.size();
}

std::string_view Publisher::next_batch(uint64_t time, uint32_t subscribers) {
  if (!lacking_.empty()) lacking_[sent_ / batch_ % lacking_.size()] = subscribers;
  char* stamp = frames_.data() + stamp_offset_;
  for (uint32_t i = 0; i < batch_; ++i, stamp += frame_size_) write_stamp(stamp, id_, sent_ + i, time);
  sent_ += batch_;
  return frames_;
}

std::string_view Publisher::probe() {
  return probe_;
}

void Publisher::batch_arrived(uint64_t boundary) {
  if (lacking_.empty()) return;
  const uint64_t batch_number = boundary / batch_ - 1;
  // Everybody gets batches in order, so they become complete in order, too.
  if (--lacking_[batch_number % lacking_.size()] == 0) ++batches_complete_;
}

}  // namespace bench
