// One publisher: a batch of ready-made messages that only want their stamps, and which batches are still in
// flight.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire.h"

namespace bench {

class Publisher {
 public:
  // `window` is in messages; 0 for an open loop, which has none.
  Publisher(uint64_t id, uint32_t connection, const Wire& wire, uint32_t payload, uint32_t batch,
            uint32_t window);

  uint32_t connection() const { return connection_; }
  uint64_t sent() const { return sent_; }
  bool window_has_room() const;

  // The next batch, stamped with `time` and awaited by `subscribers`. Valid until the next call.
  std::string_view next_batch(uint64_t time, uint32_t subscribers);
  // A message that belongs to no sequence.
  std::string_view probe();

  // A subscriber has the whole of the batch that ends before sequence number `boundary`.
  void batch_arrived(uint64_t boundary);

 private:
  uint64_t id_;
  uint32_t connection_;
  uint32_t batch_;
  size_t stamp_offset_;
  size_t frame_size_;
  std::string frames_;
  std::string probe_;
  uint64_t sent_ = 0;
  uint64_t batches_complete_ = 0;
  // How many subscribers lack each batch in flight, as a ring over batch numbers; empty in an open loop.
  std::vector<uint32_t> lacking_;
};

}  // namespace bench
