#include "group.h"

namespace evapid {

void Group::add(Client& client) {
  heap_.add(client);
  client.group = this;
}

void Group::remove(Client& client) {
  heap_.remove(client);
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
  if (!group.members().empty() || !group.pending.empty() || group.listed) return;
  groups_.erase(groups_.find(group.tag));
}

}  // namespace evapid
