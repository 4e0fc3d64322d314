// Exchanging plans, limits and what the routes are told while the bus runs. The rest of Dispatcher is in
// dispatcher.cc.
#include "dispatcher.h"

namespace evapid {

// Called between two messages of anybody, and with no route or plan running. What was noted has been handed
// over; but clients whose end has been seen are still to be closed, and what has just run may have closed
// others. That is for those who were there then, and waits for the next round.
void Dispatcher::exchange_if_nothing_is_owed() {
  if (!next_ || noting().size() > 0 || !doomed_.empty() || !ended_.empty() || !gone_.empty()) return;
  Exchange next = std::move(*next_);
  next_.reset();
  change_options(next.options);
  plans_ = std::move(next.plans);
  forwards_runs_ = forwards_runs(options_, plans_);
  // What was once so stays so: the routes have heard of clients that are still there, and must learn of their
  // end; and tags that plans gave are known to nobody else.
  tell_closed_ = tell_closed_ || tells_anything(options_);
  plans_give_tags_ = plans_give_tags_ || may_give_tags(plans_);
  noting().add({static_cast<uint32_t>(EventKind::kExchanged), 0, 0, 0, 0, 0});
}

void Dispatcher::change_options(const Options& to) {
  const bool reading_changes = options_.slow_client != to.slow_client ||
                               options_.max_running_routes != to.max_running_routes ||
                               options_.address_limits != to.address_limits;
  if (options_.slow_client != to.slow_client) {
    // What the old policy has done with them, the new one has not: they become slow again under it.
    for (const auto& client : clients_) {
      if (client) sender_.forgive(*client);
    }
  }
  if (options_.address_limits != to.address_limits) change_address_limits(to.address_limits);
  options_.allow = to.allow;
  options_.max_clients = to.max_clients;
  options_.max_message_size = to.max_message_size;
  options_.discard_bad_frame = to.discard_bad_frame;
  options_.send_buffer_limit = to.send_buffer_limit;
  options_.send_data_timeout = to.send_data_timeout;
  options_.slow_client = to.slow_client;
  options_.drain_timeout = to.drain_timeout;
  options_.max_running_routes = to.max_running_routes;
  options_.context_mlimit = to.context_mlimit;
  options_.tell_connection_new = to.tell_connection_new;
  options_.tell_message = to.tell_message;
  options_.tell_connection_closed = to.tell_connection_closed;
  lingerer_.set_timeout(to.drain_timeout);
  sender_.options_changed();
  if (!reading_changes) return;
  for (const auto& client : clients_) {
    if (client && client->state == ClientState::kOpen) update_reading(*client);
  }
}

// Everybody leaves, and comes again under the new limits, though they may be more than there may be now. Who
// waited does not any more, until it has sent too much again.
void Dispatcher::change_address_limits(const AddressLimits& to) {
  for (const auto& client : clients_) {
    if (client) addresses_.leave(*client);
  }
  options_.address_limits = to;
  addresses_.set_limits(to);
  if (!addresses_.in_use()) return;
  for (const auto& client : clients_) {
    if (!client || client->state == ClientState::kClosed || client->peer.family == Family::kUnix) continue;
    addresses_.enter(*client, client->peer);
  }
}

}  // namespace evapid
