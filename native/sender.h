// Hands spans to a client's socket, keeps what the kernel does not take, and knows when a client has become
// slow.
//
// It decides nothing about the rest of a client's life: what follows from a failed write or a slow client it
// tells its owner, who must not destroy the client before the sender has returned.
#pragma once

#include <sys/uio.h>

#include <span>
#include <vector>

#include "client.h"
#include "options.h"

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
  // EPOLLOUT: the client takes again.
  void drain(Client& client);
  // Forgets what waits for a client that is gone.
  void forget(Client& client);
  // A client that is being closed is not slow any more, and holds up nobody.
  void forgive(Client& client);
  // Clients that hold up their publishers (policy `block`).
  size_t blocking_clients() const { return blocking_; }

 private:
  void enqueue(Client& client, const Shipment& shipment, size_t taken);
  void enqueue_under_drop(Client& client, const Span& span, size_t skip);
  size_t whole_messages_within(const Span& span, size_t skip, size_t room) const;
  size_t count_messages(const Span& span, size_t from) const;
  void append(Client& client, const Span& span, size_t begin, size_t end);
  void become_slow(Client& client);
  void caught_up(Client& client);
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
};

}  // namespace evapid
