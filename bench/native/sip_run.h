// Transactions in a closed loop: so many in flight, for a time or until there were so many. Every one must
// end in a 200.
#pragma once

#include <cstdint>

#include "histogram.h"
#include "meter.h"
#include "sip_options.h"
#include "sip_station.h"

namespace bench {

class SipRun {
 public:
  explicit SipRun(const SipOptions& options) : options_(options), station_(options, "") {}

  Outcome run();
  const CallCounts& counts() { return station_.caller().counts(); }
  const Histogram& latencies() const { return latencies_; }

 private:
  void keep_until(int64_t end);
  void keep_going();
  void fill(uint64_t room);
  bool stalled();

  const SipOptions& options_;
  SipStation station_;
  Histogram latencies_;
};

}  // namespace bench
