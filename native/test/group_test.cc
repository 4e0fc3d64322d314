// Groups by tag, and the allocator of connection indexes: both promise the lowest index.
#include "group.h"

#include <set>

#include "check.h"
#include "frames.h"
#include "index_allocator.h"

namespace evapid::test {

namespace {

std::unique_ptr<Client> client_of_index(uint32_t index) {
  return std::make_unique<Client>([](IoWatcher&, uint32_t) {}, nullptr, ClientId{index, 1}, Fd(), Address{});
}

}  // namespace

TEST("a group's lowest member is the lowest, whoever joins and leaves") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  constexpr uint32_t kClients = 64;
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < kClients; ++i) clients.push_back(client_of_index(i));
  Group group("tag", 1);
  std::set<uint32_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto index = static_cast<uint32_t>(below(random, kClients));
    if (model.insert(index).second) {
      group.add(*clients[index]);
    } else {
      model.erase(index);
      group.remove(*clients[index]);
      CHECK(clients[index]->group == nullptr);
    }
    REQUIRE(group.members().size() == model.size());
    const Client* const lowest = group.lowest();
    if (model.empty() ? lowest != nullptr : lowest == nullptr || lowest->id.index != *model.begin()) {
      fail(__FILE__, __LINE__, "not the lowest; EVAPID_SEED=" + std::to_string(seed));
      return;
    }
  }
  for (const Client* const member : group.members()) {
    CHECK(member->group == &group);
    CHECK(group.members()[member->group_slot] == member);
  }
}

TEST("groups are told apart byte for byte and live while they are used") {
  Groups groups;
  const std::string with_nul("a\0b", 3);
  Group& first = groups.find_or_make("a");
  Group& second = groups.find_or_make(with_nul);
  CHECK(&first != &second);
  CHECK(&groups.find_or_make("a") == &first);
  CHECK(groups.find(with_nul) == &second);
  CHECK(groups.find("A") == nullptr);
  CHECK_EQ(groups.size(), 2);

  const auto client = client_of_index(3);
  first.add(*client);
  groups.drop_if_unused(first);
  CHECK(groups.find("a") == &first);
  first.remove(*client);
  first.listed = true;
  groups.drop_if_unused(first);
  CHECK(groups.find("a") == &first);
  first.listed = false;
  groups.drop_if_unused(first);
  CHECK(groups.find("a") == nullptr);
  CHECK_EQ(groups.size(), 1);
}

TEST("an index that is taken is the lowest free one") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  IndexAllocator indexes;
  std::set<uint32_t> free;
  std::vector<uint32_t> taken;
  uint32_t never_used = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (taken.empty() || below(random, 2) == 0) {
      const uint32_t expected = free.empty() ? never_used++ : *free.begin();
      free.erase(expected);
      const uint32_t index = indexes.take();
      if (index != expected)
        return fail(__FILE__, __LINE__, "not the lowest; EVAPID_SEED=" + std::to_string(seed));
      taken.push_back(index);
    } else {
      const size_t which = below(random, taken.size());
      indexes.give_back(taken[which]);
      free.insert(taken[which]);
      taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
}

}  // namespace evapid::test
