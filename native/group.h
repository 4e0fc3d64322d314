// The clients that share a tag. A multicast goes to all of them, a unicast to the one with the lowest
// connection index.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client.h"
#include "loop/intrusive_heap.h"

namespace evapid {

struct ByConnectionIndex {
  bool operator()(const Client& a, const Client& b) const { return a.id.index < b.id.index; }
};

struct Group {
  Group(std::string_view name, uint32_t number) : tag(name), number(number) {}

  const std::string tag;
  const uint32_t number;  // what it is called where foreign clients are
  size_t foreign_members = 0;
  Traffic addressed;
  Pending pending;
  bool listed = false;  // in FanOut's list of groups with something pending

  void add(Client& client);
  void remove(Client& client);
  // A fan-out walks a plain array.
  const std::vector<Client*>& members() const { return heap_.items(); }
  Client* lowest() const { return heap_.empty() ? nullptr : heap_.first(); }

 private:
  IntrusiveHeap<Client, &Client::group_slot, ByConnectionIndex> heap_;
};

// Groups by tag. A group lives as long as it has members or something pending.
class Groups {
 public:
  static constexpr size_t kMaxTag = 63;

  Group* find(std::string_view tag) const;
  Group& find_or_make(std::string_view tag);
  void drop_if_unused(Group& group);
  size_t size() const { return groups_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view tag) const { return std::hash<std::string_view>{}(tag); }
  };
  std::unordered_map<std::string, std::unique_ptr<Group>, Hash, std::equal_to<>> groups_;
  uint32_t last_number_ = 0;
};

}  // namespace evapid
