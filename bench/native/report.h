// The generator's result as one line of JSON on standard output.
#pragma once

#include "histogram.h"
#include "meter.h"
#include "options.h"

namespace bench {

void print_report(const Options& options, const Outcome& outcome, const Histogram& latencies);

}  // namespace bench
