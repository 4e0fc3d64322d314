#include "sip_run.h"

#include <algorithm>
#include <cmath>

#include "clock.h"

namespace bench {
namespace {

constexpr uint16_t kOk = 200;
// Reading the server's CPU time takes a moment in which nothing is sent or read.
constexpr int64_t kReadingMargin = 5'000'000;

int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

}  // namespace

Outcome SipRun::run() {
  Caller& caller = station_.caller();
  Meter& meter = station_.meter();
  const bool by_time = options_.transactions == 0;
  if (by_time) keep_until(now_ns() + nanoseconds(options_.warm_up));
  meter.start();
  const uint64_t before = caller.counts().ended;
  const int64_t end = meter.begin() + nanoseconds(options_.seconds);
  caller.count_latencies(latencies_, meter.begin() + kReadingMargin, by_time ? end : INT64_MAX);
  if (by_time) {
    keep_until(end);
  } else {
    keep_going();
  }
  Outcome outcome;
  outcome.deliveries = caller.counts().ended - before;
  meter.stop(outcome);
  const bool ended = station_.drain(nanoseconds(options_.stall_seconds));
  station_.turn_until(now_ns() + nanoseconds(options_.linger));
  station_.complete(outcome, !ended);
  return outcome;
}

void SipRun::keep_until(int64_t end) {
  while (now_ns() < end) {
    fill(UINT64_MAX);
    station_.turn();
  }
}

void SipRun::keep_going() {
  const Caller& caller = station_.caller();
  while (caller.counts().ended < options_.transactions && !stalled()) {
    fill(options_.transactions - caller.counts().started);
    station_.turn();
  }
}

void SipRun::fill(uint64_t room) {
  Caller& caller = station_.caller();
  for (; room > 0 && caller.in_flight() < options_.window; --room) {
    const auto& methods = options_.methods;
    caller.call(methods[caller.counts().started % methods.size()], kOk, now_ns());
  }
}

bool SipRun::stalled() {
  const int64_t progress = station_.caller().last_progress();
  return progress != 0 && now_ns() - progress > nanoseconds(options_.stall_seconds);
}

}  // namespace bench
