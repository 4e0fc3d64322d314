// Both ends of the load in one loop: the caller and the application that decides on its calls. What is
// called, and when, is the business of sip_run.h and sip_suspension.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "datagrams.h"
#include "evapi_application.h"
#include "meter.h"
#include "sip_caller.h"
#include "sip_options.h"
#include "sockets.h"

namespace bench {

class SipStation {
 public:
  // Connects, and waits until the server knows the application. The application does not answer events named
  // `unanswered`. Throws std::runtime_error.
  SipStation(const SipOptions& options, std::string_view unanswered);

  Caller& caller() { return caller_; }
  Meter& meter() { return meter_; }

  // Sends what was called, then takes what has come.
  void turn();
  void turn_until(int64_t end);
  // Turns until every call has ended; false when nothing came for `patience` nanoseconds.
  bool drain(int64_t patience);
  // What the caller found, into an outcome that the meter has filled.
  void complete(Outcome& outcome, bool stalled);

 private:
  const SipOptions& options_;
  Datagrams datagrams_;
  EvapiApplication application_;
  Caller caller_;
  Meter meter_;
  Socket epoll_;
  // When the last turn ended, or its sending.
  int64_t last_turn_;
};

}  // namespace bench
