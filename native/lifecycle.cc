// The lives of clients: from admission, over the several ways to end, to the release of the connection index.
// The rest of Dispatcher is in dispatcher.cc.
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "dispatcher.h"

namespace evapid {

namespace {

// An event's words are 32 bits wide.
uint32_t saturated(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
}

// For a peer that does not take what is sent: the kernel would keep megabytes for it long after we have let
// go. The reset also tells it that something is missing.
void close_abruptly(Fd& socket) {
  const linger at_once{1, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

}  // namespace

const Client* Dispatcher::find(ClientId id) const {
  if (id.index >= clients_.size() || !clients_[id.index]) return nullptr;
  const Client* const client = clients_[id.index].get();
  return client->id.generation == id.generation ? client : nullptr;
}

Client* Dispatcher::open_client(ClientId id) const {
  auto* const client = const_cast<Client*>(find(id));
  return client != nullptr && client->reachable() ? client : nullptr;
}

// --- commands

void Dispatcher::admit(ClientId id) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr || client->state != ClientState::kNew) return;
  client->state = ClientState::kOpen;
  fan_out_.join(*client);
  if (client->foreign) return;
  update_reading(*client);
  // Not to be read yet: watched all the same, for what may have to wait for it.
  if (client->active()) return;
  if (client->start(loop_, client->socket.get(), 0) != 0) doom(*client, CloseReason::kReset);
}

bool Dispatcher::reject(ClientId id) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr || client->closing()) return false;
  client->rejected = true;
  begin_close(*client, CloseReason::kRoute);
  return true;
}

bool Dispatcher::close(ClientId id, CloseReason reason) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr || client->closing()) return false;
  begin_close(*client, reason);
  return true;
}

bool Dispatcher::set_tag(ClientId id, std::string_view tag) {
  Client* const client = open_client(id);
  if (client == nullptr || tag.size() > Groups::kMaxTag) return false;
  fan_out_.set_tag(*client, tag);
  return true;
}

void Dispatcher::begin_route(ClientId id) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr) return;
  if (++client->running_routes == options_.max_running_routes) update_reading(*client);
}

void Dispatcher::end_route(ClientId id) {
  auto* const client = const_cast<Client*>(find(id));
  if (client == nullptr || client->running_routes == 0) return;
  if (client->running_routes-- == options_.max_running_routes) update_reading(*client);
  if (client->running_routes == 0 && client->state == ClientState::kEnding) ended_.push_back(id);
}

void Dispatcher::hold_reading(ClientId id, bool hold) {
  Client* const client = open_client(id);
  if (client == nullptr) return;
  client->reading_held = hold;
  update_reading(*client);
}

// --- reading on and off

bool Dispatcher::may_read(const Client& client) const {
  return client.state == ClientState::kOpen && !reading_stopped_ && !client.reading_held && !client.waits &&
         client.running_routes < options_.max_running_routes;
}

void Dispatcher::update_reading(Client& client) {
  const bool wanted = may_read(client);
  if (wanted && reading_halted()) paused_.push_back(client.id);  // resume_reading() looks there
  const bool read = wanted && !reading_halted();
  if (client.foreign) {
    if (read && std::exchange(client.foreign_refused, false)) note(EventKind::kReadable, client);
    return;
  }
  if (read && ReceiveBuffer::holds(client)) released_.push_back(client.id);
  const auto input = static_cast<uint32_t>(EPOLLIN);
  if (read && !client.active()) {  // it hung up while it was not to be read: see receive()
    if (client.start(loop_, client.socket.get(), input) != 0) doom(client, CloseReason::kReset);
    return;
  }
  client.set_interest(read ? client.interest() | input : client.interest() & ~input);
}

void Dispatcher::resume_reading() {
  if (paused_.empty() || reading_halted()) return;
  for (const ClientId id : paused_) {
    if (Client* const client = open_client(id)) update_reading(*client);
  }
  paused_.clear();
}

// --- the rate of an address

// It is read no further until its turn comes.
void Dispatcher::await_tokens(Client& client) {
  ++stats_.rate_limited;
  addresses_.wait(client);
  update_reading(client);
}

bool Dispatcher::must_wait(Client& client) {
  if (addresses_.may_take(client, Clock::now())) return false;
  std::byte first;
  // Its end is no message.
  if (recv(client.socket.get(), &first, sizeof first, MSG_DONTWAIT | MSG_PEEK) <= 0) return false;
  await_tokens(client);
  return true;
}

void Dispatcher::on_turn(AddressClient& waited) {
  auto& client = static_cast<Client&>(waited);
  update_reading(client);
  if (client.foreign) return;  // it has been told, and will use its credit
  receive(client, false);
  addresses_.give_back_credit(client);
}

// What is held is like what is still in the kernel, but nobody else tells that it is there.
void Dispatcher::handle_held() {
  for (size_t i = 0; i < released_.size(); ++i) {
    Client* const client = open_client(released_[i]);
    if (client != nullptr && ReceiveBuffer::holds(*client)) receive(*client, false);
  }
  released_.clear();
}

// --- what the sender has found out

void Dispatcher::on_slow(Client& client, SlowClient action) {
  const size_t waiting = client.foreign ? client.foreign_waiting : client.outbox ? client.outbox->bytes() : 0;
  note(EventKind::kSlow, client, static_cast<uint32_t>(action), saturated(waiting));
  if (action == SlowClient::kClose) doom(client, CloseReason::kSlow);
}

void Dispatcher::on_caught_up(Client& client) {
  note(EventKind::kCaughtUp, client, 0, saturated(client.dropped));
}

// --- ends

// The client sends nothing more: it is closed when the routes of what it has sent are through.
void Dispatcher::end(Client& client, CloseReason reason) {
  client.state = ClientState::kEnding;
  client.reason = reason;
  addresses_.stop_waiting(client);
  ended_.push_back(client.id);
}

void Dispatcher::close_ended() {
  for (size_t i = 0; i < ended_.size(); ++i) {
    Client* const client = open_client(ended_[i]);
    if (client == nullptr || client->state != ClientState::kEnding) continue;
    if (client->running_routes == 0) {
      begin_close(*client, client->reason);
    } else {
      update_reading(*client);  // the routes that still run come back here with end_route()
    }
  }
  ended_.clear();
}

// The client gets what it is owed, and nothing later.
void Dispatcher::begin_close(Client& client, CloseReason reason) {
  client.reason = reason;
  if (client.state == ClientState::kNew) return bury(client, reason);
  remember_tag(client);
  fan_out_.leave(client);
  receive_.forget(client);
  sender_.forgive(client);
  addresses_.stop_waiting(client);
  // A watcher that was stopped (see receive()) is that of a peer that has hung up: nobody takes what waits.
  if (!client.outbox || !client.active()) return bury(client, reason);
  client.state = ClientState::kClosing;
  client.set_interest(EPOLLOUT);
  draining_.push_back({Clock::now() + options_.drain_timeout, client.id});
  if (!drain_timer_.active()) drain_timer_.start(loop_, draining_.front().deadline);
}

// One timer for all: the time-out is the same for each, so they fall due in the order in which they came.
void Dispatcher::check_drains() {
  const auto now = Clock::now();
  while (!draining_.empty() && draining_.front().deadline <= now) {
    auto* const client = const_cast<Client*>(find(draining_.front().id));
    draining_.pop_front();
    if (client == nullptr || client->state != ClientState::kClosing) continue;
    ++stats_.drain_timeouts;
    bury(*client, client->reason);
  }
  if (!draining_.empty()) drain_timer_.start(loop_, draining_.front().deadline);
}

// Notes that the client is done for: the caller may be in the middle of a list that it stands in.
void Dispatcher::doom(Client& client, CloseReason reason) {
  doomed_.push_back({client.id, reason});
}

void Dispatcher::bury_doomed() {
  for (size_t i = 0; i < doomed_.size(); ++i) {
    const Doomed doomed = doomed_[i];
    if (auto* const client = const_cast<Client*>(find(doomed.id))) bury(*client, doomed.reason);
  }
  doomed_.clear();
}

void Dispatcher::bury(Client& client, CloseReason reason) {
  if (client.state == ClientState::kClosed) return;
  const bool admitted = client.state != ClientState::kNew;
  const bool unsent = client.outbox != nullptr || reason == CloseReason::kSlow;
  if (client.foreign) {
    fan_out_.tell_closed(client, reason);
    set_foreign_waiting(client, 0);
    --stats_.foreign_clients;
  }
  if (client.outbox) stats_.bytes_abandoned += client.outbox->bytes();
  ++stats_.closed[static_cast<size_t>(reason)];
  client.state = ClientState::kClosed;
  client.reason = reason;
  remember_tag(client);
  fan_out_.abandon(client);
  receive_.forget(client);
  sender_.forget(client);
  addresses_.leave(client);
  client.stop();
  if (client.foreign) {
    // Nothing of ours is open.
  } else if (unsent) {
    close_abruptly(client.socket);
  } else if (reason == CloseReason::kPeer || reason == CloseReason::kReset) {
    client.socket.reset();  // it has said its last word
  } else {
    lingerer_.close(std::move(client.socket));
  }
  --stats_.clients;
  if (tap_.is_open()) [[unlikely]]
    tap_.went(client, reason);
  if (admitted && !client.rejected && tell_closed_) {
    note(EventKind::kConnectionClosed, client, static_cast<uint32_t>(reason));
  } else if (admitted && !client.rejected && (plans_.connection_closed || noting().size() > 0)) {
    // Not now: another plan may be running, the one that has closed it; and who is told that it was slow asks
    // who it was.
    gone_.push_back(client.id);
  } else {
    release(client.id.index);
    note_if_all_gone();
  }
}

void Dispatcher::note_if_all_gone() {
  if (!shutting_down_ || connections() > 0) return;
  noting().add({static_cast<uint32_t>(EventKind::kAllGone), 0, 0, 0, 0, 0});
}

std::string_view Dispatcher::tag(const Client& client) const {
  if (client.group != nullptr) return client.group->tag;
  const auto last = last_tags_.find(client.id.index);
  return last == last_tags_.end() ? std::string_view() : last->second;
}

// The client is about to leave its group.
void Dispatcher::remember_tag(const Client& client) {
  if (client.group == nullptr || client.rejected || !plans_give_tags_) return;
  last_tags_.insert_or_assign(client.id.index, client.group->tag);
}

// Frees the index. The client itself stays until the end of the turn.
void Dispatcher::release(uint32_t index) {
  graveyard_.push_back(std::move(clients_[index]));
  last_tags_.erase(index);
  indexes_.give_back(index);
}

}  // namespace evapid
