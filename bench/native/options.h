// The generator's command line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "address.h"
#include "wire.h"

namespace bench {

// The server under test, as a meter sees it.
struct Watched {
  std::vector<pid_t> server_processes;
  // The core the server has to itself; -1 if none.
  int server_core = -1;
  // Sleep in epoll_wait instead of polling.
  bool sleep = false;
};

struct Options : Watched {
  Protocol protocol = Protocol::kNetstring;
  std::optional<Address> address;
  // Where publishers connect instead, to speak netstrings; what they are sent is not looked at.
  std::optional<Address> publish_to;
  uint32_t subscribers = 1;
  uint32_t publishers = 1;
  uint32_t payload = 100;
  uint32_t batch = 16;
  // Closed loop: messages in flight over all publishers. Ignored when a rate is given.
  uint32_t window = 64;
  // Open loop: messages a second over all publishers; 0 means closed loop.
  double rate = 0;
  double warm_up = 0.5;
  double seconds = 2;
  // Publish exactly this many messages instead of publishing for a time; 0 means by time.
  uint64_t messages = 0;
  // How many of the subscribers never read.
  uint32_t dead = 0;
  // With nothing arriving for this long while something is owed, the run is given up as stalled.
  double stall_seconds = 3;
  // Connect, say so, and hold the connections until stdin says to go on (a byte) or to end.
  bool hold = false;
  // Not messages but connections, this many at a time (storm.h); 0 means messages.
  uint32_t storm = 0;
  // Messages to one client each (unicast.h).
  bool unicast = false;
  bool histogram = false;
};

// Exits with a message on a bad command line.
Options parse_options(int argc, char** argv);

}  // namespace bench
