// The client side of the transactions: sends requests, acknowledges, sends again what is not answered in time
// (timers A and E of RFC 3261), and checks that each gets one final reply, the expected one, and no second.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "datagrams.h"
#include "histogram.h"
#include "sip_message.h"

namespace bench {

struct CallCounts {
  uint64_t started = 0;
  uint64_t provisional = 0;
  // Final replies, one for each transaction.
  uint64_t ended = 0;
  // Of these, not what was expected.
  uint64_t wrong = 0;
  // A second final reply that no retransmission explains.
  uint64_t doubled = 0;
  // A final reply once more, because its request, or an ACK, was late.
  uint64_t repeated = 0;
  // Requests sent again.
  uint64_t retransmitted = 0;
  // What is no reply to any of them.
  uint64_t strange = 0;
};

class Caller {
 public:
  Caller(Datagrams& datagrams, const SipParties& parties);

  // A request is queued whose final reply must have this code. `due`: when latency begins.
  void call(SipMethod method, uint16_t expected, int64_t due);
  // Takes replies that are there; false when there are none.
  bool receive();
  // Queues what is to be sent again.
  void retransmit(int64_t now);

  const CallCounts& counts() const { return counts_; }
  uint64_t in_flight() const { return counts_.started - counts_.ended; }
  // INVITEs that have no reply at all, and those that have a provisional one and no final.
  uint64_t untried() const { return untried_; }
  uint64_t suspended() const { return suspended_; }
  int64_t last_progress() const { return last_progress_; }
  // The first thing that was wrong; empty if nothing was.
  const std::string& complaint() const { return complaint_; }

  // From now on the latencies of calls that are answered as expected, and due in [from, until), go there; not
  // those that end in a time-out.
  void count_latencies(Histogram& latencies, int64_t from, int64_t until);
  // How long those took that were expected to end in a time-out; `shortest` is the least of them.
  const Histogram& time_outs() const { return time_outs_; }
  int64_t shortest_time_out() const { return shortest_time_out_; }

 private:
  struct Call {
    int64_t due;
    // When the final reply came; 0 until then.
    int64_t ended;
    uint32_t tag;
    uint16_t expected;
    uint16_t code;
    SipMethod method;
    bool tried;
    // Times the request was sent again, less the repeated final replies that this explains.
    uint8_t excuses;
  };
  // Sent at `time` for the stage-th time again, if not answered by then.
  struct Retransmission {
    int64_t time;
    uint32_t number;
  };

  void take(std::string_view text, int64_t now);
  void end(Call& call, const SipReply& reply, uint32_t tag, int64_t now);
  void take_again(Call& call, const SipReply& reply, uint32_t tag, int64_t now);
  void complain(std::string_view what, std::string_view text);

  Datagrams& datagrams_;
  const std::string run_;
  const SipRequests requests_;
  std::deque<Call> calls_;
  // By how often a request has been sent again; each in the order of time, as all its members waited equally
  // long.
  std::array<std::deque<Retransmission>, 7> waiting_;
  CallCounts counts_;
  uint64_t untried_ = 0;
  uint64_t suspended_ = 0;
  int64_t last_progress_ = 0;
  std::string complaint_;
  Histogram* latencies_ = nullptr;
  int64_t count_from_ = 0;
  int64_t count_until_ = 0;
  Histogram time_outs_;
  int64_t shortest_time_out_ = INT64_MAX;
};

}  // namespace bench
