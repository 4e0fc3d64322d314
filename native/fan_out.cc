#include "fan_out.h"

#include <algorithm>

namespace evapid {

void FanOut::join(Client& client) {
  client.everybody_slot = static_cast<uint32_t>(everybody_.size());
  everybody_.push_back(&client);
  if (!pending()) return;
  // Part of what is pending was relayed before it came.
  log_.fence();
  client.since = log_.next();
  own_list(client);
}

void FanOut::leave(Client& client) {
  if (client.everybody_slot == kNowhere) return;
  if (pending()) {
    log_.fence();
    merged_.clear();
    PendingLog::merge(&for_everybody_, client.group ? &client.group->pending : nullptr, client.own.get(),
                      client.since, merged_);
    ship(client);
  }
  abandon(client);
}

void FanOut::abandon(Client& client) {
  if (client.everybody_slot == kNowhere) return;
  Client* const last = everybody_.back();
  everybody_[client.everybody_slot] = last;
  last->everybody_slot = client.everybody_slot;
  everybody_.pop_back();
  client.everybody_slot = kNowhere;
  if (client.special) {
    std::erase(special_, &client);
    client.special = false;
  }
  if (client.own) log_.fence();  // the log must not compare its last scope with memory that is used again
  client.own.reset();
  if (Group* const group = client.group) {
    group->remove(client);
    groups_.drop_if_unused(*group);
  }
}

void FanOut::set_tag(Client& client, std::string_view tag) {
  if (client.everybody_slot == kNowhere) return;
  if (client.group == nullptr ? tag.empty() : client.group->tag == tag) return;
  if (pending()) settle(client);
  if (Group* const old = client.group) {
    old->remove(client);
    groups_.drop_if_unused(*old);
  }
  if (!tag.empty()) groups_.find_or_make(tag).add(client);
}

// --- relaying

void FanOut::count_relay(uint32_t messages) {
  pending_messages_ += messages;
  stats_.messages_relayed += messages;
}

void FanOut::relay(Span&& span, uint32_t messages) {
  count_relay(messages);
  if (everybody_.empty()) return;
  log_.append(for_everybody_, std::move(span), options_.netstring);
}

void FanOut::multicast(Span&& span, std::string_view tag) {
  count_relay(1);
  Group* const group = groups_.find(tag);
  if (group == nullptr) return;
  log_.append(group->pending, std::move(span), options_.netstring);
  if (!group->listed) {
    group->listed = true;
    pending_groups_.push_back(group);
  }
}

void FanOut::unicast(Span&& span, std::string_view tag) {
  count_relay(1);
  Group* const group = groups_.find(tag);
  Client* const client = group == nullptr ? nullptr : group->lowest();
  if (client == nullptr) return;
  log_.append(own_list(*client), std::move(span), options_.netstring);
}

bool FanOut::reaches(std::string_view tag) const {
  const Group* const group = groups_.find(tag);
  return group != nullptr && !group->members().empty();
}

Pending& FanOut::own_list(Client& client) {
  if (!client.own) client.own = std::make_unique<Pending>();
  if (!client.special) {
    client.special = true;
    special_.push_back(&client);
  }
  return *client.own;
}

// Turns all that the client is owed so far into its own list, so that nothing it is owed depends on its group
// any more.
void FanOut::settle(Client& client) {
  log_.fence();
  Pending& own = own_list(client);
  PendingLog::settle(&for_everybody_, client.group ? &client.group->pending : nullptr, own, client.since);
  client.since = log_.next();
}

// --- flushing

// Sends merged_ to one client.
void FanOut::ship(Client& client) {
  if (merged_.empty()) return;
  shipment_.assign(merged_);
  sender_.send(client, shipment_);
}

// Sends the shipment to those that have not been served in this flush.
void FanOut::ship_to(const std::vector<Client*>& clients) {
  const bool together = sender_.sends_together(shipment_, clients.size());
  for (Client* const client : clients) {
    if (client->flushed_in == flush_number_) continue;
    client->flushed_in = flush_number_;
    if (together) {
      sender_.gather(*client, shipment_);
    } else {
      sender_.send(*client, shipment_);
    }
  }
  if (together) sender_.send_gathered(shipment_);
}

// From the particular to the general; each client is served once. The sender only notes what has become of a
// client, so the lists stand still meanwhile.
void FanOut::flush() {
  if (!pending()) {
    pending_messages_ = 0;
    return;
  }
  ++stats_.flushes;
  ++flush_number_;
  for (Client* const client : special_) {
    client->flushed_in = flush_number_;
    merged_.clear();
    PendingLog::merge(&for_everybody_, client->group ? &client->group->pending : nullptr, client->own.get(),
                      client->since, merged_);
    ship(*client);
  }
  for (Group* const group : pending_groups_) {
    merged_.clear();
    PendingLog::merge(&for_everybody_, &group->pending, nullptr, 0, merged_);
    shipment_.assign(merged_);
    ship_to(group->members());
  }
  if (!for_everybody_.empty()) {
    shipment_.assign(for_everybody_.spans());
    ship_to(everybody_);
  }

  // All references to chunks go now: an empty list means that the receive chunk can begin anew.
  shipment_.clear();
  merged_.clear();
  for_everybody_.clear();
  for (Group* const group : pending_groups_) {
    group->pending.clear();
    group->listed = false;
    groups_.drop_if_unused(*group);
  }
  pending_groups_.clear();
  for (Client* const client : special_) {
    client->own->clear();
    client->special = false;
  }
  special_.clear();
  log_.flushed();
  pending_messages_ = 0;
}

}  // namespace evapid
