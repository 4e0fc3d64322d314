#include "group.h"

namespace evapid {

void Group::place(Client* client, size_t slot) {
  members[slot] = client;
  client->group_slot = static_cast<uint32_t>(slot);
}

void Group::sift_up(size_t slot) {
  Client* const moving = members[slot];
  while (slot > 0) {
    const size_t parent = (slot - 1) / 2;
    if (members[parent]->id.index <= moving->id.index) break;
    place(members[parent], slot);
    slot = parent;
  }
  place(moving, slot);
}

void Group::sift_down(size_t slot) {
  Client* const moving = members[slot];
  for (;;) {
    size_t child = 2 * slot + 1;
    if (child >= members.size()) break;
    if (child + 1 < members.size() && members[child + 1]->id.index < members[child]->id.index) ++child;
    if (moving->id.index <= members[child]->id.index) break;
    place(members[child], slot);
    slot = child;
  }
  place(moving, slot);
}

void Group::add(Client& client) {
  members.push_back(&client);
  client.group = this;
  sift_up(members.size() - 1);
}

void Group::remove(Client& client) {
  const size_t slot = client.group_slot;
  Client* const last = members.back();
  members.pop_back();
  if (last != &client) {
    place(last, slot);
    sift_up(slot);
    sift_down(last->group_slot);
  }
  client.group = nullptr;
  client.group_slot = kNowhere;
}

Group* Groups::find(std::string_view tag) const {
  const auto found = groups_.find(tag);
  return found == groups_.end() ? nullptr : found->second.get();
}

Group& Groups::find_or_make(std::string_view tag) {
  if (Group* const group = find(tag)) return *group;
  auto group = std::make_unique<Group>(tag);
  Group& made = *group;
  groups_.emplace(std::string(tag), std::move(group));
  return made;
}

void Groups::drop_if_unused(Group& group) {
  if (!group.members.empty() || !group.pending.empty() || group.listed) return;
  groups_.erase(groups_.find(group.tag));
}

}  // namespace evapid
