#include "address_table.h"

#include <algorithm>
#include <random>
#include <utility>

namespace evapid {

namespace {

uint64_t secret() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

bool is_link_local(const IpNumber& number) {
  return number.high >> 54 == 0xfe80u >> 6;
}

}  // namespace

// Keyed: who has many addresses must not be able to choose them so that they collide.
size_t AddressTable::Hash::operator()(const IpNumber& key) const {
  const auto product = static_cast<unsigned __int128>(key.high ^ secrets[0]) * (key.low ^ secrets[1]);
  return static_cast<size_t>(product >> 64) ^ static_cast<size_t>(product);
}

IpNumber AddressTable::key_of(const Address& address) {
  const IpNumber number = number_of(address);
  if (address.family == Family::kIpv4) return {0, uint64_t{0xffff} << 32 | number.low};
  return is_link_local(number) ? number : IpNumber{number.high, 0};
}

AddressTable::AddressTable(Loop& loop, AddressTableOwner& owner, size_t most_idle)
    : loop_(loop), owner_(owner), most_idle_(most_idle), entries_(0, Hash{{secret(), secret()}}) {}

void AddressTable::set_limits(const AddressLimits& limits) {
  const auto now = Clock::now();
  limits_ = limits;
  interval_ = {};
  capacity_ = {};
  if (limits.rate > 0) {
    const uint32_t burst = limits.burst > 0 ? limits.burst : limits.rate;
    interval_ = Clock::duration(std::chrono::seconds(1)) / limits.rate;
    capacity_ = interval_ * burst;
  }
  // All of them are idle. The latest ones come earlier: their order stays.
  for (auto& [key, entry] : entries_) entry.full = std::min(entry.full, now + capacity_);
  forget_full(now);
}

bool AddressTable::has_room(const Address& address) const {
  if (limits_.clients == 0) return true;
  const auto found = entries_.find(key_of(address));
  if (found == entries_.end()) return true;
  const AddressEntry& entry = found->second;
  return entry.connections - (&entry == serving_ ? 1 : 0) < limits_.clients;
}

void AddressTable::enter(AddressClient& client, const Address& address) {
  AddressEntry& entry = find_or_make(address);
  if (entry.connections++ == 0) idle_.remove(entry);
  client.address = &entry;
}

void AddressTable::leave(AddressClient& client) {
  if (client.address == nullptr) return;
  stop_waiting(client);
  give_back_credit(client);
  AddressEntry& entry = *std::exchange(client.address, nullptr);
  if (--entry.connections == 0) retire(entry, Clock::now());
}

// Made as one without a connection.
AddressEntry& AddressTable::find_or_make(const Address& address) {
  const IpNumber key = key_of(address);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  forget_full(Clock::now());
  AddressEntry& entry = entries_.try_emplace(key, &AddressTable::on_due, this, key).first->second;
  idle_.add(entry);
  return entry;
}

void AddressTable::retire(AddressEntry& entry, Clock::time_point now) {
  idle_.add(entry);
  forget_full(now);
  // It becomes full soonest: nobody else loses less.
  if (idle_.size() > most_idle_) forget(*idle_.first());
}

void AddressTable::forget_full(Clock::time_point now) {
  while (!idle_.empty() && idle_.first()->full <= now) forget(*idle_.first());
}

void AddressTable::forget(AddressEntry& entry) {
  idle_.remove(entry);
  entries_.erase(IpNumber(entry.key));
}

// --- tokens

uint32_t AddressTable::tokens_of(const AddressEntry& entry, Clock::time_point now) const {
  const Clock::duration owed = std::max(entry.full - now, Clock::duration::zero());
  return owed >= capacity_ ? 0 : static_cast<uint32_t>((capacity_ - owed) / interval_);
}

bool AddressTable::spend(AddressEntry& entry, uint32_t tokens, Clock::time_point now) const {
  const Clock::time_point full = std::max(entry.full, now) + interval_ * tokens;
  if (full > now + capacity_) return false;
  entry.full = full;
  return true;
}

bool AddressTable::may_take(const AddressClient& client, Clock::time_point now) const {
  if (client.credit > 0) return true;
  return client.address->first == nullptr && tokens_of(*client.address, now) > 0;
}

bool AddressTable::take(AddressClient& client, Clock::time_point now) {
  if (client.credit > 0) {
    --client.credit;
    return true;
  }
  return client.address->first == nullptr && spend(*client.address, 1, now);
}

bool AddressTable::take(const Address& address) {
  const auto now = Clock::now();
  AddressEntry& entry = find_or_make(address);
  if (entry.connections > 0) return spend(entry, 1, now);
  idle_.remove(entry);
  const bool taken = spend(entry, 1, now);
  retire(entry, now);
  return taken;
}

void AddressTable::give_back_credit(AddressClient& client) {
  if (client.credit == 0) return;
  client.address->full -= interval_ * std::exchange(client.credit, 0);
}

// --- those that wait

void AddressTable::wait(AddressClient& client) {
  if (client.waits) return;
  AddressEntry& entry = *client.address;
  client.waits = true;
  client.before = entry.last;
  client.behind = nullptr;
  (entry.last == nullptr ? entry.first : entry.last->behind) = &client;
  entry.last = &client;
  ++entry.waiting;
  ++waiting_;
  if (!entry.active() && &entry != serving_) await_tokens(entry);
}

void AddressTable::stop_waiting(AddressClient& client) {
  if (!client.waits) return;
  AddressEntry& entry = *client.address;
  client.waits = false;
  (client.before == nullptr ? entry.first : client.before->behind) = client.behind;
  (client.behind == nullptr ? entry.last : client.behind->before) = client.before;
  --entry.waiting;
  --waiting_;
  if (entry.first == nullptr) entry.stop();
}

// Until there are some: to be woken for each would cost more than the messages do.
void AddressTable::await_tokens(AddressEntry& entry) {
  const uint32_t burst = static_cast<uint32_t>(capacity_ / interval_);
  const uint32_t enough = std::clamp(limits_.rate / kTurnsPerSecond, uint32_t{1}, burst);
  entry.start(loop_, entry.full - capacity_ + interval_ * enough);
}

void AddressTable::on_due(TimerWatcher& timer) {
  auto& entry = static_cast<AddressEntry&>(timer);
  static_cast<AddressTable*>(entry.table)->on_tokens(entry);
}

// Each gets the same share of what there is, before its turn comes: what the first one sends must not decide
// whether the others ever send anything.
void AddressTable::on_tokens(AddressEntry& entry) {
  const auto now = Clock::now();
  const uint32_t tokens = tokens_of(entry, now);
  const uint32_t share = std::max(tokens / std::max(entry.waiting, 1u), 1u);
  serving_ = &entry;
  ++entry.connections;
  for (uint32_t turns = std::min(tokens, entry.waiting); turns > 0 && entry.first != nullptr; --turns) {
    if (!spend(entry, share, now)) break;
    AddressClient& client = *entry.first;
    stop_waiting(client);
    client.credit += share;
    owner_.on_turn(client);
  }
  serving_ = nullptr;
  if (--entry.connections == 0) {
    retire(entry, now);
  } else if (entry.first != nullptr) {
    await_tokens(entry);
  }
}

}  // namespace evapid
