#include "datagram_socket.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "datagram_slots.h"

namespace evapid {

namespace {

// What the kernel may keep of a burst, either way, if it lets us have so much.
constexpr int kKernelBuffer = 4 * 1024 * 1024;

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// Above the system's limit only for the privileged.
void set_buffers(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kKernelBuffer)) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, kKernelBuffer);
  }
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, kKernelBuffer)) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, kKernelBuffer);
  }
}

}  // namespace

Opened open_datagram_socket(const std::string& ip, uint16_t port) {
  const std::optional<IpLiteral> literal = parse_ip(ip);
  if (!literal) return {Fd(), EINVAL};
  const bool ipv4 = literal->family == Family::kIpv4;
  Fd fd(socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {Fd(), errno};
  set_buffers(fd.get());
  if (!ipv4) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (literal->ip == std::array<uint32_t, 4>{}) {
    if (ipv4) {
      set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
    } else {
      set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
  }
  msghdr to{};
  DatagramName name;
  DatagramControl unused;
  set_path(to, name, unused, {.port = port, .ip = literal->ip}, literal->family);
  if (bind(fd.get(), static_cast<const sockaddr*>(to.msg_name), to.msg_namelen) != 0) return {Fd(), errno};
  return {std::move(fd), 0};
}

DatagramSocket::DatagramSocket(const Options& options, Stats& stats, ChunkPool& pool, Loop& loop,
                               DatagramSocketOwner& owner, uint32_t id, Fd fd, Family family)
    : options_(options),
      stats_(stats),
      pool_(pool),
      loop_(loop),
      owner_(owner),
      id_(id),
      fd_(std::move(fd)),
      family_(family),
      io_(*this),
      timer_(*this) {
  queue_.reserve(DatagramBatch::kMost);
}

int DatagramSocket::start() {
  return watch();
}

uint32_t DatagramSocket::lost() const {
  std::array<uint32_t, SK_MEMINFO_VARS> values{};
  socklen_t length = sizeof values;
  const bool known = getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, values.data(), &length) == 0;
  return known ? values[SK_MEMINFO_DROPS] : 0;
}

// --- what is watched

int DatagramSocket::watch() {
  // Errors cannot be masked: who is not to be called at all leaves the loop's sight.
  if (paused_) {
    io_.stop();
    return 0;
  }
  const uint32_t interest = (reading_ ? uint32_t{EPOLLIN} : 0) | (waiting_ ? uint32_t{EPOLLOUT} : 0);
  if (!io_.active()) return io_.start(loop_, fd_.get(), interest);
  io_.set_interest(interest);
  return 0;
}

void DatagramSocket::on_ready(IoWatcher& watcher, uint32_t ready) {
  DatagramSocket& self = static_cast<Io&>(watcher).socket;
  if (ready & EPOLLOUT) self.owner_.on_datagrams_writable(self);
  if (!self.fd_) return;
  if (self.reads()) return self.owner_.on_datagrams_wait(self);
  if (ready & (EPOLLERR | EPOLLHUP)) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(self.fd(), SOL_SOCKET, SO_ERROR, &error, &length);  // which forgets it
    self.on_received(error != 0 ? error : EIO);
  }
}

void DatagramSocket::stop_reading() {
  if (!reading_) return;
  reading_ = false;
  watch();
}

void DatagramSocket::on_received(int error) {
  if (error == 0) {
    errors_ = 0;
    return;
  }
  ++stats_.datagram_receive_errors;
  if (++errors_ < kErrorsBeforePause) return;
  if (closing_) return owner_.on_datagram_socket_done(*this);
  pause();
}

void DatagramSocket::pause() {
  paused_ = true;
  watch();
  timer_.start(loop_, Clock::now() + kPause);
}

void DatagramSocket::on_due(TimerWatcher& timer) {
  DatagramSocket& self = static_cast<Timer&>(timer).socket;
  if (self.closing_) return self.owner_.on_datagram_socket_done(self);
  self.paused_ = false;
  if (self.watch() != 0) self.pause();
}

// --- sending

void DatagramSocket::queue(Span&& span, const DatagramPath& path) {
  if (closing_) return;
  const size_t size = span.size();
  if (size > DatagramSlots::kPayload) return drop(EMSGSIZE);
  if (waiting_ && (queue_.size() >= options_.datagram_queue_length ||
                   queued_bytes_ + size > options_.datagram_queue_limit)) {
    return drop(ENOBUFS);
  }
  queue_.push_back({std::move(span), path});
  queued_bytes_ += size;
  if (waiting_) keep(queue_.back());
}

void DatagramSocket::flush(DatagramBatch& batch) {
  if (!waiting_) send_queue(batch);
}

void DatagramSocket::retry(DatagramBatch& batch) {
  if (!waiting_) return;
  waiting_ = false;
  send_queue(batch);
  watch();
  if (closing_ && !waiting_) owner_.on_datagram_socket_done(*this);
}

void DatagramSocket::send_queue(DatagramBatch& batch) {
  size_t next = 0;
  while (next < queue_.size()) {
    batch.clear();
    for (size_t i = next; i < queue_.size() && !batch.full(); ++i) {
      batch.add(queue_[i].span, queue_[i].path, family_);
    }
    const int sent = batch.send(fd_.get());
    if (sent == -EINTR) continue;
    if (sent == -EAGAIN || sent == -EWOULDBLOCK) return wait(next);
    if (sent < 0) {
      // That of the first one. The others have not been looked at.
      drop(-sent);
      ++next;
    } else {
      count_sent(next, static_cast<size_t>(sent));
      next += static_cast<size_t>(sent);
    }
  }
  queue_.clear();
  queued_bytes_ = 0;
  kept_.reset();
}

void DatagramSocket::count_sent(size_t first, size_t count) {
  stats_.datagrams_sent += count;
  for (size_t i = first; i < first + count; ++i) stats_.datagram_bytes_sent += queue_[i].span.size();
}

// The first `sent` of the queue are done with; the kernel takes no more at the moment.
void DatagramSocket::wait(size_t sent) {
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(sent));
  queued_bytes_ = 0;
  for (Outgoing& outgoing : queue_) {
    queued_bytes_ += outgoing.span.size();
    if (!outgoing.kept) keep(outgoing);
  }
  waiting_ = true;
  watch();
}

void DatagramSocket::keep(Outgoing& outgoing) {
  const size_t size = outgoing.span.size();
  if (!kept_ || kept_->capacity() - kept_bytes_ < size) {
    kept_ = pool_.take();
    kept_bytes_ = 0;
  }
  std::memcpy(kept_->data() + kept_bytes_, outgoing.span.data(), size);
  stats_.bytes_copied += size;
  outgoing = {{kept_, kept_bytes_, kept_bytes_ + size}, outgoing.path, true};
  kept_bytes_ += size;
}

void DatagramSocket::drop(int error) {
  ++stats_.datagrams_dropped;
  owner_.on_datagram_dropped(*this, error);
}

// --- the end

bool DatagramSocket::close() {
  closing_ = true;
  reading_ = false;
  paused_ = false;
  if (waiting_ && watch() == 0) {
    timer_.start(loop_, Clock::now() + options_.drain_timeout);
    return true;
  }
  abandon();
  return false;
}

void DatagramSocket::abandon() {
  io_.stop();
  timer_.stop();
  stats_.datagrams_lost += lost();
  stats_.datagrams_dropped += queue_.size();
  queue_.clear();
  kept_.reset();
  fd_.reset();
}

}  // namespace evapid
