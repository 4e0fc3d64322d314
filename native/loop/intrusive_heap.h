// A binary heap of pointers to elements that know their own place in it, so that any of them can be taken out
// in O(log n).
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace evapid {

// `Slot` is the member of T that holds its place; `Before` says whether one element comes before another.
template <typename T, auto Slot, typename Before>
class IntrusiveHeap {
 public:
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  // The element that comes before all others.
  T* first() const { return items_.front(); }
  // All of them, in no particular order but for the first.
  const std::vector<T*>& items() const { return items_; }

  void add(T& item) {
    items_.push_back(&item);
    sift_up(items_.size() - 1);
  }

  void remove(T& item) {
    const size_t slot = item.*Slot;
    T* const last = items_.back();
    items_.pop_back();
    if (last == &item) return;
    place(last, slot);
    sift_up(slot);
    sift_down(last->*Slot);
  }

 private:
  using SlotType = std::remove_reference_t<decltype(std::declval<T&>().*Slot)>;

  void place(T* item, size_t slot) {
    items_[slot] = item;
    item->*Slot = static_cast<SlotType>(slot);
  }

  void sift_up(size_t slot) {
    T* const moving = items_[slot];
    while (slot > 0) {
      const size_t parent = (slot - 1) / 2;
      if (!Before{}(*moving, *items_[parent])) break;
      place(items_[parent], slot);
      slot = parent;
    }
    place(moving, slot);
  }

  void sift_down(size_t slot) {
    T* const moving = items_[slot];
    for (;;) {
      size_t child = 2 * slot + 1;
      if (child >= items_.size()) break;
      if (child + 1 < items_.size() && Before{}(*items_[child + 1], *items_[child])) ++child;
      if (!Before{}(*items_[child], *moving)) break;
      place(items_[child], slot);
      slot = child;
    }
    place(moving, slot);
  }

  std::vector<T*> items_;
};

}  // namespace evapid
