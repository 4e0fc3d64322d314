// The generator's result as one line of JSON on standard output.
#pragma once

#include "histogram.h"
#include "meter.h"
#include "options.h"

namespace bench {

// A result in parts: what a span of time brought, without the closing brace; then fields that each begin with
// a comma.
void print_outcome(const Watched& watched, const Outcome& outcome);
void print_latencies(const Histogram& latencies, bool buckets);

void print_report(const Options& options, const Outcome& outcome, const Histogram& latencies);

}  // namespace bench
