#include "unicast.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "clock.h"

namespace bench {
namespace {

constexpr size_t kReadSize = 64 * 1024;
constexpr uint32_t kTargets = 100;
constexpr size_t kTagSize = 8;
constexpr uint32_t kPortsOfSource = 4'000;

std::string tag_of(uint32_t index) {
  char text[kTagSize + 1];
  std::snprintf(text, sizeof text, "%08u", index % 100'000'000);
  return text;
}

// What comes back begins as what was sent, and the stamp stands right behind the `u`.
Wire wire_of(uint32_t payload) {
  Wire wire{};
  wire.deliver_prefix = std::to_string(payload) + ":u";
  wire.publish_suffix = wire.deliver_suffix = ",";
  return wire;
}

std::string frame_to(uint32_t index, uint32_t payload, uint64_t publisher, uint64_t number) {
  char stamp[kStampSize];
  write_stamp(stamp, publisher, number, 0);
  std::string text = "u" + std::string(stamp, kStampSize) + tag_of(index);
  text.resize(payload, 'x');
  return std::to_string(payload) + ":" + text + ",";
}

}  // namespace

Unicast::Unicast(const Options& options)
    : options_(options),
      shape_(wire_of(options.payload), options.payload - 1),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(FrameWalker::kHeadroom + kReadSize),
      targets_(std::min(kTargets, options.subscribers)) {
  if (options.payload < 1 + kStampSize + kTagSize)
    throw std::runtime_error("a unicast has 25 bytes at least");
}

void Unicast::connect() {
  clients_.resize(options_.subscribers);
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].socket = connect_to(*options_.address, i / kPortsOfSource);
    greet(clients_[i].socket, "", "");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = i;
    epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, clients_[i].socket.descriptor(), &event);
  }
  tag_everybody();
}

// A client's messages are routed in order: one that reaches itself by its tag has it.
void Unicast::tag_everybody() {
  Meter meter(options_);
  unready_ = options_.subscribers;
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    const std::string text = "t" + tag_of(i);
    send_all(clients_[i], std::to_string(text.size()) + ":" + text + "," +
                              frame_to(i, options_.payload, kProbePublisher, 0));
  }
  last_progress_ = now_ns();
  while (unready_ > 0) turn(meter);
}

Outcome Unicast::run() {
  Meter meter(options_);
  for (uint32_t i = 0; i < targets_; ++i) clients_[target(i)].next = i;
  last_progress_ = now_ns();
  run_until(last_progress_ + std::llround(options_.warm_up * 1e9), meter);
  meter.start();
  const uint64_t before = received_;
  run_until(meter.begin() + std::llround(options_.seconds * 1e9), meter);
  Outcome outcome;
  outcome.deliveries = received_ - before;
  meter.stop(outcome);
  while (received_ + faults_.lost < sent_) turn(meter);
  outcome.published = sent_;
  outcome.received = received_;
  outcome.faults = faults_;
  return outcome;
}

void Unicast::run_until(int64_t end, Meter& meter) {
  while (now_ns() < end) {
    while (sent_ - received_ + options_.batch <= std::max(options_.window, options_.batch)) publish();
    turn(meter);
  }
}

// Spread evenly over all clients.
uint32_t Unicast::target(uint64_t number) const {
  const auto place = static_cast<uint32_t>(number % targets_);
  return static_cast<uint32_t>(uint64_t{place} * options_.subscribers / targets_);
}

void Unicast::publish() {
  batch_.clear();
  for (uint32_t i = 0; i < options_.batch; ++i, ++sent_) {
    batch_ += frame_to(target(sent_), options_.payload, 0, sent_);
  }
  send_all(clients_.front(), batch_);
}

void Unicast::send_all(const Client& client, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(client.socket.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
      throw std::runtime_error(std::string("sending: ") + std::strerror(errno));
    if (sent < 0) {
      pollfd writable{.fd = client.socket.descriptor(), .events = POLLOUT, .revents = 0};
      poll(&writable, 1, 1000);
    }
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
  }
}

void Unicast::turn(Meter& meter) {
  const int64_t before = now_ns();
  const int ready = epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()), 0);
  if (ready <= 0) {
    const int64_t now = now_ns();
    if (now - last_progress_ > std::llround(options_.stall_seconds * 1e9)) {
      throw std::runtime_error("the server stopped: it owes " + std::to_string(sent_ - received_) +
                               " messages, and " + std::to_string(unready_) + " clients have no tag");
    }
    meter.idle(now - before);
    return;
  }
  for (int i = 0; i < ready; ++i) read(events_[static_cast<size_t>(i)].data.u32);
  last_progress_ = before;
}

void Unicast::read(uint32_t index) {
  Client& client = clients_[index];
  char* const data = buffer_.data() + FrameWalker::kHeadroom;
  const ssize_t got = ::recv(client.socket.descriptor(), data, kReadSize, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) throw std::runtime_error("the server closed a connection");
  const bool sound = client.walker.walk(
      shape_, data, static_cast<size_t>(got), [&](uint64_t id, uint64_t) { take(index, unpack48(id)); },
      [](std::string_view) { return false; });
  if (!sound) throw std::runtime_error("what the server sent makes no sense");
}

void Unicast::take(uint32_t index, uint64_t id) {
  const uint64_t number = id & kSequenceMask;
  if (id >> kSequenceBits == kProbePublisher) {
    if (unready_ > 0) --unready_;
    return;
  }
  ++received_;
  if (number >= sent_ || target(number) != index)
    throw std::runtime_error("a message came to the wrong client");
  uint64_t& next = clients_[index].next;
  if (number < next) {
    ++faults_.doubled;
  } else {
    faults_.lost += (number - next) / targets_;
    next = number + targets_;
  }
}

}  // namespace bench
