// load: the benchmark's load generator. Connects to a server, publishes, checks what arrives, prints one line
// of JSON.
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "clock.h"
#include "generator.h"
#include "options.h"
#include "report.h"
#include "sockets.h"
#include "storm.h"
#include "unicast.h"

namespace {

// Says that everybody is connected and waits; false where whoever started us is done.
bool go_on(const bench::Options& options, int64_t begin) {
  if (!options.hold) return true;
  std::printf("{\"connected\":%u,\"seconds\":%.4f}\n", options.subscribers,
              static_cast<double>(bench::now_ns() - begin) / 1e9);
  std::fflush(stdout);
  char byte;
  return read(STDIN_FILENO, &byte, 1) > 0;
}

void run(const bench::Options& options) {
  const int64_t begin = bench::now_ns();
  if (options.storm > 0) {
    bench::Storm storm(options);
    bench::print_report(options, storm.run(), {});
  } else if (options.unicast) {
    bench::Unicast unicast(options);
    unicast.connect();
    if (go_on(options, begin)) bench::print_report(options, unicast.run(), {});
  } else {
    bench::Generator generator(options);
    generator.connect();
    if (!go_on(options, begin)) return;
    const bench::Outcome outcome = generator.run();
    bench::print_report(options, outcome, generator.latencies());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  bench::raise_descriptor_limit();
  try {
    run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 1;
  }
  return 0;
}
