#include "storm.h"

#include <sys/socket.h>

#include <cmath>
#include <stdexcept>

#include "clock.h"

namespace bench {
namespace {

// A closed connection keeps its port for a minute, so the ports of one address would not last a second.
constexpr uint32_t kSources = 64;

}  // namespace

Storm::Storm(const Options& options)
    : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)), slots_(options.storm) {}

Outcome Storm::run() {
  Meter meter(options_);
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) open(slot);
  run_until(now_ns() + std::llround(options_.warm_up * 1e9), meter);
  meter.start();
  const uint64_t before = closed_;
  run_until(meter.begin() + std::llround(options_.seconds * 1e9), meter);
  Outcome outcome;
  outcome.deliveries = closed_ - before;
  meter.stop(outcome);
  outcome.published = opened_;
  outcome.received = closed_;
  outcome.disconnected = broken_;
  if (broken_ > 0) outcome.complaint = "connections were reset";
  return outcome;
}

void Storm::run_until(int64_t end, Meter& meter) {
  last_progress_ = now_ns();
  while (now_ns() < end) turn(meter);
}

void Storm::open(uint32_t slot) {
  slots_[slot] = connect_to(*options_.address, 1 + static_cast<uint32_t>(opened_++ % kSources));
  const int descriptor = slots_[slot].descriptor();
  shutdown(descriptor, SHUT_WR);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = slot;
  epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, descriptor, &event);
}

void Storm::turn(Meter& meter) {
  const int64_t before = now_ns();
  const int ready = epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()), 0);
  if (ready <= 0) {
    const int64_t now = now_ns();
    if (now - last_progress_ > std::llround(options_.stall_seconds * 1e9)) {
      throw std::runtime_error("the server does not close connections that have said they will send nothing");
    }
    meter.idle(now - before);
    return;
  }
  for (int i = 0; i < ready; ++i) {
    const uint32_t slot = events_[static_cast<size_t>(i)].data.u32;
    char greeting[4096];
    const ssize_t got = recv(slots_[slot].descriptor(), greeting, sizeof greeting, MSG_DONTWAIT);
    if (got > 0) continue;
    if (got < 0) {
      ++broken_;
    } else {
      ++closed_;
    }
    last_progress_ = before;
    open(slot);
  }
}

}  // namespace bench
