#include "sip_report.h"

#include <cstdio>

#include "report.h"

namespace bench {
namespace {

void print_counts(const CallCounts& counts) {
  std::printf(",\"wrong\":%lu,\"strange\":%lu,\"provisional\":%lu,\"retransmitted\":%lu,\"repeated\":%lu",
              counts.wrong, counts.strange, counts.provisional, counts.retransmitted, counts.repeated);
}

}  // namespace

void print_report(const SipOptions& options, const Outcome& outcome, SipRun& run) {
  print_outcome(options, outcome);
  print_counts(run.counts());
  print_latencies(run.latencies(), options.histogram);
  std::printf("}\n");
}

void print_report(const SipOptions& options, const Outcome& outcome, SipSuspension& suspension) {
  print_outcome(options, outcome);
  print_counts(suspension.counts());
  const Caller& caller = suspension.caller();
  const auto seconds = [](auto nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; };
  std::printf(",\"mostSuspended\":%lu,\"fillingSeconds\":%.4f", suspension.most_suspended(),
              seconds(suspension.filling_time()));
  std::printf(",\"timeOuts\":{\"count\":%lu", caller.time_outs().count());
  if (caller.time_outs().count() > 0) {
    std::printf(",\"shortest\":%.4f,\"longest\":%.4f", seconds(caller.shortest_time_out()),
                seconds(caller.time_outs().max()));
  }
  std::printf("},\"phases\":{");
  static constexpr const char* kNames[] = {"quiet", "filling", "holding", "ending"};
  for (uint8_t phase = 0; phase < SipSuspension::kPhases; ++phase) {
    std::printf("%s\"%s\":{\"phase\":%d", phase == 0 ? "" : ",", kNames[phase], phase);
    print_latencies(suspension.latencies(static_cast<SipSuspension::Phase>(phase)), false);
    std::printf("}");
  }
  std::printf("}}\n");
}

}  // namespace bench
