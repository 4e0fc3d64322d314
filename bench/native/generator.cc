#include "generator.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "clock.h"
#include "meter.h"

namespace bench {
namespace {

constexpr size_t kReadSize = 256 * 1024;
// A probe to many subscribers takes its time; the next one must not be published on top of it.
constexpr int64_t kProbeInterval = 20'000'000;
constexpr int64_t kProbeIntervalEach = 50'000;
constexpr int64_t kProbeLimit = 20'000'000'000;
// Reading the server's CPU time takes a moment in which nothing is sent or read; messages due around it do
// not count.
constexpr int64_t kReadingMargin = 5'000'000;
// A source address has some 28,000 ports, and the more are taken the longer the kernel looks for a free one.
constexpr uint32_t kPortsOfSource = 4'000;

Wire wire_of(const Options& options) {
  Wire wire = make_wire(options.protocol, options.payload);
  return options.publish_to ? published_as_netstrings(std::move(wire), options.payload) : wire;
}

int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

}  // namespace

Generator::Generator(const Options& options)
    : options_(options),
      wire_(wire_of(options)),
      shape_(wire_, options.payload),
      start_(now_ns()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(FrameWalker::kHeadroom + kReadSize),
      meter_(options_) {}

void Generator::connect() {
  const uint32_t publishers = options_.publishers;
  connections_.resize(options_.subscribers + (wire_.publisher_subscribes ? 0 : publishers));
  for (uint32_t i = 0; i < connections_.size(); ++i) {
    const bool subscribes = i < options_.subscribers;
    Connection& connection = connections_[i];
    const Address& address = subscribes ? *options_.address : options_.publish_to.value_or(*options_.address);
    connection.socket = connect_to(address, i / kPortsOfSource);
    greet(connection.socket, subscribes ? wire_.subscriber_hello : wire_.publisher_hello,
          subscribes ? wire_.subscriber_ready : wire_.publisher_ready);
    if (subscribes) connection.tally = std::make_unique<Tally>(publishers, options_.batch);
    // The dead ones are the last subscribers: with netstrings and WebSockets the first ones publish.
    connection.reads = !subscribes || i < options_.subscribers - options_.dead;
    if (connection.reads) watch(i, false, EPOLL_CTL_ADD);
  }
  live_ = options_.subscribers - options_.dead;
  unprobed_ = live_;
  const uint32_t window = options_.rate > 0 ? 0 : std::max(options_.window / publishers, 1U);
  const uint32_t first = wire_.publisher_subscribes ? 0 : options_.subscribers;
  publishers_.reserve(publishers);
  for (uint32_t i = 0; i < publishers; ++i) {
    publishers_.emplace_back(i, first + i, wire_, options_.payload, options_.batch, window);
  }
}

// A connection the kernel has accepted is not one the server knows, and a message relayed before it does
// would look lost. So one probe after another is published until everybody who reads has seen one.
void Generator::await_everybody() {
  const int64_t begin = now_ns();
  int64_t interval = kProbeInterval + kProbeIntervalEach * live_;
  int64_t next = begin;
  while (unprobed_ > 0) {
    const int64_t now = now_ns();
    // Who was turned away will not get anything however long one waits.
    if (now - begin > kProbeLimit || disconnected_ > 0) {
      throw std::runtime_error(std::to_string(unprobed_) + " of " + std::to_string(options_.subscribers) +
                               " subscribers got nothing. " + complaint_);
    }
    if (now >= next) {
      send(publishers_.front().connection(), publishers_.front().probe());
      next = now + interval;
      interval *= 2;
    }
    turn();
  }
}

Outcome Generator::run() {
  await_everybody();
  next_due_ = now_ns() + 1'000'000;
  if (options_.messages == 0) publish_until(now_ns() + nanoseconds(options_.warm_up));

  meter_.start();
  measuring_ = true;
  const uint64_t received_before = received_;
  worst_delay_ = 0;
  const int64_t end = meter_.begin() + nanoseconds(options_.seconds);
  count_from_ = meter_.begin() + kReadingMargin;
  if (options_.messages == 0) {
    count_until_ = end - kReadingMargin;
    publish_until(end);
  } else {
    publish_quota();
  }
  Outcome outcome;
  outcome.worst_delay = worst_delay_;
  outcome.deliveries = received_ - received_before;
  meter_.stop(outcome);

  drain();
  const int64_t now = now_ns();
  for (const Publisher& publisher : publishers_) outcome.published += publisher.sent();
  for (Connection& connection : connections_) {
    if (!connection.tally || !connection.reads) continue;
    uint64_t missing = 0;
    for (size_t i = 0; i < publishers_.size(); ++i) {
      missing += publishers_[i].sent() - connection.tally->streams()[i].next;
    }
    connection.tally->missing(missing);
    if (missing > 0) note_gap(connection, now);
    const Faults& faults = connection.tally->faults();
    outcome.faults.lost += faults.lost;
    outcome.faults.doubled += faults.doubled;
    outcome.faults.out_of_order += faults.out_of_order;
    outcome.longest_gap = std::max(outcome.longest_gap, connection.longest_gap);
  }
  measuring_ = false;
  outcome.received = received_;
  outcome.disconnected = disconnected_;
  outcome.stalled = stalled_;
  outcome.complaint = complaint_;
  return outcome;
}

void Generator::publish_until(int64_t end) {
  for (int64_t now = now_ns(); now < end && !finished(now); now = now_ns()) {
    if (options_.rate > 0) {
      publish_due(now, end);
    } else {
      publish_window(now);
    }
    turn();
  }
}

void Generator::publish_quota() {
  for (int64_t now = now_ns(); !finished(now); now = now_ns()) {
    publish_window(now);
    if (!owed() && quota_used(publishers_.front())) return;
    turn();
  }
}

void Generator::drain() {
  for (int64_t now = now_ns(); owed() && !finished(now); now = now_ns()) turn();
}

bool Generator::finished(int64_t now) {
  if (live_ == 0) stalled_ = true;
  if (owed() && now - last_progress_ > nanoseconds(options_.stall_seconds)) stalled_ = true;
  return stalled_;
}

void Generator::turn() {
  const int64_t before = now_ns();
  const int ready =
      epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()), options_.sleep);
  if (ready <= 0) {
    meter_.idle(now_ns() - before);
    return;
  }
  for (int i = 0; i < ready; ++i) {
    const auto index = static_cast<uint32_t>(events_[static_cast<size_t>(i)].data.u32);
    const uint32_t what = events_[static_cast<size_t>(i)].events;
    if ((what & EPOLLOUT) != 0) flush(index);
    if ((what & ~static_cast<uint32_t>(EPOLLOUT)) != 0) read(index);
  }
}

// The quota is for all publishers, and each has an equal share.
bool Generator::quota_used(const Publisher& publisher) const {
  return options_.messages > 0 && publisher.sent() * publishers_.size() >= options_.messages;
}

void Generator::publish_window(int64_t now) {
  for (Publisher& publisher : publishers_) {
    while (publisher.window_has_room() && !quota_used(publisher) &&
           connections_[publisher.connection()].unsent.empty()) {
      publish_batch(publisher, now);
    }
  }
}

// The due times are fixed at the beginning and never moved: if the server (or the generator) falls behind,
// the messages that should have gone out meanwhile carry the time they should have gone, and the wait shows
// in their latency.
void Generator::publish_due(int64_t now, int64_t end) {
  while (next_due_ <= now && next_due_ < end) {
    worst_delay_ = std::max(worst_delay_, now - next_due_);
    publish_batch(publishers_[next_publisher_], next_due_);
    next_publisher_ = (next_publisher_ + 1) % publishers_.size();
    next_due_ += nanoseconds(options_.batch / options_.rate);
  }
}

void Generator::publish_batch(Publisher& publisher, int64_t due) {
  // Silence counts from the moment something is owed.
  if (!owed()) last_progress_ = due;
  for (Connection& connection : connections_) {
    if (owed()) break;
    connection.last_arrival = due;
  }
  awaited_ += uint64_t{options_.batch} * live_;
  send(publisher.connection(), publisher.next_batch(static_cast<uint64_t>(due - start_), live_));
}

void Generator::send(uint32_t index, std::string_view bytes) {
  Connection& connection = connections_[index];
  if (!connection.socket.open()) return;
  if (connection.unsent.empty()) {
    const ssize_t sent = ::send(connection.socket.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    if (sent < 0 && errno != EAGAIN) return disconnect(index, std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    watch(index, true, EPOLL_CTL_MOD);
  }
  connection.unsent.append(bytes);
}

void Generator::flush(uint32_t index) {
  Connection& connection = connections_[index];
  if (!connection.socket.open() || connection.unsent.empty()) return;
  const ssize_t sent = ::send(connection.socket.descriptor(), connection.unsent.data() + connection.written,
                              connection.unsent.size() - connection.written, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) disconnect(index, std::strerror(errno));
    return;
  }
  connection.written += static_cast<size_t>(sent);
  if (connection.written < connection.unsent.size()) return;
  connection.unsent.clear();
  connection.written = 0;
  watch(index, false, EPOLL_CTL_MOD);
}

void Generator::watch(uint32_t index, bool writable, int operation) {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? static_cast<uint32_t>(EPOLLOUT) : 0U);
  event.data.u32 = index;
  epoll_ctl(epoll_.descriptor(), operation, connections_[index].socket.descriptor(), &event);
}

void Generator::read(uint32_t index) {
  Connection& connection = connections_[index];
  if (!connection.socket.open()) return;
  char* const data = buffer_.data() + FrameWalker::kHeadroom;
  const ssize_t got = ::recv(connection.socket.descriptor(), data, kReadSize, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) disconnect(index, std::strerror(errno));
    return;
  }
  if (got == 0) return disconnect(index, "the server closed a connection");
  const int64_t now = now_ns();
  last_progress_ = now;
  if (connection.tally) note_gap(connection, now);
  if (!connection.tally && options_.publish_to) return;
  const bool sound = connection.walker.walk(
      shape_, data, static_cast<size_t>(got),
      [&](uint64_t id, uint64_t time) { take(connection, id, time, now); },
      [&](std::string_view text) { return line(index, text); });
  if (!sound) disconnect(index, "what the server sent makes no sense");
}

inline void Generator::take(Connection& connection, uint64_t packed_id, uint64_t packed_time, int64_t now) {
  const uint64_t id = unpack48(packed_id);
  const uint64_t publisher = id >> kSequenceBits;
  const uint64_t sequence = id & kSequenceMask;
  if (publisher >= publishers_.size() || sequence >= publishers_[publisher].sent()) [[unlikely]] {
    if (publisher != kProbePublisher) {
      if (complaint_.empty()) complaint_ = "a message that was never sent";
    } else if (!connection.probed) {
      connection.probed = true;
      --unprobed_;
    }
    return;
  }
  ++received_;
  Tally& tally = *connection.tally;
  if (sequence != tally.stream(publisher).next && !tally.irregular(publisher, sequence)) [[unlikely]]
    return;
  move_on(tally, publisher, sequence + 1);
  if (options_.rate > 0) {
    const int64_t due = start_ + static_cast<int64_t>(unpack48(packed_time));
    if (due >= count_from_ && due < count_until_) latencies_.add(now - due);
  }
}

inline void Generator::move_on(Tally& tally, uint64_t publisher, uint64_t next) {
  Stream& stream = tally.stream(publisher);
  settled_ += next - stream.next;
  stream.next = next;
  while (stream.boundary <= next) {
    publishers_[publisher].batch_arrived(stream.boundary);
    stream.boundary += options_.batch;
  }
}

bool Generator::line(uint32_t index, std::string_view text) {
  if (options_.protocol == Protocol::kNetstring || options_.protocol == Protocol::kWebSocket) return false;
  if (text == "PING\r\n") {
    send(index, "PONG\r\n");
  } else if (text.starts_with('-') && complaint_.empty()) {
    complaint_ = text.substr(0, text.find_last_not_of("\r\n") + 1);
  }
  return true;
}

void Generator::disconnect(uint32_t index, std::string_view why) {
  Connection& connection = connections_[index];
  connection.socket.close();
  connection.unsent.clear();
  connection.written = 0;
  ++disconnected_;
  if (complaint_.empty()) complaint_ = why;
  if (!connection.tally || !connection.reads) return;
  // Nobody waits for it any more; what it lacks is booked as lost at the end.
  connection.reads = false;
  --live_;
  for (size_t i = 0; i < publishers_.size(); ++i) {
    const uint64_t missing = publishers_[i].sent() - connection.tally->stream(i).next;
    connection.tally->missing(missing);
    move_on(*connection.tally, i, publishers_[i].sent());
  }
}

void Generator::note_gap(Connection& connection, int64_t now) {
  if (measuring_) {
    const int64_t gap = now - std::max(connection.last_arrival, meter_.begin());
    connection.longest_gap = std::max(connection.longest_gap, gap);
  }
  connection.last_arrival = now;
}

}  // namespace bench
