// A list of elements that know their own neighbours: any of them is taken out at once, and nothing is
// allocated.
#pragma once

#include <cstddef>

namespace evapid {

// `Before` and `Behind` are the members of T that hold its neighbours.
template <typename T, auto Before, auto Behind>
class IntrusiveList {
 public:
  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  T* first() const { return first_; }

  // Behind all others.
  void add(T& item) {
    item.*Before = last_;
    item.*Behind = nullptr;
    (last_ == nullptr ? first_ : last_->*Behind) = &item;
    last_ = &item;
    ++size_;
  }

  void remove(T& item) {
    T* const before = item.*Before;
    T* const behind = item.*Behind;
    (before == nullptr ? first_ : before->*Behind) = behind;
    (behind == nullptr ? last_ : behind->*Before) = before;
    --size_;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace evapid
