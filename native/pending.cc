#include "pending.h"

#include <algorithm>

namespace evapid {

void PendingLog::append(Pending& scope, Span&& span, bool may_join) {
  bytes_ += span.size();
  if (may_join && last_scope_ == &scope &&
      scope.spans_.back().span.continued_by(span.chunk.get(), span.begin)) {
    scope.spans_.back().span.end = span.end;
    return;
  }
  scope.spans_.push_back({next_++, std::move(span)});
  last_scope_ = &scope;
  ++entries_;
}

void PendingLog::merge(const Pending* all, const Pending* group, const Pending* own, Sequence since,
                       std::vector<PendingSpan>& out) {
  const auto first = out.size();
  // What a client owns was addressed to it whenever that was: only the shared lists start at `since`.
  const auto take = [&out](const Pending* scope, Sequence from) {
    if (scope == nullptr) return;
    const auto& spans = scope->spans();
    const auto at =
        std::lower_bound(spans.begin(), spans.end(), from,
                         [](const PendingSpan& entry, Sequence value) { return entry.sequence < value; });
    out.insert(out.end(), at, spans.end());
  };
  take(all, since);
  const auto after_all = out.size();
  take(group, since);
  take(own, 0);
  if (out.size() == after_all) return;
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
            [](const PendingSpan& a, const PendingSpan& b) { return a.sequence < b.sequence; });
}

void PendingLog::settle(const Pending* all, const Pending* group, Pending& own, Sequence since) {
  // What of the own list is older than `since` was settled before: only the rest is looked at, so that a
  // client that changes its group with every message costs no more than its messages.
  std::vector<PendingSpan>& spans = own.spans_;
  const auto by_sequence = [](const PendingSpan& a, const PendingSpan& b) { return a.sequence < b.sequence; };
  const auto settled =
      std::lower_bound(spans.begin(), spans.end(), since,
                       [](const PendingSpan& entry, Sequence value) { return entry.sequence < value; }) -
      spans.begin();
  const auto owned = static_cast<std::ptrdiff_t>(spans.size());
  merge(all, group, nullptr, since, spans);
  std::inplace_merge(spans.begin() + settled, spans.begin() + owned, spans.end(), by_sequence);
}

}  // namespace evapid
