// What has been relayed in this turn and not yet flushed.
//
// A relay goes to a scope: everybody, a group, or one client. Each scope keeps its own list; a number that
// counts relays over all scopes says how the lists of one client interleave. So a relay costs the same for
// one client and for ten thousand, and a client still gets its messages in the order in which they were
// relayed.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "chunk.h"

namespace evapid {

using Sequence = uint64_t;

struct PendingSpan {
  Sequence sequence;
  Span span;
};

class Pending {
 public:
  bool empty() const { return spans_.empty(); }
  const std::vector<PendingSpan>& spans() const { return spans_; }
  void clear() {
    spans_.clear();
    collected_ = 0;
  }
  // Those that have not been collected for foreign clients yet; from now on they have.
  std::span<const PendingSpan> collect() {
    const std::span<const PendingSpan> fresh(spans_.data() + collected_, spans_.size() - collected_);
    collected_ = spans_.size();
    return fresh;
  }

 private:
  friend class PendingLog;

  std::vector<PendingSpan> spans_;
  size_t collected_ = 0;
};

// Appends to scopes and numbers what is appended.
class PendingLog {
 public:
  // The number that the next relay gets: a client that joins now is owed nothing before it.
  Sequence next() const { return next_; }

  // Adds a span to a scope. A span that continues the scope's last one in memory becomes part of it, if
  // nothing happened in between that this would overtake: then a burst of frames is one span, and one entry
  // of a writev.
  void append(Pending& scope, Span&& span, bool may_join);
  // From here on nothing joins what is there: somebody has looked at the lists.
  void fence() { last_scope_ = nullptr; }

  size_t entries() const { return entries_; }
  size_t bytes() const { return bytes_; }
  // Everything was flushed; the caller clears the scopes.
  void flushed() {
    entries_ = 0;
    bytes_ = 0;
    last_scope_ = nullptr;
  }

  // Appends to `out`, in order of relay, what of these scopes (any may be nullptr) was relayed at `since` or
  // later.
  static void merge(const Pending* all, const Pending* group, const Pending* own, Sequence since,
                    std::vector<PendingSpan>& out);
  // The client's own list becomes all that it is owed: it may then change its group, or leave.
  static void settle(const Pending* all, const Pending* group, Pending& own, Sequence since);

 private:
  Sequence next_ = 0;
  const Pending* last_scope_ = nullptr;
  size_t entries_ = 0;
  size_t bytes_ = 0;
};

}  // namespace evapid
