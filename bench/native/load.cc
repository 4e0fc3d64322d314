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

namespace {

// Holds the connections until whoever started us closes our stdin.
void hold() {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  bench::raise_descriptor_limit();
  try {
    bench::Generator generator(options);
    const int64_t begin = bench::now_ns();
    generator.connect();
    if (options.idle) {
      std::printf("{\"connected\":%u,\"seconds\":%.4f}\n", options.subscribers,
                  static_cast<double>(bench::now_ns() - begin) / 1e9);
      std::fflush(stdout);
      hold();
      return 0;
    }
    const bench::Outcome outcome = generator.run();
    bench::print_report(options, outcome, generator.latencies());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 1;
  }
  return 0;
}
