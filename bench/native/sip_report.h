// What sip_load found, as one line of JSON on standard output: the fields of report.h's and some of its own.
#pragma once

#include "meter.h"
#include "sip_options.h"
#include "sip_run.h"
#include "sip_suspension.h"

namespace bench {

void print_report(const SipOptions& options, const Outcome& outcome, SipRun& run);
void print_report(const SipOptions& options, const Outcome& outcome, SipSuspension& suspension);

}  // namespace bench
