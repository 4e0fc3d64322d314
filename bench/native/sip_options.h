// The command line of sip_load.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "address.h"
#include "options.h"
#include "sip_message.h"

namespace bench {

struct SipOptions : Watched {
  // Where the server takes SIP over UDP, and where EVAPI applications connect.
  std::optional<Address> sip;
  std::optional<Address> evapi;
  // In turn.
  std::vector<SipMethod> methods = {SipMethod::kOptions};
  // Transactions in flight. With `suspend`: INVITEs that have no provisional reply yet.
  uint32_t window = 128;
  double warm_up = 0.5;
  double seconds = 2;
  // Exactly this many transactions instead of as many as a time allows; 0 means by time.
  uint64_t transactions = 0;
  // How long to listen for second replies after the end.
  double linger = 0.1;
  // With nothing arriving for this long while something is owed, the run is given up as stalled.
  double stall_seconds = 3;
  // INVITEs that the application leaves without an answer (sip_suspension.h); 0 means none.
  uint32_t suspend = 0;
  // So many of them a second.
  double fill_rate = 5000;
  // The server ends these after so long.
  double time_out = 0;
  // Beside them, OPTIONS a second.
  double rate = 0;
  bool histogram = false;
};

// Exits with a message on a bad command line.
SipOptions parse_sip_options(int argc, char** argv);

}  // namespace bench
