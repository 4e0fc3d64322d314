#include "group.h"

namespace evapid {

void Group::add(Client& client) {
  heap_.add(client);
  client.group = this;
  client.group_before = addressed;
  foreign_members += client.foreign ? 1 : 0;
}

void Group::remove(Client& client) {
  heap_.remove(client);
  client.addressed += addressed - client.group_before;
  foreign_members -= client.foreign ? 1 : 0;
  client.group = nullptr;
  client.group_slot = kNowhere;
}

Group* Groups::find(std::string_view tag) const {
  const auto found = groups_.find(tag);
  return found == groups_.end() ? nullptr : found->second.get();
}

Group& Groups::find_or_make(std::string_view tag) {
  if (Group* const group = find(tag)) return *group;
  auto group = std::make_unique<Group>(tag, ++last_number_);
  Group& made = *group;
  groups_.emplace(std::string(tag), std::move(group));
  return made;
}

void Groups::drop_if_unused(Group& group) {
  if (!group.members().empty() || !group.pending.empty() || group.listed) return;
  groups_.erase(groups_.find(group.tag));
}

}  // namespace evapid
