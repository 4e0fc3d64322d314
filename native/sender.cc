#include "sender.h"

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netstring.h"

namespace evapid {

namespace {

// Whether the socket may well take the bytes later.
bool passes(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

void Shipment::assign(const std::vector<PendingSpan>& spans) {
  clear();
  for (const PendingSpan& entry : spans) {
    spans_.push_back(&entry.span);
    // iovec has no const; sendmsg does not write.
    vectors_.push_back({const_cast<std::byte*>(entry.span.data()), entry.span.size()});
    bytes_ += entry.span.size();
  }
}

void Shipment::clear() {
  spans_.clear();
  vectors_.clear();
  bytes_ = 0;
}

Sender::Sender(const Options& options, Stats& stats, ChunkPool& pool, Loop& loop, SenderOwner& owner)
    : options_(options),
      stats_(stats),
      pool_(pool),
      loop_(loop),
      owner_(owner),
      timeout_timer_(*this),
      ring_(options.io_uring ? SendRing::open() : nullptr) {}

void Sender::send(Client& client, const Shipment& shipment) {
  // The kernel has said that it takes no more of this client: do not ask again before EPOLLOUT.
  if (client.outbox) return enqueue(client, shipment, 0);
  account(client, shipment, offer(client, shipment));
}

// Returns how much was taken, or a negative errno.
ssize_t Sender::offer(const Client& client, const Shipment& shipment) {
  ssize_t taken = 0;
  const size_t count = shipment.vectors_.size();
  for (size_t first = 0; first < count; first += IOV_MAX) {
    const size_t some = std::min<size_t>(count - first, IOV_MAX);
    ssize_t sent;
    size_t offered = 0;
    if (some == 1) {
      const iovec& only = shipment.vectors_[first];
      offered = only.iov_len;
      sent = ::send(client.socket.get(), only.iov_base, only.iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(&shipment.vectors_[first]);
      message.msg_iovlen = some;
      for (size_t i = first; i < first + some; ++i) offered += shipment.vectors_[i].iov_len;
      sent = sendmsg(client.socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent < 0) return taken > 0 && passes(errno) ? taken : -errno;
    taken += sent;
    if (static_cast<size_t>(sent) < offered) break;
  }
  return taken;
}

void Sender::account(Client& client, const Shipment& shipment, ssize_t result) {
  if (result < 0 && !passes(static_cast<int>(-result))) return owner_.on_send_failed(client);
  const size_t taken = result < 0 ? 0 : static_cast<size_t>(result);
  stats_.bytes_sent += taken;
  client.bytes_sent += taken;
  // All that would have waited for it was dropped, so no EPOLLOUT tells that it takes again: this does.
  if (client.slow && taken > 0) caught_up(client);
  if (taken < shipment.bytes()) enqueue(client, shipment, taken);
}

// --- many at once

// Whoever has an outbox is not asked again here either; what is accounted to one client gives no other an
// outbox.
void Sender::send_gathered(const Shipment& shipment) {
  const size_t tried = send_by_ring(shipment);
  size_t next = 0;
  for (size_t i = 0; i < gathered_count_; ++i) {
    Client& client = *gathered_[i];
    if (client.outbox || next >= tried || results_[next] == SendRing::kUntried) {
      next += client.outbox ? 0 : 1;
      send(client, shipment);
    } else {
      ++stats_.ring_sends;
      account(client, shipment, results_[next++]);
    }
  }
  gathered_count_ = 0;
}

// Returns how many results there are.
size_t Sender::send_by_ring(const Shipment& shipment) {
  if (!ring_ || gathered_count_ < options_.ring_least) return 0;
  size_t count = 0;
  for (size_t i = 0; i < gathered_count_; ++i) {
    if (!gathered_[i]->outbox) sockets_[count++] = gathered_[i]->socket.get();
  }
  const iovec& only = shipment.vectors_.front();
  const std::span bytes(static_cast<const std::byte*>(only.iov_base), only.iov_len);
  if (!ring_->send({sockets_.data(), count}, bytes, results_)) ring_.reset();
  return count;
}

// --- what waits

void Sender::append(Client& client, const Span& span, size_t begin, size_t end) {
  if (begin == end) return;
  if (!client.outbox) {
    client.outbox = std::make_unique<Outbox>(pool_);
    client.waiting_slot = static_cast<uint32_t>(waiting_.size());
    waiting_.push_back(&client);
    stats_.waiting_clients = waiting_.size();
    client.set_interest(client.interest() | EPOLLOUT);
    if (options_.send_data_timeout.count() > 0 && !timeout_timer_.active()) {
      timeout_timer_.start(loop_, Clock::now() + options_.send_data_timeout);
    }
  }
  client.outbox->append({span.chunk, begin, end});
}

// Under `block` a client may have more than its limit while its publishers come to a halt. This much more
// only happens when somebody relays who cannot be halted, a timer of a program, say.
size_t Sender::hard_limit() const {
  return 4 * (options_.send_buffer_limit + options_.max_message_size + 4 * ChunkPool::kChunkSize);
}

void Sender::enqueue(Client& client, const Shipment& shipment, size_t taken) {
  for (const Span* span : shipment.spans_) {
    const size_t skip = std::min(taken, span->size());
    taken -= skip;
    if (skip == span->size()) continue;
    if (options_.slow_client == SlowClient::kDrop) {
      enqueue_under_drop(client, *span, skip);
    } else {
      append(client, *span, span->begin + skip, span->end);
    }
  }
  if (!client.outbox || client.outbox->bytes() <= options_.send_buffer_limit) return;
  if (!client.slow) {
    become_slow(client);
  } else if (client.outbox->bytes() > hard_limit()) {
    become_stuck(client);
  }
}

// Keeps whole messages as long as they fit; a message of which a part has left is always kept.
void Sender::enqueue_under_drop(Client& client, const Span& span, size_t skip) {
  const size_t waiting = client.outbox ? client.outbox->bytes() : 0;
  const size_t room =
      client.slow || waiting >= options_.send_buffer_limit ? 0 : options_.send_buffer_limit - waiting;
  const size_t end = span.begin + whole_messages_within(span, skip, room);
  append(client, span, span.begin + skip, end);
  if (end == span.end) return;
  const size_t lost = count_messages(span, end - span.begin);
  client.dropped += lost;
  stats_.messages_dropped += lost;
  if (!client.slow) become_slow(client);
}

// How many bytes of `span`, from its begin on, to keep when `skip` have left and `room` more may wait.
// Messages were joined into spans as canonical netstrings, so their boundaries can be read off again.
size_t Sender::whole_messages_within(const Span& span, size_t skip, size_t room) const {
  if (span.size() - skip <= room) return span.size();
  if (!options_.netstring) return skip == 0 ? 0 : span.size();
  const std::span<const std::byte> bytes(span.data(), span.size());
  size_t kept = 0;
  while (kept < span.size()) {
    const size_t next = netstring::decode(bytes, kept, netstring::kMaxPayload).next;
    const bool cut_by_kernel = kept < skip && next > skip;
    if (!cut_by_kernel && next > skip + room) break;
    kept = next;
  }
  return std::max(kept, skip);
}

size_t Sender::count_messages(const Span& span, size_t from) const {
  if (!options_.netstring) return 1;
  const std::span<const std::byte> bytes(span.data(), span.size());
  size_t count = 0;
  while (from < span.size()) {
    from = netstring::decode(bytes, from, netstring::kMaxPayload).next;
    ++count;
  }
  return count;
}

void Sender::drain(Client& client) {
  if (!client.outbox) return client.set_interest(client.interest() & ~static_cast<uint32_t>(EPOLLOUT));
  uint64_t sent = 0;
  const auto drained = client.outbox->drain(client.socket.get(), sent);
  stats_.bytes_sent += sent;
  client.bytes_sent += sent;
  if (drained == Outbox::Drained::kFailed) return owner_.on_send_failed(client);
  if (drained == Outbox::Drained::kSome) return;
  stop_waiting(client);
  client.set_interest(client.interest() & ~static_cast<uint32_t>(EPOLLOUT));
  if (client.slow) caught_up(client);
  if (client.state == ClientState::kClosing) owner_.on_drained(client);
}

void Sender::forget(Client& client) {
  stop_waiting(client);
  forgive(client);
}

void Sender::forgive(Client& client) {
  if (!client.slow) return;
  if (options_.slow_client == SlowClient::kBlock) --blocking_;
  client.slow = false;
  --stats_.slow_now;
}

void Sender::stop_waiting(Client& client) {
  if (!client.outbox) return;
  client.outbox.reset();
  waiting_.back()->waiting_slot = client.waiting_slot;
  waiting_[client.waiting_slot] = waiting_.back();
  waiting_.pop_back();
  client.waiting_slot = kNowhere;
  stats_.waiting_clients = waiting_.size();
}

uint64_t Sender::waiting_bytes() const {
  uint64_t sum = 0;
  for (const Client* const client : waiting_) sum += client->outbox->bytes();
  return sum;
}

// --- slow clients

void Sender::become_slow(Client& client) {
  client.slow = true;
  ++stats_.slow_now;
  ++stats_.slow_clients;
  if (options_.slow_client == SlowClient::kBlock) {
    if (++blocking_ == 1) ++stats_.reads_paused;
  }
  if (options_.slow_client == SlowClient::kClose) ++stats_.slow_closed;
  owner_.on_slow(client, options_.slow_client);
}

// Who is slow has more than the hard limit waiting.
void Sender::become_stuck(Client& client) {
  if (options_.slow_client != SlowClient::kBlock) return;
  ++stats_.slow_closed;
  owner_.on_slow(client, SlowClient::kClose);
}

void Sender::caught_up(Client& client) {
  client.slow = false;
  --stats_.slow_now;
  if (options_.slow_client == SlowClient::kBlock) --blocking_;
  owner_.on_caught_up(client);
  client.dropped = 0;
}

void Sender::options_changed() {
  timeout_timer_.stop();
  if (options_.send_data_timeout.count() > 0 && !waiting_.empty()) timeout_timer_.start(loop_, Clock::now());
}

// One timer looks after all: it fires at most four times in a time-out, and only while somebody waits.
void Sender::check_timeouts() {
  const auto now = Clock::now();
  for (size_t i = 0; i < waiting_.size();) {
    Client& client = *waiting_[i];
    const bool late = !client.slow && client.state != ClientState::kClosing &&
                      now - client.outbox->stalled_since() >= options_.send_data_timeout;
    if (late) become_slow(client);
    // A client that was closed has left the list, and another one has taken its place.
    if (i < waiting_.size() && waiting_[i] == &client) ++i;
  }
  if (waiting_.empty()) return;
  const auto pause =
      std::max<std::chrono::microseconds>(options_.send_data_timeout / 4, std::chrono::milliseconds(1));
  timeout_timer_.start(loop_, now + pause);
}

}  // namespace evapid
