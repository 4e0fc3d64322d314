// What a dispatcher can be told, and what it counts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "access_list.h"
#include "address_table.h"

namespace evapid {

// What happens to a client for which more than send_buffer_limit waits. The numbers are known to
// src/dispatcher.ts.
enum class SlowClient : uint8_t {
  kClose = 0,  // it is closed
  kDrop = 1,   // whole messages for it are dropped until it has caught up
  kBlock = 2,  // clients that publish are not read until it has caught up
};

struct Options {
  // Fixed: these are as they were when the dispatcher was made.
  bool netstring = true;
  std::chrono::microseconds busy_poll{0};  // for the host: how long to ask again and again before sleeping
  bool io_uring = true;  // many clients are sent to with one system call, if the kernel lets us
  // With the ring: from so many clients on, and up to so many bytes for each. Beyond that it does not pay.
  size_t ring_least = 8;
  size_t ring_bytes = 64 * 1024;
  // Of each datagram socket, what may wait for the kernel; a datagram beyond either is dropped.
  size_t datagram_queue_limit = 4 * 1024 * 1024;  // bytes
  size_t datagram_queue_length = 4096;            // datagrams

  // These can be exchanged while the bus runs: see Dispatcher::exchange().
  AccessList allow = {};              // nobody else may come, but through a Unix socket
  uint32_t max_clients = 10'000;      // 0: as many as descriptors allow
  AddressLimits address_limits = {};  // of who does not come through a Unix socket
  size_t max_message_size = 1024 * 1024;
  bool discard_bad_frame = false;
  size_t send_buffer_limit = 8 * 1024 * 1024;
  std::chrono::microseconds send_data_timeout{0};  // 0: none
  SlowClient slow_client = SlowClient::kClose;
  std::chrono::microseconds drain_timeout{5'000'000};
  uint32_t max_running_routes = 1024;  // per client; what one read has brought is handled all the same
  uint32_t context_mlimit = 0;         // relays of a plan that may wait for the flush; 0: no limit
  bool tell_connection_new = true;     // the routes want this event
  bool tell_message = true;
  bool tell_connection_closed = true;
};

// Counters since the start, but for those marked as gauges. Plain integers: one thread writes and reads them.
struct Stats {
  uint64_t clients = 0;          // gauge: accepted and not yet closed
  uint64_t foreign_clients = 0;  // gauge: of these, those whose sockets are somebody else's
  uint64_t accepted = 0;
  uint64_t foreign_accepted = 0;
  uint64_t rejected = 0;  // over max_clients
  uint64_t clients_not_allowed = 0;
  uint64_t clients_over_address_limit = 0;
  uint64_t accept_failures = 0;  // no descriptors and the like
  uint64_t messages_received = 0;
  uint64_t bytes_received = 0;
  uint64_t messages_relayed = 0;  // relay, multicast and unicast calls that were taken
  uint64_t relays_refused = 0;    // of plans, over context_mlimit
  // One addition for a relay, not one for each client that gets it: a relay to 10 clients adds 10, also while
  // some of them do not take it.
  uint64_t deliveries = 0;
  // By PlanEvent. Of frames that are forwarded together, each counts, but is not counted by itself.
  std::array<uint64_t, 3> plans_run{};
  uint64_t bytes_sent = 0;
  uint64_t ring_sends = 0;    // sends that were one of many of a system call
  uint64_t bytes_copied = 0;  // in user space, on the way from a socket to a socket
  uint64_t bad_frames = 0;
  uint64_t slow_clients = 0;  // how often a client became slow
  uint64_t slow_now = 0;      // gauge
  uint64_t slow_closed = 0;
  std::array<uint64_t, 8> closed{};    // clients that have gone, by CloseReason
  uint64_t bytes_abandoned = 0;        // that still waited for clients that have gone
  uint64_t foreign_waiting_bytes = 0;  // gauge: as far as we were told
  uint64_t messages_dropped = 0;
  uint64_t reads_paused = 0;  // how often the policy `block` stopped reading
  uint64_t rate_limited = 0;  // how often reading from a client stopped because its address sent too much
  uint64_t requests_not_allowed = 0;  // of those who are no clients
  uint64_t requests_rate_limited = 0;
  uint64_t waiting_clients = 0;  // gauge: clients with an outbox
  uint64_t drain_timeouts = 0;
  uint64_t turns = 0;
  uint64_t flushes = 0;
  uint64_t datagrams_received = 0;
  uint64_t datagram_bytes_received = 0;
  uint64_t datagrams_lost = 0;       // by sockets that are closed: see Dispatcher::datagrams_lost()
  uint64_t datagrams_truncated = 0;  // larger than a datagram can be over UDP: not handed over
  uint64_t datagram_receive_errors = 0;
  uint64_t datagrams_sent = 0;
  uint64_t datagram_bytes_sent = 0;
  uint64_t datagrams_dropped = 0;  // not sent: refused by the kernel, or more than may wait
};

}  // namespace evapid
