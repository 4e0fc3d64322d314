// Who gets what: the admitted clients, their groups, and what has been relayed to them since the last flush.
#pragma once

#include <string_view>
#include <vector>

#include "client.h"
#include "foreign.h"
#include "group.h"
#include "options.h"
#include "sender.h"

namespace evapid {

class FanOut {
 public:
  FanOut(const Options& options, Stats& stats, Sender& sender)
      : options_(options), stats_(stats), sender_(sender) {}

  // The client is owed what is relayed from now on.
  void join(Client& client);
  // The client gets what was relayed to it before, at once, and nothing later.
  void leave(Client& client);
  // As leave(), for a client to which nothing can be sent any more.
  void abandon(Client& client);
  // An empty tag clears. What was relayed before still goes where it was addressed to.
  void set_tag(Client& client, std::string_view tag);

  // `messages`: how many frames the span holds.
  void relay(Span&& span, uint32_t messages = 1);
  void multicast(Span&& span, std::string_view tag);
  // To the member with the lowest connection index.
  void unicast(Span&& span, std::string_view tag);

  // Sends what is pending, one writev a client.
  void flush();

  bool pending() const { return log_.entries() > 0 || !deliveries_.empty(); }
  size_t pending_bytes() const { return log_.bytes(); }
  size_t pending_entries() const { return log_.entries(); }
  // Relays taken since the last flush (context_mlimit counts these).
  uint32_t pending_messages() const { return pending_messages_; }
  // Whether anybody has this tag.
  bool reaches(std::string_view tag) const;
  // How many a relay goes to now, and how many a multicast.
  size_t audience() const { return everybody_.size() + foreign_.size(); }
  size_t audience(std::string_view tag) const;
  // Those with sockets of ours.
  const std::vector<Client*>& everybody() const { return everybody_; }
  size_t foreign_count() const { return foreign_.size(); }
  // What was addressed to a client so far.
  Traffic addressed_to(const Client& client) const;
  void use_door(ForeignDoor* door) { door_ = door; }
  // Whoever has the sockets of foreign clients is just being told.
  bool handing_over() const { return handing_over_; }
  // The client, which is foreign, was admitted and then closed: whoever has its socket is told.
  void tell_closed(const Client& client, CloseReason reason) { deliveries_.close(client, reason); }
  size_t group_count() const { return groups_.size(); }

 private:
  Pending& own_list(Client& client);
  void settle(Client& client);
  void ship(Client& client);
  void ship_to(const std::vector<Client*>& clients);
  void count_relay(uint32_t messages);
  std::vector<Client*>& list_of(const Client& client) { return client.foreign ? foreign_ : everybody_; }
  void collect();
  void hand_over();

  const Options& options_;
  Stats& stats_;
  Sender& sender_;
  Groups groups_;
  std::vector<Client*> everybody_;
  std::vector<Client*> foreign_;
  Traffic everybody_addressed_;
  PendingLog log_;
  Pending for_everybody_;
  std::vector<Group*> pending_groups_;
  // Clients with a list of their own, or that are owed less than the shared lists hold: the ones a flush
  // treats singly.
  std::vector<Client*> special_;
  uint64_t flush_number_ = 1;
  uint32_t pending_messages_ = 0;
  std::vector<PendingSpan> merged_;
  Shipment shipment_;

  struct Collected {
    const PendingSpan* entry;
    const Group* group;    // to all of it
    const Client* client;  // to this one; neither: to everybody
  };
  std::vector<Collected> collected_;
  Deliveries deliveries_;
  Deliveries handed_;  // being handed over
  bool handing_over_ = false;
  ForeignDoor* door_ = nullptr;
};

}  // namespace evapid
