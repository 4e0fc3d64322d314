#include "sip_station.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "clock.h"

namespace bench {
namespace {

constexpr int64_t kWelcomeLimit = 5'000'000'000;

}  // namespace

SipStation::SipStation(const SipOptions& options, std::string_view unanswered)
    : options_(options),
      datagrams_(*options.sip),
      application_(*options.evapi, unanswered),
      caller_(datagrams_, {.run = random_run(), .local = datagrams_.local(), .server = options.sip->text()}),
      meter_(options),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      last_turn_(now_ns()) {
  for (const int descriptor : {application_.descriptor(), datagrams_.descriptor()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, descriptor, &event);
  }
  const int64_t limit = now_ns() + kWelcomeLimit;
  while (!application_.welcome()) {
    if (now_ns() > limit) throw std::runtime_error("the server does not greet the application");
    turn();
  }
}

void SipStation::turn() {
  caller_.retransmit(last_turn_);
  if (datagrams_.queued()) {
    datagrams_.flush();
    last_turn_ = now_ns();
  }
  std::array<epoll_event, 2> events;
  const int ready =
      epoll_wait(epoll_.descriptor(), events.data(), static_cast<int>(events.size()), options_.sleep);
  const int64_t before = std::exchange(last_turn_, now_ns());
  // Where nothing was to be done, looking for it is no work.
  if (ready <= 0) return meter_.idle(last_turn_ - before);
  for (int i = 0; i < ready; ++i) {
    if (events[static_cast<size_t>(i)].data.fd == application_.descriptor()) {
      application_.serve();
    } else {
      caller_.receive();
    }
  }
  // ACKs.
  datagrams_.flush();
  last_turn_ = now_ns();
}

void SipStation::turn_until(int64_t end) {
  while (now_ns() < end) turn();
}

bool SipStation::drain(int64_t patience) {
  const int64_t begin = now_ns();
  while (caller_.in_flight() > 0) {
    if (now_ns() - std::max(begin, caller_.last_progress()) > patience) return false;
    turn();
  }
  return true;
}

void SipStation::complete(Outcome& outcome, bool stalled) {
  const CallCounts& counts = caller_.counts();
  outcome.published = counts.started;
  outcome.received = counts.ended;
  outcome.faults.lost = caller_.in_flight();
  outcome.faults.doubled = counts.doubled;
  outcome.stalled = stalled;
  outcome.complaint = caller_.complaint();
}

}  // namespace bench
