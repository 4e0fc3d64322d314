#include "sip_suspension.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "clock.h"

namespace bench {
namespace {

constexpr uint16_t kOk = 200;
constexpr uint16_t kRequestTimeout = 408;
// Nothing need come for as long as the server may hold them, and this.
constexpr double kPatience = 5;

int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

}  // namespace

SipSuspension::SipSuspension(const SipOptions& options)
    : options_(options), station_(options, name_of(SipMethod::kInvite)) {}

Outcome SipSuspension::run() {
  Caller& caller = station_.caller();
  Meter& meter = station_.meter();
  for (const int64_t end = now_ns() + nanoseconds(options_.warm_up); now_ns() < end; station_.turn()) {
    while (caller.in_flight() < options_.window) caller.call(SipMethod::kOptions, kOk, now_ns());
  }
  next_due_ = now_ns();
  enter(kQuiet);
  for (const int64_t end = now_ns() + nanoseconds(options_.seconds); now_ns() < end;) turn();

  meter.start();
  enter(kFilling);
  uint32_t called = 0;
  const auto give_up = meter.begin() + nanoseconds(options_.time_out + kPatience);
  while (caller.suspended() < options_.suspend && caller.time_outs().count() == 0 && now_ns() < give_up) {
    // No more than have their time, and no burst when the server has been slow: the window bounds it.
    const double due = static_cast<double>(now_ns() - meter.begin()) / 1e9 * options_.fill_rate;
    while (called < options_.suspend && called < due && caller.untried() < options_.window) {
      caller.call(SipMethod::kInvite, kRequestTimeout, now_ns());
      ++called;
    }
    turn();
    most_suspended_ = std::max(most_suspended_, caller.suspended());
  }
  Outcome outcome;
  outcome.deliveries = most_suspended_;
  meter.stop(outcome);
  filling_time_ = outcome.measured;
  std::printf("{\"suspended\":%lu}\n", most_suspended_);
  std::fflush(stdout);

  enter(kHolding);
  while (caller.time_outs().count() == 0 && now_ns() < give_up) turn();
  enter(kEnding);
  const int64_t begin = now_ns();
  const int64_t patience = nanoseconds(options_.time_out + kPatience);
  const auto waiting = [&] { return caller.suspended() + caller.untried() > 0; };
  while (waiting() && now_ns() - begin < patience) turn();
  // The last OPTIONS.
  const bool ended = station_.drain(nanoseconds(options_.stall_seconds));
  station_.turn_until(now_ns() + nanoseconds(options_.linger));
  station_.complete(outcome, !ended);
  return outcome;
}

void SipSuspension::enter(Phase phase) {
  station_.caller().count_latencies(latencies_[phase], now_ns(), INT64_MAX);
}

// The due times are fixed and never moved: a stall counts for all that it held up.
void SipSuspension::turn() {
  const int64_t interval = options_.rate > 0 ? nanoseconds(1 / options_.rate) : INT64_MAX / 2;
  for (const int64_t now = now_ns(); options_.rate > 0 && next_due_ <= now; next_due_ += interval) {
    station_.caller().call(SipMethod::kOptions, kOk, next_due_);
  }
  station_.turn();
}

}  // namespace bench
