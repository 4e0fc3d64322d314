// sip_load: the load of the transactions' benchmark. Sends SIP requests over UDP, is the EVAPI application
// that decides on them, checks that each gets its one final reply, prints one line of JSON. One thread that
// polls.
#include <cstdio>
#include <exception>

#include "sip_options.h"
#include "sip_report.h"
#include "sip_run.h"
#include "sip_suspension.h"

int main(int argc, char** argv) {
  const bench::SipOptions options = bench::parse_sip_options(argc, argv);
  try {
    if (options.suspend > 0) {
      bench::SipSuspension suspension(options);
      const bench::Outcome outcome = suspension.run();
      bench::print_report(options, outcome, suspension);
    } else {
      bench::SipRun run(options);
      const bench::Outcome outcome = run.run();
      bench::print_report(options, outcome, run);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sip_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
