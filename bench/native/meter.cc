#include "meter.h"

#include <sys/resource.h>

#include <algorithm>

#include "clock.h"

namespace bench {
namespace {

int64_t own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000LL +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

}  // namespace

void Meter::start() {
  server_before_ = read_thread_times(watched_.server_processes);
  core_before_ = read_core_busy(watched_.server_core);
  wait_before_ = read_own_wait();
  cpu_before_ = own_cpu();
  idle_ = 0;
  begin_ = now_ns();
}

void Meter::stop(Outcome& outcome) const {
  outcome.measured = now_ns() - begin_;
  outcome.server_cpu = elapsed_cpu(server_before_, read_thread_times(watched_.server_processes));
  const auto span = static_cast<double>(outcome.measured);
  const auto core_busy = static_cast<double>(read_core_busy(watched_.server_core) - core_before_);
  outcome.core_taken = std::max(core_busy - static_cast<double>(outcome.server_cpu), 0.0) / span;
  outcome.load_waited = static_cast<double>(read_own_wait() - wait_before_) / span;
  const int64_t busy = watched_.sleep ? own_cpu() - cpu_before_ : outcome.measured - idle_;
  outcome.load_busy = static_cast<double>(busy) / span;
}

}  // namespace bench
