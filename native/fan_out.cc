#include "fan_out.h"

#include <algorithm>
#include <utility>

namespace evapid {

void FanOut::join(Client& client) {
  std::vector<Client*>& list = list_of(client);
  client.everybody_slot = static_cast<uint32_t>(list.size());
  client.everybody_before = everybody_addressed_;
  if (client.foreign) {
    collect();
    deliveries_.admit(client);
  }
  list.push_back(&client);
  if (client.foreign || !pending()) return;
  // Part of what is pending was relayed before it came.
  log_.fence();
  client.since = log_.next();
  own_list(client);
}

void FanOut::leave(Client& client) {
  if (client.everybody_slot == kNowhere) return;
  if (client.foreign) {
    collect();
  } else if (pending()) {
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
  client.addressed += everybody_addressed_ - client.everybody_before;
  std::vector<Client*>& list = list_of(client);
  Client* const last = list.back();
  list[client.everybody_slot] = last;
  last->everybody_slot = client.everybody_slot;
  list.pop_back();
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
  if (client.foreign) {
    collect();
  } else if (pending()) {
    settle(client);
  }
  if (Group* const old = client.group) {
    if (client.foreign) deliveries_.leave(client, old->number);
    old->remove(client);
    groups_.drop_if_unused(*old);
  }
  if (tag.empty()) return;
  Group& group = groups_.find_or_make(tag);
  group.add(client);
  if (client.foreign) deliveries_.join(client, group.number);
}

// --- relaying

void FanOut::count_relay(uint32_t messages) {
  pending_messages_ += messages;
  stats_.messages_relayed += messages;
}

void FanOut::relay(Span&& span, uint32_t messages) {
  count_relay(messages);
  if (everybody_.empty() && foreign_.empty()) return;
  everybody_addressed_ += {messages, span.size()};
  stats_.deliveries += messages * (everybody_.size() + foreign_.size());
  log_.append(for_everybody_, std::move(span), options_.netstring);
}

void FanOut::multicast(Span&& span, std::string_view tag) {
  count_relay(1);
  Group* const group = groups_.find(tag);
  if (group == nullptr) return;
  group->addressed += {1, span.size()};
  stats_.deliveries += group->members().size();
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
  client->addressed += {1, span.size()};
  ++stats_.deliveries;
  log_.append(own_list(*client), std::move(span), options_.netstring);
}

bool FanOut::reaches(std::string_view tag) const {
  const Group* const group = groups_.find(tag);
  return group != nullptr && !group->members().empty();
}

size_t FanOut::audience(std::string_view tag) const {
  const Group* const group = groups_.find(tag);
  return group == nullptr ? 0 : group->members().size();
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

Traffic FanOut::addressed_to(const Client& client) const {
  Traffic sum = client.addressed;
  if (client.everybody_slot != kNowhere) sum += everybody_addressed_ - client.everybody_before;
  if (client.group != nullptr) sum += client.group->addressed - client.group_before;
  return sum;
}

// --- foreign clients

// Writes down, in order of relay, what is pending for foreign clients and has not been written down: done
// before the membership of any of them changes, so that what they are owed never depends on when they came.
void FanOut::collect() {
  if (foreign_.empty() || log_.entries() == 0) return;
  log_.fence();
  collected_.clear();
  for (const PendingSpan& entry : for_everybody_.collect()) collected_.push_back({&entry, nullptr, nullptr});
  for (Group* const group : pending_groups_) {
    const auto fresh = group->pending.collect();
    if (group->foreign_members == 0) continue;
    for (const PendingSpan& entry : fresh) collected_.push_back({&entry, group, nullptr});
  }
  for (Client* const client : special_) {
    if (!client->foreign) continue;
    for (const PendingSpan& entry : client->own->collect()) collected_.push_back({&entry, nullptr, client});
  }
  std::sort(collected_.begin(), collected_.end(),
            [](const Collected& a, const Collected& b) { return a.entry->sequence < b.entry->sequence; });
  for (const auto& [entry, group, client] : collected_) {
    const Span& span = entry->span;
    if (group != nullptr) {
      deliveries_.to_group(group->number, span);
    } else if (client != nullptr) {
      deliveries_.to_one(*client, span);
    } else {
      deliveries_.to_all(span);
    }
    const size_t receivers = group != nullptr    ? group->foreign_members
                             : client != nullptr ? 1
                                                 : foreign_.size();
    stats_.bytes_sent += span.size() * receivers;
  }
}

// Whoever is called may, against the rule, do what makes more deliveries: they wait for their turn, since the
// list must stand still while it is read.
void FanOut::hand_over() {
  if (handing_over_) return;
  handing_over_ = true;
  while (!deliveries_.empty()) {
    std::swap(deliveries_, handed_);
    if (door_ != nullptr) door_->on_deliveries(handed_);
    handed_.clear();
  }
  handing_over_ = false;
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
    if (client->flushed_in == flush_number_ || client->foreign) continue;
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
  collect();
  for (Client* const client : special_) {
    if (client->foreign) continue;
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
  hand_over();
}

}  // namespace evapid
