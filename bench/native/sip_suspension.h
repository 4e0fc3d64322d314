// Many INVITEs suspended at once, that nobody answers and that must all end in a 408, while other requests
// (OPTIONS at a steady rate) go on being answered: how long do these take?
#pragma once

#include <array>
#include <cstdint>

#include "histogram.h"
#include "meter.h"
#include "sip_options.h"
#include "sip_station.h"

namespace bench {

class SipSuspension {
 public:
  // What the server is busy with beside the OPTIONS.
  enum Phase : uint8_t {
    kQuiet,    // nothing
    kFilling,  // INVITEs come
    kHolding,  // all are suspended, none has timed out
    kEnding,   // they time out
    kPhases,
  };

  explicit SipSuspension(const SipOptions& options);

  // Prints a line when all are suspended.
  Outcome run();
  const CallCounts& counts() { return station_.caller().counts(); }
  const Caller& caller() { return station_.caller(); }
  // Of the OPTIONS that were due in a phase.
  const Histogram& latencies(Phase phase) const { return latencies_[phase]; }
  // The most that were suspended at the same time, and how long it took to get there.
  uint64_t most_suspended() const { return most_suspended_; }
  int64_t filling_time() const { return filling_time_; }

 private:
  void enter(Phase phase);
  void turn();

  const SipOptions& options_;
  SipStation station_;
  std::array<Histogram, kPhases> latencies_;
  uint64_t most_suspended_ = 0;
  int64_t filling_time_ = 0;
  int64_t next_due_ = 0;
};

}  // namespace bench
