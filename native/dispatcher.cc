#include "dispatcher.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace evapid {

bool Dispatcher::forwards_runs(const Options& options, const Plans& plans) {
  return plans.message && plans.message->only_forwards() && options.context_mlimit == 0;
}

bool Dispatcher::tells_anything(const Options& options) {
  return options.tell_connection_closed || options.tell_connection_new || options.tell_message;
}

bool Dispatcher::may_give_tags(const Plans& plans) {
  return plans.connection_new || plans.message;
}

Dispatcher::Dispatcher(const Options& options, Routes& routes, Plans plans)
    : options_(options),
      routes_(routes),
      receive_(pool_, stats_.bytes_copied),
      send_buffer_(pool_),
      sender_(options_, stats_, pool_, loop_, *this),
      fan_out_(options_, stats_, sender_),
      plans_(std::move(plans)),
      forwards_runs_(forwards_runs(options_, plans_)),
      plan_runner_(*this),
      addresses_(loop_, *this),
      tell_closed_(tells_anything(options_)),
      plans_give_tags_(may_give_tags(plans_)),
      drain_timer_(*this),
      lingerer_(loop_, options.drain_timeout, [this] { note_if_all_gone(); }),
      again_([](AsyncWatcher&) {}) {
  again_.start(loop_);
  addresses_.set_limits(options.address_limits);
}

Dispatcher::~Dispatcher() = default;

int Dispatcher::listen(Fd socket) {
  const Bound bound = bound_to(socket.get());
  if (bound.address.family == Family::kUnix) unix_path_ = bound.path;
  // One that somebody else has opened: who waits there already has inherited nothing.
  if (!has_client_options(socket.get(), bound.address.family)) set_each_client_ = true;
  ListenerOwner& owner = *this;
  auto listener = std::make_unique<Listener>(loop_, owner, std::move(socket));
  if (const int error = listener->start()) return error;
  listeners_.push_back(std::move(listener));
  return 0;
}

void Dispatcher::stop_listening() {
  acceptable_.clear();
  listeners_.clear();
}

void Dispatcher::stop_reading() {
  reading_stopped_ = true;
  for (const auto& client : clients_) {
    if (client && client->state == ClientState::kOpen) update_reading(*client);
  }
}

void Dispatcher::shutdown() {
  stop_listening();
  settle();
  tell_closed_ = true;
  shutting_down_ = true;
  for (const auto& client : clients_) {
    if (client && client->state != ClientState::kClosed && client->state != ClientState::kClosing) {
      begin_close(*client, CloseReason::kShutdown);
    }
  }
  settle();
  // After the routes of those that are gone now, which may have something to send.
  close_datagram_sockets();
}

// --- a turn

int Dispatcher::turn(int timeout_ms) {
  const int called = loop_.poll(timeout_ms);
  if (called > 0) {
    ++stats_.turns;
    settle();
  }
  return called;
}

void Dispatcher::settle() {
  // Nobody below may lose what it stands on.
  if (in_routes_ || fan_out_.handing_over()) return flush();
  bool more = true;
  for (int round = 0; more && round < kRounds; ++round) {
    handle_held();
    bury_doomed();
    deliver();
    release_gone();
    exchange_if_nothing_is_owed();
    close_ended();
    flush();
    // Those who wait come last: whoever has gone in this turn has freed its index by now.
    accept_waiting();
    more = unsettled();
  }
  resume_reading();
  // What resume_reading() has noted or released is left over, too.
  if (more || noting().size() > 0 || !released_.empty()) again_.send();
  receive_.rewind();
  send_buffer_.rewind();
  graveyard_.clear();
  closed_datagram_sockets_.clear();
}

void Dispatcher::flush() {
  fan_out_.flush();
  flush_datagrams();
  bury_doomed();
}

void Dispatcher::deliver() {
  if (in_routes_) return;
  while (noting().size() > 0) {
    EventRing& ring = noting();
    noting_ ^= 1;
    in_routes_ = true;
    // A ring that has overflowed fills again from its own overflow, which is older than what the other one
    // holds.
    do {
      routes_.on_events(ring);
      for (const Event& event : ring.events()) {
        if (event.kind != static_cast<uint32_t>(EventKind::kConnectionClosed)) continue;
        if (plans_.connection_closed) run(*plans_.connection_closed, *clients_[event.client], nullptr);
        release(event.client);
      }
      ring.clear();
    } while (ring.size() > 0);
    in_routes_ = false;
  }
}

void Dispatcher::note(EventKind kind, const Client& client, uint32_t a, uint32_t b, uint32_t c) {
  noting().add({static_cast<uint32_t>(kind), client.id.index, client.id.generation, a, b, c});
}

// Hands over before its time if much has come together.
void Dispatcher::make_room() {
  if (!noting().full() && noting().message_bytes() < kTurnBytes) return;
  deliver();
  flush_if_much();
}

void Dispatcher::flush_if_much() {
  if (fan_out_.pending_bytes() >= kTurnBytes || fan_out_.pending_entries() >= kTurnEntries) flush();
}

// --- accepting

void Dispatcher::accept_waiting() {
  for (Listener* const listener : acceptable_) listener->accept();
  acceptable_.clear();
}

bool Dispatcher::may_come(const Address& peer) {
  if (!options_.allow.admits(peer)) {
    ++stats_.clients_not_allowed;
    note_refused(EventKind::kNotAllowed, not_allowed_, peer);
    return false;
  }
  if (options_.max_clients > 0 && stats_.clients >= options_.max_clients) {
    ++stats_.rejected;
    if (const uint32_t count = rejections_.add()) {
      noting().add({static_cast<uint32_t>(EventKind::kRejected), 0, 0, count, 0, 0});
    }
    return false;
  }
  if (peer.family != Family::kUnix && !addresses_.has_room(peer)) {
    ++stats_.clients_over_address_limit;
    note_refused(EventKind::kOverAddressLimit, over_address_limit_, peer);
    return false;
  }
  return true;
}

void Dispatcher::note_refused(EventKind kind, Burst& burst, const std::optional<Address>& address) {
  const uint32_t count = burst.add();
  if (count == 0) return;
  const Address from = address.value_or(Address{});
  std::array<uint32_t, 4> ip;
  std::memcpy(ip.data(), from.ip.data(), sizeof ip);
  const uint32_t ipv6 = from.family == Family::kIpv6 ? EventRing::kIpv6 : 0;
  noting().add({static_cast<uint32_t>(kind), ip[0], ip[1], (count & ~EventRing::kIpv6) | ipv6, ip[2], ip[3]});
}

bool Dispatcher::admits(const std::optional<Address>& address) {
  if (options_.allow.empty() || (address && options_.allow.admits(*address))) return true;
  ++stats_.requests_not_allowed;
  note_refused(EventKind::kNotAllowed, not_allowed_, address);
  return false;
}

bool Dispatcher::take_token(const Address& address) {
  if (!addresses_.limits_rate() || addresses_.take(address)) return true;
  ++stats_.requests_rate_limited;
  return false;
}

Client* Dispatcher::add_client(Fd socket, const Address& peer) {
  if (!may_come(peer)) return nullptr;
  const uint32_t index = indexes_.take();
  if (index >= clients_.size()) {
    clients_.resize(index + 1);
    generations_.resize(index + 1);
  }
  const ClientId id{index, ++generations_[index]};
  clients_[index] = std::make_unique<Client>(&Dispatcher::on_client_ready, this, id, std::move(socket), peer);
  if (addresses_.in_use() && peer.family != Family::kUnix) addresses_.enter(*clients_[index], peer);
  ++stats_.accepted;
  ++stats_.clients;
  if (tap_.is_open()) [[unlikely]]
    tap_.came(*clients_[index]);
  if (clients_[index]->foreign) {
    ++stats_.foreign_accepted;
    ++stats_.foreign_clients;
  }
  return clients_[index].get();
}

void Dispatcher::welcome(Client& client) {
  if (options_.tell_connection_new) return note(EventKind::kConnectionNew, client);
  admit(client.id);
  if (plans_.connection_new) run(*plans_.connection_new, client, nullptr);
}

void Dispatcher::on_accepted(Fd socket, const Address& peer) {
  if (set_each_client_) set_client_options(socket.get(), peer.family);
  if (Client* const client = add_client(std::move(socket), peer)) welcome(*client);
}

void Dispatcher::on_accept_failed(int error) {
  ++stats_.accept_failures;
  const uint32_t count = accept_failures_.add();
  if (count == 0) return;
  noting().add(
      {static_cast<uint32_t>(EventKind::kAcceptFailed), 0, 0, static_cast<uint32_t>(error), count, 0});
}

// --- receiving

void Dispatcher::on_client_ready(IoWatcher& watcher, uint32_t ready) {
  auto& client = static_cast<Client&>(watcher);
  auto& self = *static_cast<Dispatcher*>(client.owner);
  if (ready & EPOLLOUT) self.sender_.drain(client);
  const bool hung_up = ready & (EPOLLHUP | EPOLLERR);
  if (client.state == ClientState::kOpen) {
    if (hung_up || (ready & EPOLLIN)) self.receive(client, hung_up);
  } else if (hung_up && client.state == ClientState::kEnding && client.running_routes > 0 && !client.outbox) {
    client.stop();  // its routes run to their end first, as for a client that has only stopped sending
  } else if (hung_up) {
    self.doom(client, client.reason);  // it is on its way out already
  }
}

void Dispatcher::receive(Client& client, bool hung_up) {
  // A hang-up cannot be masked. Who is not to be read for its own sake leaves the loop's sight until it is;
  // who is only halted with all others is read to its end, which is bounded by what the kernel holds for it.
  if (!may_read(client)) return hung_up ? client.stop() : update_reading(client);
  if (reading_halted() && !hung_up) return update_reading(client);
  if (ReceiveBuffer::holds(client)) {
    const ReceiveBuffer::Room held = ReceiveBuffer::held(client);
    handle(client, held, held.tail);
    if (reading_halted() && !hung_up) return;
  }
  const bool limited = rate_limited(client);
  for (int reads = 0; reads < kReadsPerTurn && may_read(client); ++reads) {
    if (reads > 0 && reading_halted() && !hung_up) return;
    if (limited && !options_.netstring && must_wait(client)) return;
    const ReceiveBuffer::Room room = receive_.prepare(client);
    size_t size = room.size;
    if (!options_.netstring) {
      size = std::min({room.size, ReceiveBuffer::kMinRead, options_.max_message_size});
    } else if (limited) {
      size = std::min(room.size, ReceiveBuffer::kMinRead);  // all of it may have to be held
    }
    const ssize_t received = recv(client.socket.get(), room.chunk->data() + room.tail, size, MSG_DONTWAIT);
    const int error = received < 0 ? errno : 0;
    const size_t end = room.tail + (received > 0 ? static_cast<size_t>(received) : 0);
    client.bytes_received += end - room.tail;
    stats_.bytes_received += end - room.tail;

    if (tap_.sees_messages()) [[unlikely]] {
      tap_.read(client, {room.chunk->data(), end}, options_.netstring ? room.begin : room.tail, options_);
    }
    handle(client, room, end);

    if (received == 0) return end_of_file(client);
    if (error != 0 && error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
      return doom(client, CloseReason::kReset);
    }
    if (end - room.tail < size) return;
  }
}

// Routes what stands in the room, as far as that may be done now.
void Dispatcher::handle(Client& client, const ReceiveBuffer::Room& room, size_t end) {
  const ChunkRef held(room.chunk);  // whatever the routes do to the client meanwhile
  const Unfinished unfinished =
      options_.netstring ? decode(client, room, end) : decode_raw(client, room, end);
  if (client.state != ClientState::kOpen) {
    receive_.keep(client, room, end, end, 0);  // nothing of it: it may be gone for good
  } else if (unfinished.complete) {
    receive_.hold(client, room, unfinished.begin, end);
    await_tokens(client);
  } else {
    receive_.keep(client, room, unfinished.begin, end, unfinished.total);
  }
}

void Dispatcher::end_of_file(Client& client) {
  if (client.state != ClientState::kOpen) return;
  receive_.forget(client);
  end(client, CloseReason::kPeer);
}

Dispatcher::Unfinished Dispatcher::decode(Client& client, const ReceiveBuffer::Room& room, size_t end) {
  const std::span<const std::byte> bytes(room.chunk->data(), end);
  const bool limited = rate_limited(client);
  const auto now = limited ? Clock::now() : Clock::time_point();
  Unfinished unfinished{end, 0};
  Run run;
  size_t at = room.begin;
  while (client.state == ClientState::kOpen) {
    const netstring::Decoded decoded = netstring::decode(bytes, at, options_.max_message_size);
    const netstring::Frame& frame = decoded.frame;
    if (decoded.status == netstring::Status::kPartial) {
      unfinished = {decoded.next, decoded.sized ? frame.end() - frame.header : 0};
      break;
    }
    if (limited && decoded.status == netstring::Status::kFrame && !addresses_.take(client, now)) {
      unfinished = {frame.header, 0, true};
      break;
    }
    at = decoded.next;
    const bool joins = decoded.status == netstring::Status::kFrame && forwards_runs_ && frame.canonical;
    if (!joins || run.end != frame.header) forward(client, *room.chunk, run);
    if (decoded.status == netstring::Status::kBad) {
      on_bad_frame(client, decoded, end);
      break;
    }
    if (joins) {
      if (run.messages++ == 0) run.begin = frame.header;
      run.end = frame.end();
    } else {
      route(client, {room.chunk, static_cast<uint32_t>(frame.header), static_cast<uint32_t>(frame.payload),
                     static_cast<uint32_t>(frame.payload_end), frame.canonical});
    }
  }
  forward(client, *room.chunk, run);
  return unfinished;
}

// The default route for all frames of a run at once: what it costs a message is its decoding.
void Dispatcher::forward(Client& client, Chunk& chunk, Run& run) {
  if (run.messages == 0) return;
  client.messages_received += run.messages;
  stats_.messages_received += run.messages;
  stats_.plans_run[static_cast<size_t>(PlanEvent::kMessage)] += run.messages;
  fan_out_.relay({ChunkRef(&chunk), run.begin, run.end}, run.messages);
  run = {};
  flush_if_much();
}

Dispatcher::Unfinished Dispatcher::decode_raw(Client& client, const ReceiveBuffer::Room& room, size_t end) {
  const auto begin = static_cast<uint32_t>(room.tail);
  if (end > room.tail && rate_limited(client)) addresses_.take(client, Clock::now());
  if (end > room.tail) route(client, {room.chunk, begin, begin, static_cast<uint32_t>(end), true});
  return {end, 0};
}

void Dispatcher::on_bad_frame(Client& client, const netstring::Decoded& decoded, size_t end) {
  ++stats_.bad_frames;
  const uint64_t offset = client.bytes_received - (end - decoded.next);
  make_room();
  if (client.state != ClientState::kOpen) return;  // closed by a route of its own earlier messages
  note(EventKind::kBadFrame, client, static_cast<uint32_t>(decoded.reason), static_cast<uint32_t>(offset),
       static_cast<uint32_t>(offset >> 32));
  // What arrived whole before it is routed first: it has been noted, and end() waits for the routes.
  if (!options_.discard_bad_frame) this->end(client, CloseReason::kBadFrame);
}

void Dispatcher::route(Client& client, const ReceivedFrame& frame) {
  ++client.messages_received;
  ++stats_.messages_received;
  if (plans_.message) {
    run(*plans_.message, client, &frame);
  } else if (options_.tell_message) {
    make_room();
    if (client.state != ClientState::kOpen) return;  // by its own earlier messages, just now
    noting().add({static_cast<uint32_t>(EventKind::kMessage), client.id.index, client.id.generation,
                  frame.chunk->id(), frame.payload, frame.payload_end - frame.payload},
                 frame);
    noting().hold(frame.chunk);
  }
}

// --- foreign clients

std::optional<ClientId> Dispatcher::add_foreign(const Address& peer) {
  if (shutting_down_) return std::nullopt;
  Client* const client = add_client(Fd(), peer);
  if (client == nullptr) return std::nullopt;
  const ClientId id = client->id;
  welcome(*client);
  return id;
}

// The message is written once, as it would have come over TCP: from here on it is like any other.
bool Dispatcher::receive_foreign(ClientId id, std::span<const std::byte> payload) {
  Client* const found = open_client(id);
  if (found == nullptr) return false;
  Client& client = *found;
  // While routes run nothing can be handed over to make room.
  const bool full = in_routes_ && noting().full();
  if (!may_read(client) || reading_halted() || full) {
    client.foreign_refused = true;
    if (may_read(client)) paused_.push_back(id);
    return false;
  }
  if (rate_limited(client) && !addresses_.take(client, Clock::now())) {
    client.foreign_refused = true;
    await_tokens(client);
    return false;
  }
  client.bytes_received += payload.size();
  stats_.bytes_received += payload.size();
  if (tap_.sees_messages()) [[unlikely]]
    tap_.message(client, payload);
  const SendBuffer::Room room = send_buffer_.reserve(payload.size());
  // Not memcpy: an empty message has no address.
  std::ranges::copy(payload, room.data());
  stats_.bytes_copied += payload.size();
  const Span span = outgoing(room.chunk, room.payload, payload.size());
  route(client, {span.chunk.get(), static_cast<uint32_t>(span.begin), static_cast<uint32_t>(room.payload),
                 static_cast<uint32_t>(room.payload + payload.size()), true});
  return true;
}

void Dispatcher::end_foreign(ClientId id, CloseReason reason) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr || client->closing()) return;
  if (client->state == ClientState::kOpen) return end(*client, reason);
  doom(*client, reason);
}

void Dispatcher::foreign_slow(ClientId id, size_t waiting) {
  Client* const client = open_client(id);
  if (client == nullptr) return;
  set_foreign_waiting(*client, waiting);
  client->slow ? sender_.become_stuck(*client) : sender_.become_slow(*client);
}

void Dispatcher::foreign_caught_up(ClientId id, uint64_t dropped) {
  Client* const client = open_client(id);
  stats_.messages_dropped += dropped;
  if (client == nullptr || !client->slow) return;
  client->dropped += dropped;
  set_foreign_waiting(*client, 0);
  sender_.caught_up(*client);
}

void Dispatcher::foreign_waits(ClientId id, size_t waiting, uint64_t dropped) {
  stats_.messages_dropped += dropped;
  Client* const client = open_client(id);
  if (client == nullptr) return;
  client->dropped += dropped;
  set_foreign_waiting(*client, waiting);
}

void Dispatcher::set_foreign_waiting(Client& client, size_t waiting) {
  stats_.foreign_waiting_bytes += waiting - client.foreign_waiting;
  client.foreign_waiting = waiting;
}

// --- plans

void Dispatcher::run(const Plan& plan, const Client& client, const ReceivedFrame* frame) {
  ++stats_.plans_run[static_cast<size_t>(plan.event())];
  // Only what one route relays in one go counts against the limit.
  if (options_.context_mlimit > 0 && fan_out_.pending_messages() >= options_.context_mlimit) flush();
  plan_runner_.run(plan, client, frame);
  flush_if_much();
}

void Dispatcher::release_gone() {
  for (size_t i = 0; i < gone_.size(); ++i) {
    const uint32_t index = gone_[i].index;
    if (plans_.connection_closed) run(*plans_.connection_closed, *clients_[index], nullptr);
    release(index);
  }
  if (gone_.empty()) return;
  gone_.clear();
  note_if_all_gone();
}

bool Dispatcher::may_relay() {
  if (options_.context_mlimit == 0 || fan_out_.pending_messages() < options_.context_mlimit) return true;
  ++stats_.relays_refused;
  return false;
}

// --- what goes out

Span Dispatcher::outgoing(const ReceivedFrame& frame) {
  if (!options_.netstring) return {ChunkRef(frame.chunk), frame.payload, frame.payload_end};
  if (frame.canonical) return {ChunkRef(frame.chunk), frame.header, frame.payload_end + size_t{1}};
  const size_t size = frame.payload_end - frame.payload;
  const SendBuffer::Room room = send_buffer_.reserve(size);
  std::memcpy(room.data(), frame.chunk->data() + frame.payload, size);
  stats_.bytes_copied += size;
  return outgoing(room.chunk, room.payload, size);
}

Span Dispatcher::outgoing(Chunk& chunk, size_t payload, size_t size) const {
  if (!options_.netstring) return {ChunkRef(&chunk), payload, payload + size};
  const size_t header = netstring::write_header_before(chunk.data() + payload, size);
  chunk.data()[payload + size] = std::byte{','};
  return {ChunkRef(&chunk), payload - header, payload + size + 1};
}

}  // namespace evapid
