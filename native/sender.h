// Hands spans to a client's socket, keeps what the kernel does not take, and knows when a client has become
// slow.
//
// It decides nothing about the rest of a client's life: what follows from a failed write or a slow client it
// tells its owner, who must not destroy the client before the sender has returned.
#pragma once

#include <sys/uio.h>

#include <array>
#include <span>
#include <vector>

#include "client.h"
#include "options.h"
#include "send_ring.h"

namespace evapid {

class SenderOwner {
 public:
  virtual ~SenderOwner() = default;
  // The peer is gone: nothing more can be sent to it.
  virtual void on_send_failed(Client& client) = 0;
  // More waits than send_buffer_limit, or longer than send_data_timeout. The sender has begun to drop or
  // block where that is to be done; to close is the owner's business.
  virtual void on_slow(Client& client, SlowClient action) = 0;
  // A slow client has taken all that waited.
  virtual void on_caught_up(Client& client) = 0;
  // A closing client has taken all that waited.
  virtual void on_drained(Client& client) = 0;
};

// Spans for a fan-out, made once and sent to many clients.
class Shipment {
 public:
  void assign(const std::vector<PendingSpan>& spans);
  void clear();
  bool empty() const { return spans_.empty(); }
  size_t bytes() const { return bytes_; }

 private:
  friend class Sender;

  std::vector<const Span*> spans_;
  std::vector<iovec> vectors_;
  size_t bytes_ = 0;
};

class Sender {
 public:
  Sender(const Options& options, Stats& stats, ChunkPool& pool, Loop& loop, SenderOwner& owner);

  // One writev for what is shipped, as far as the kernel takes it; the rest waits in the client's outbox.
  void send(Client& client, const Shipment& shipment);
  // The same to many clients with few system calls. If sends_together() says that it is worth it: gather()
  // each, then send_gathered().
  bool sends_together(const Shipment& shipment, size_t clients) const {
    return ring_ && clients >= options_.ring_least && shipment.vectors_.size() == 1 &&
           shipment.bytes_ <= options_.ring_bytes;
  }
  void gather(Client& client, const Shipment& shipment) {
    gathered_[gathered_count_++] = &client;
    if (gathered_count_ == gathered_.size()) send_gathered(shipment);
  }
  void send_gathered(const Shipment& shipment);
  // EPOLLOUT: the client takes again.
  void drain(Client& client);
  // Forgets what waits for a client that is gone.
  void forget(Client& client);
  // A client that is being closed is not slow any more, and holds up nobody.
  void forgive(Client& client);
  // send_data_timeout is another one. Nobody may be slow when slow_client changes: see forgive().
  void options_changed();
  // More waits for the client than may; it has taken all of that. For those whose sockets are not ours, too.
  void become_slow(Client& client);
  void become_stuck(Client& client);
  void caught_up(Client& client);
  // Clients that hold up their publishers (policy `block`).
  size_t blocking_clients() const { return blocking_; }
  // What waits in all outboxes together.
  uint64_t waiting_bytes() const;

 private:
  static ssize_t offer(const Client& client, const Shipment& shipment);
  void account(Client& client, const Shipment& shipment, ssize_t result);
  size_t send_by_ring(const Shipment& shipment);
  void enqueue(Client& client, const Shipment& shipment, size_t taken);
  void enqueue_under_drop(Client& client, const Span& span, size_t skip);
  size_t whole_messages_within(const Span& span, size_t skip, size_t room) const;
  size_t count_messages(const Span& span, size_t from) const;
  void append(Client& client, const Span& span, size_t begin, size_t end);
  void stop_waiting(Client& client);
  void check_timeouts();
  size_t hard_limit() const;

  struct TimeoutTimer : TimerWatcher {
    explicit TimeoutTimer(Sender& sender) : TimerWatcher(&TimeoutTimer::on_due), sender(sender) {}
    static void on_due(TimerWatcher& timer) { static_cast<TimeoutTimer&>(timer).sender.check_timeouts(); }
    Sender& sender;
  };

  const Options& options_;
  Stats& stats_;
  ChunkPool& pool_;
  Loop& loop_;
  SenderOwner& owner_;
  std::vector<Client*> waiting_;  // those with an outbox
  TimeoutTimer timeout_timer_;
  size_t blocking_ = 0;

  std::unique_ptr<SendRing> ring_;  // none: not wanted, not to be had, or failed
  std::array<Client*, SendRing::kMost> gathered_;
  size_t gathered_count_ = 0;
  // Of those gathered that have no outbox, in their order.
  std::array<int, SendRing::kMost> sockets_;
  std::array<int, SendRing::kMost> results_;
};

}  // namespace evapid
