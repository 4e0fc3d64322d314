// What one subscriber saw of every publisher: which sequence number must come next, and everything that came
// otherwise.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

struct Faults {
  uint64_t lost = 0;
  uint64_t doubled = 0;
  uint64_t out_of_order = 0;
};

// One publisher's messages at one subscriber.
struct Stream {
  uint64_t next = 0;
  // The sequence number at which the batch in progress is complete.
  uint64_t boundary = 0;
};

class Tally {
 public:
  Tally(uint32_t publishers, uint32_t batch) : streams_(publishers, Stream{.next = 0, .boundary = batch}) {}

  Stream& stream(uint64_t publisher) { return streams_[publisher]; }
  const std::vector<Stream>& streams() const { return streams_; }
  const Faults& faults() const { return faults_; }

  // `sequence` came where another was due. Books it, and says whether the stream moves on past it.
  bool irregular(uint64_t publisher, uint64_t sequence);
  // Messages that never came, once the run is over.
  void missing(uint64_t messages) { faults_.lost += messages; }

 private:
  // Sequence numbers that were passed over and have not come since: [begin, end).
  struct Gap {
    uint64_t publisher;
    uint64_t begin;
    uint64_t end;
  };

  std::vector<Stream> streams_;
  std::vector<Gap> gaps_;
  Faults faults_;
};

}  // namespace bench
