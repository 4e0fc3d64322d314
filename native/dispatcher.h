// The bus: ties loop, listeners, receive buffer, fan-out and sender together, and owns the clients' lives.
//
// It knows no route but plans: all other events it notes, hands to Routes once per turn, and does what they
// ask. The order of a turn is fixed (see turn()), and so is the order of what a client sees.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "burst.h"
#include "client.h"
#include "datagram_slots.h"
#include "datagram_socket.h"
#include "event_log.h"
#include "fan_out.h"
#include "index_allocator.h"
#include "lingerer.h"
#include "listener.h"
#include "options.h"
#include "plan_runner.h"
#include "receive_buffer.h"
#include "send_buffer.h"
#include "sender.h"
#include "tap.h"

namespace evapid {

// Whoever decides what happens with events. on_events() is called at most once at a time, and never from
// inside a command.
class Routes {
 public:
  virtual ~Routes() = default;
  virtual void on_events(const EventRing& ring) = 0;
};

class Dispatcher final : private SenderOwner,
                         private ListenerOwner,
                         private DatagramSocketOwner,
                         private AddressTableOwner {
 public:
  Dispatcher(const Options& options, Routes& routes, Plans plans = {});
  ~Dispatcher() override;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  Loop& loop() { return loop_; }
  ChunkPool& pool() { return pool_; }
  const Stats& stats() const { return stats_; }
  const FanOut& fan_out() const { return fan_out_; }
  // Clients, and during a shutdown also the sockets that linger after theirs, and datagram sockets for which
  // something waits.
  size_t connections() const {
    return stats_.clients + (shutting_down_ ? lingerer_.size() + datagram_sockets_.size() : 0);
  }
  size_t lingering() const { return lingerer_.size(); }
  // Bytes that clients have not taken yet: looks at each that has an outbox, for who asks seldom.
  uint64_t waiting_bytes() const { return sender_.waiting_bytes() + stats_.foreign_waiting_bytes; }
  EventRing& ring(size_t which) { return rings_[which]; }

  // Listens on an open listening socket. Returns 0 or an errno.
  int listen(Fd socket);
  void stop_listening();
  // Reads nothing more from any client. What has been read is routed, relays still go out: routes that are
  // under way may end.
  void stop_reading();
  // Stops listening and reading, delivers what waits (within drain_timeout), closes every client and every
  // datagram socket.
  void shutdown();

  // --- foreign clients (foreign.h): for whoever has their sockets. To be followed by settle(), as commands
  // are.

  void use_door(ForeignDoor* door) { fan_out_.use_door(door); }
  // A client from there has come. Nothing when it may not, which is counted as of any other.
  std::optional<ClientId> add_foreign(const Address& peer);
  // It has sent a message. False, and nothing has happened, while it is not to be read; kReadable is noted
  // when that is over.
  bool receive_foreign(ClientId id, std::span<const std::byte> payload);
  // It sends nothing more.
  void end_foreign(ClientId id, CloseReason reason);
  // So much waits for it where its socket is that it is slow, or under `block` more than can be kept for it;
  // it has caught up, after `dropped` messages more were dropped for it.
  void foreign_slow(ClientId id, size_t waiting);
  void foreign_caught_up(ClientId id, uint64_t dropped);
  // What waits for it now, and how many messages more were dropped for it.
  void foreign_waits(ClientId id, size_t waiting, uint64_t dropped);

  // --- requests of those who are no clients and yet use the bus

  // Whether they may from there; nothing is an address that is none.
  bool admits(const std::optional<Address>& address);
  // Whether one message more may come from there now; counts it.
  bool take_token(const Address& address);
  const AddressTable& addresses() const { return addresses_; }

  // For who watches what clients do.
  Tap& tap() { return tap_; }

  // Calls `visit` with each client that is connected and has one of `count` indexes from `first` on, in order
  // of index. Returns whether there are more.
  template <typename Visit>
  bool each_client(size_t first, size_t count, Visit visit) const {
    const size_t end = first < clients_.size() ? first + std::min(count, clients_.size() - first) : first;
    for (size_t i = first; i < end; ++i) {
      const auto& client = clients_[i];
      if (client && client->state != ClientState::kClosed) visit(*client);
    }
    return end < clients_.size();
  }

  // Reads an open datagram socket from now on. Its id is never used again.
  struct AddedSocket {
    int error;  // 0 or an errno
    uint32_t id;
  };
  AddedSocket add_datagram_socket(Fd socket);
  // What has been read is handed over, and datagrams are still sent.
  void stop_reading_datagrams(uint32_t id);
  // Sends what is queued, then closes; what was read and not handed over is not the routes' any more.
  void close_datagram_socket(uint32_t id);
  size_t datagram_sockets() const { return datagram_sockets_.size(); }
  // Datagrams that the kernel had no room for, because we did not read.
  uint64_t datagrams_lost() const;
  // Where datagrams stand when they are handed over; nullptr before the first socket.
  const Chunk* datagram_block() const { return datagram_slots_ ? datagram_slots_->block() : nullptr; }

  // Other plans, other limits (see Options for which), and other events that the routes want to be told of.
  // The change falls between two messages: what was read before is handled as it would have been, by plans
  // and by routes; what is read after it is handled in the new way. In between, the routes get a kExchanged.
  // Asked for again before it has come, the last word counts.
  void exchange(const Options& options, Plans plans) { next_ = Exchange{options, std::move(plans)}; }

  // Whether the routes are still to hear of a client's end.
  bool owes_events() const { return rings_[noting_].size() > 0 || !gone_.empty(); }

  // One turn: what is ready, or is so within `timeout_ms`, is read and noted; the routes see the events; what
  // they relayed is flushed; whoever waits is accepted. Returns how many watchers were called: 0 when there
  // was nothing to do.
  int turn(int timeout_ms = 0);
  // The second half of a turn, for commands that were given outside of one.
  void settle();
  // Whether settle() has something to do.
  bool unsettled() const { return fan_out_.pending() || !unflushed_.empty() || left_over(); }

  // --- commands: what routes may ask for. Those for a client that is gone do nothing.

  // connection-new has run and the client may stay: from here on relays reach it and it is read.
  void admit(ClientId id);
  // connection-new has run and the client is not wanted. No connection-closed follows.
  // False when the client is closed already, as for the next two.
  bool reject(ClientId id);
  bool close(ClientId id, CloseReason reason);
  // False also when the tag is too long.
  bool set_tag(ClientId id, std::string_view tag);
  void relay(Span&& span) { fan_out_.relay(std::move(span)); }
  void multicast(Span&& span, std::string_view tag) { fan_out_.multicast(std::move(span), tag); }
  void unicast(Span&& span, std::string_view tag) { fan_out_.unicast(std::move(span), tag); }
  // A route of this client goes on after its event was handed over: above max_running_routes it is not read.
  void begin_route(ClientId id);
  void end_route(ClientId id);
  // The client is not read while its connection-new goes on.
  void hold_reading(ClientId id, bool hold);
  // The bytes leave with the next flush, as one datagram. Nothing for a socket that is closed.
  void send_datagram(uint32_t socket, Span&& span, const DatagramPath& path);
  // Sends what is pending without waiting for the end of the turn.
  void flush();
  // The same, if much is pending.
  void flush_if_much();

  // --- for plans

  // Whether one more relay may wait for the flush; counts it as refused if not.
  bool may_relay();
  SendBuffer& send_buffer() { return send_buffer_; }
  // $evapi(srcaddr) of a client on the Unix socket.
  std::string unix_address() const { return "unix:" + unix_path_; }

  // What goes out for a received message: the bytes that came, unless their header was not the shortest one.
  Span outgoing(const ReceivedFrame& frame);
  // What goes out for `size` bytes at `payload` of a chunk, with room for the header before and the comma
  // after them.
  Span outgoing(Chunk& chunk, size_t payload, size_t size) const;

  // The client, also when it is closed but its connection-closed has not run yet; or nullptr.
  const Client* find(ClientId id) const;
  // Its tag, or the last one it had; empty when it had none.
  std::string_view tag(const Client& client) const;

 private:
  // SenderOwner
  void on_send_failed(Client& client) override { doom(client, CloseReason::kReset); }
  void on_slow(Client& client, SlowClient action) override;
  void on_caught_up(Client& client) override;
  void on_drained(Client& client) override { doom(client, client.reason); }
  // ListenerOwner
  void on_acceptable(Listener& listener) override { acceptable_.push_back(&listener); }
  void on_accepted(Fd socket, const Address& peer) override;
  void on_accept_failed(int error) override;

  // DatagramSocketOwner
  void on_datagrams_wait(DatagramSocket& socket) override;
  void on_datagrams_writable(DatagramSocket& socket) override;
  void on_datagram_dropped(DatagramSocket& socket, int error) override;
  void on_datagram_socket_done(DatagramSocket& socket) override;

  // AddressTableOwner
  void on_turn(AddressClient& client) override;

  static void on_client_ready(IoWatcher& watcher, uint32_t ready);
  void receive(Client& client, bool hung_up);
  void handle(Client& client, const ReceiveBuffer::Room& room, size_t end);
  // Where in the room's chunk the frame starts that is not complete, and how long it will be (0: not known
  // yet).
  struct Unfinished {
    size_t begin;
    size_t total;
    bool complete = false;  // it is, but its address has sent enough for now
  };
  Unfinished decode(Client& client, const ReceiveBuffer::Room& room, size_t end);
  // Adjacent frames that go out together.
  struct Run {
    size_t begin = 0;
    size_t end = 0;
    uint32_t messages = 0;
  };
  void forward(Client& client, Chunk& chunk, Run& run);
  Unfinished decode_raw(Client& client, const ReceiveBuffer::Room& room, size_t end);
  void on_bad_frame(Client& client, const netstring::Decoded& decoded, size_t end);
  void end_of_file(Client& client);
  void route(Client& client, const ReceivedFrame& frame);
  // Whether messages of the client are counted.
  bool rate_limited(const Client& client) const {
    return addresses_.limits_rate() && client.address != nullptr;
  }
  // Of bare bytes what is read is handled: they wait in the kernel.
  bool must_wait(Client& client);
  void await_tokens(Client& client);
  void handle_held();
  void make_room();  // for another message to be noted
  void run(const Plan& plan, const Client& client, const ReceivedFrame* frame);
  void release_gone();

  void note(EventKind kind, const Client& client, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0);
  EventRing& noting() { return rings_[noting_]; }
  void deliver();
  void accept_waiting();
  bool may_come(const Address& peer);
  void note_refused(EventKind kind, Burst& burst, const std::optional<Address>& address);
  // A client with the lowest free index; nullptr if it may not come, which is noted.
  Client* add_client(Fd socket, const Address& peer);
  void welcome(Client& client);
  void set_foreign_waiting(Client& client, size_t waiting);

  Client* open_client(ClientId id) const;
  bool may_read(const Client& client) const;
  bool reading_halted() const { return sender_.blocking_clients() > 0; }
  void update_reading(Client& client);
  void resume_reading();
  void end(Client& client, CloseReason reason);
  void close_ended();
  void begin_close(Client& client, CloseReason reason);
  void doom(Client& client, CloseReason reason);
  void bury_doomed();
  void bury(Client& client, CloseReason reason);
  void remember_tag(const Client& client);
  void release(uint32_t index);
  void note_if_all_gone();
  // Whether there is work that must not wait for the next wake-up.
  bool left_over() const {
    return rings_[noting_].size() > 0 || !doomed_.empty() || !ended_.empty() || !gone_.empty() ||
           !released_.empty() || next_.has_value();
  }
  void exchange_if_nothing_is_owed();
  static bool forwards_runs(const Options& options, const Plans& plans);
  static bool tells_anything(const Options& options);
  static bool may_give_tags(const Plans& plans);
  void change_options(const Options& to);
  void change_address_limits(const AddressLimits& to);
  void check_drains();

  DatagramSocket* datagram_socket(uint32_t id) const;
  void flush_datagrams();
  void close_datagram_sockets();
  void bury_datagram_socket(DatagramSocket& socket);

  struct DrainTimer : TimerWatcher {
    explicit DrainTimer(Dispatcher& owner) : TimerWatcher(&DrainTimer::on_due), dispatcher(owner) {}
    static void on_due(TimerWatcher& timer) { static_cast<DrainTimer&>(timer).dispatcher.check_drains(); }
    Dispatcher& dispatcher;
  };

  // A turn hands over, or flushes, before its end when this much has come together: what waits stays in the
  // cache, and a slow client is noticed before much more has been read for it.
  static constexpr size_t kTurnBytes = 1024 * 1024;
  static constexpr size_t kTurnEntries = 4096;
  static constexpr int kReadsPerTurn = 4;
  // Closing clients may bring events, whose routes may close clients: after so many rounds the rest waits for
  // the next turn.
  static constexpr int kRounds = 16;

  Options options_;
  Routes& routes_;
  Stats stats_;
  Loop loop_;
  ChunkPool pool_;
  ReceiveBuffer receive_;
  SendBuffer send_buffer_;
  Sender sender_;
  FanOut fan_out_;
  Plans plans_;
  bool forwards_runs_;  // the route is to relay as it came: adjacent frames are one relay
  struct Exchange {
    Options options;
    Plans plans;
  };
  std::optional<Exchange> next_;  // asked for, and not in effect yet
  PlanRunner plan_runner_;
  Tap tap_;
  std::string unix_path_;
  bool set_each_client_ = false;  // a listening socket does not hand down what clients need
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Listener*> acceptable_;

  std::vector<std::unique_ptr<Client>> clients_;  // by index
  std::vector<uint32_t> generations_;
  IndexAllocator indexes_;
  AddressTable addresses_;
  std::vector<std::unique_ptr<Client>>
      graveyard_;  // released in this turn; somebody may still hold a reference

  std::array<EventRing, 2> rings_;
  size_t noting_ = 0;
  bool in_routes_ = false;
  // The routes are told that a client is gone if they are told of anything else it does, or once were, and
  // during a shutdown.
  bool tell_closed_;
  bool plans_give_tags_;  // or once did
  bool reading_stopped_ = false;
  bool shutting_down_ = false;

  std::vector<ClientId> ended_;     // to be closed when their routes have run
  std::vector<ClientId> gone_;      // to be released; if their connection-closed is a plan, it has not run
  std::vector<ClientId> paused_;    // not read because of the policy `block`
  std::vector<ClientId> released_;  // may be read again, and what is held of them comes first
  // Tags of the closed whose connection-closed has not run, by index, where plans give tags: nobody else
  // knows them then.
  std::unordered_map<uint32_t, std::string> last_tags_;
  struct Doomed {
    ClientId id;
    CloseReason reason;
  };
  std::vector<Doomed> doomed_;
  struct Draining {
    Clock::time_point deadline;
    ClientId id;
  };
  std::deque<Draining> draining_;
  DrainTimer drain_timer_;
  Lingerer lingerer_;
  Burst rejections_;
  Burst not_allowed_;
  Burst over_address_limit_;
  Burst accept_failures_;

  // The first two are made with the first socket.
  std::unique_ptr<DatagramSlots> datagram_slots_;
  std::unique_ptr<DatagramBatch> datagram_batch_;
  uint32_t last_datagram_socket_ = 0;
  std::map<uint32_t, std::unique_ptr<DatagramSocket>> datagram_sockets_;
  std::vector<DatagramSocket*> unflushed_;
  std::vector<std::unique_ptr<DatagramSocket>> closed_datagram_sockets_;  // in this turn

  AsyncWatcher again_;  // wakes the loop for what was left over
};

}  // namespace evapid
