// What is known of the addresses that clients come from: how many connections each has, and how many messages
// it may still send (a token bucket). Whoever has sent too many waits here, in turn, until there are tokens
// again; what waiting means for a socket is its owner's business.
//
// An IPv6 address is its first 64 bits here: that much one host has to itself, and can change the rest at
// will. Link-local ones, of which all share these bits, are whole.
//
// Nothing is kept of an address that has no connection and a full bucket. What has no connection and owes is
// forgotten once its bucket is full, at the latest when somebody new comes; and there are never more than
// kMostIdle of these, whoever comes from how many addresses.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "loop/intrusive_heap.h"
#include "loop/loop.h"
#include "socket.h"

namespace evapid {

struct AddressEntry;

// What a client has in the table; part of the client.
struct AddressClient {
  AddressEntry* address = nullptr;  // none: it is not counted
  uint32_t credit = 0;              // messages that it may send ahead of others of its address
  bool waits = false;               // for tokens
  AddressClient* before = nullptr;  // of those that wait
  AddressClient* behind = nullptr;
};

struct AddressLimits {
  uint32_t clients = 0;  // connections of an address; 0: as many as it likes
  uint32_t rate = 0;     // messages a second of an address; 0: as many as it likes
  uint32_t burst = 0;    // messages after a silence; 0: those of a second

  bool operator==(const AddressLimits&) const = default;
};

class AddressTableOwner {
 public:
  virtual ~AddressTableOwner() = default;
  // The client waits no longer, and has credit. It may come to wait again, or leave, from inside.
  virtual void on_turn(AddressClient& client) = 0;
};

// For the table.
struct AddressEntry : TimerWatcher {
  AddressEntry(Callback on_tokens, void* table, const IpNumber& key)
      : TimerWatcher(on_tokens), table(table), key(key) {}

  void* const table;
  const IpNumber key;
  uint32_t connections = 0;
  uint32_t waiting = 0;
  // When the bucket will be full, if nothing is taken: all that there is to a bucket.
  Clock::time_point full{};
  size_t idle_slot = 0;
  AddressClient* first = nullptr;  // of those that wait
  AddressClient* last = nullptr;
};

class AddressTable {
 public:
  // Of addresses without a connection; some 10 MiB.
  static constexpr size_t kMostIdle = 64 * 1024;

  AddressTable(Loop& loop, AddressTableOwner& owner, size_t most_idle = kMostIdle);
  AddressTable(const AddressTable&) = delete;
  AddressTable& operator=(const AddressTable&) = delete;

  // Nobody may be in it. What addresses owe is kept, as a share of the bucket.
  void set_limits(const AddressLimits& limits);
  const AddressLimits& limits() const { return limits_; }
  // Whether clients are to enter.
  bool in_use() const { return limits_.clients > 0 || limits_.rate > 0; }
  bool limits_rate() const { return limits_.rate > 0; }

  // Whether one more may come from there.
  bool has_room(const Address& address) const;
  void enter(AddressClient& client, const Address& address);
  // For one that has not entered it does nothing.
  void leave(AddressClient& client);

  // --- messages of those who have entered, while there is a rate

  // Whether the client may send a message now; nobody overtakes those who wait.
  bool may_take(const AddressClient& client, Clock::time_point now) const;
  // The same, and takes it.
  bool take(AddressClient& client, Clock::time_point now);
  // Puts it behind those who wait already.
  void wait(AddressClient& client);
  void stop_waiting(AddressClient& client);
  // It does not need its credit any more.
  void give_back_credit(AddressClient& client);

  // One message of somebody who is no client, and does not wait.
  bool take(const Address& address);

  size_t size() const { return entries_.size(); }
  size_t waiting() const { return waiting_; }

 private:
  // So often in a second those who wait have their turn, if the rate is not less than that.
  static constexpr uint32_t kTurnsPerSecond = 50;

  struct Hash {
    std::array<uint64_t, 2> secrets;
    size_t operator()(const IpNumber& key) const;
  };
  using Entries = std::unordered_map<IpNumber, AddressEntry, Hash>;

  static IpNumber key_of(const Address& address);
  static void on_due(TimerWatcher& timer);
  AddressEntry& find_or_make(const Address& address);
  bool spend(AddressEntry& entry, uint32_t tokens, Clock::time_point now) const;
  uint32_t tokens_of(const AddressEntry& entry, Clock::time_point now) const;
  void await_tokens(AddressEntry& entry);
  void on_tokens(AddressEntry& entry);
  // It has no connection: forgets it, now or later.
  void retire(AddressEntry& entry, Clock::time_point now);
  void forget_full(Clock::time_point now);
  void forget(AddressEntry& entry);

  struct FullSooner {
    bool operator()(const AddressEntry& a, const AddressEntry& b) const { return a.full < b.full; }
  };

  Loop& loop_;
  AddressTableOwner& owner_;
  const size_t most_idle_;
  AddressLimits limits_;
  // Of the buckets: the time in which a token comes, and that in which an empty one becomes full.
  Clock::duration interval_{};
  Clock::duration capacity_{};
  Entries entries_;
  IntrusiveHeap<AddressEntry, &AddressEntry::idle_slot, FullSooner> idle_;  // without a connection
  AddressEntry* serving_ = nullptr;  // its clients have their turn: it has one connection too many, to stay
  size_t waiting_ = 0;
};

}  // namespace evapid
