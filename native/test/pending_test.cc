// What is relayed and not yet flushed: order over scopes, joining, settling.
#include "pending.h"

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

// A chunk that frames are taken from one after the other, as a receiver does.
class Tape {
 public:
  Span next(std::string_view text) {
    std::memcpy(chunk_->data() + used_, text.data(), text.size());
    used_ += text.size();
    return {chunk_, used_ - text.size(), used_};
  }
  void skip(size_t bytes) { used_ += bytes; }

 private:
  ChunkPool pool_;
  ChunkRef chunk_ = pool_.take();
  size_t used_ = 0;
};

std::string text_of(const std::vector<PendingSpan>& spans) {
  std::string text;
  for (const PendingSpan& entry : spans) text += test::text_of(entry.span);
  return text;
}

std::string merged(const Pending* all, const Pending* group, const Pending* own, Sequence since = 0) {
  std::vector<PendingSpan> out;
  PendingLog::merge(all, group, own, since, out);
  return text_of(out);
}

}  // namespace

TEST("a client gets what was relayed to everybody, its group and itself in the order of the relays") {
  Tape tape;
  PendingLog log;
  Pending all;
  Pending group;
  Pending own;
  log.append(all, tape.next("1:a,"), true);
  log.append(own, tape.next("1:b,"), true);
  log.append(group, tape.next("1:c,"), true);
  log.append(all, tape.next("1:d,"), true);
  log.append(own, tape.next("1:e,"), true);
  CHECK_EQ(merged(&all, &group, &own), "1:a,1:b,1:c,1:d,1:e,");
  CHECK_EQ(merged(&all, &group, nullptr), "1:a,1:c,1:d,");
  CHECK_EQ(merged(&all, nullptr, nullptr), "1:a,1:d,");
  CHECK_EQ(merged(nullptr, nullptr, nullptr), "");
  CHECK_EQ(log.entries(), 5);
  CHECK_EQ(log.bytes(), 20);
}

TEST("frames that follow each other in memory and in order of relay become one span") {
  Tape tape;
  PendingLog log;
  Pending all;
  Pending own;
  log.append(all, tape.next("1:a,"), true);
  log.append(all, tape.next("1:b,"), true);
  CHECK_EQ(all.spans().size(), 1);
  CHECK_EQ(log.entries(), 1);
  tape.skip(1);  // a blank between two frames
  log.append(all, tape.next("1:c,"), true);
  CHECK_EQ(all.spans().size(), 2);
  log.append(own, tape.next("1:d,"), true);
  log.append(all, tape.next("1:e,"), true);  // would overtake d
  CHECK_EQ(all.spans().size(), 3);
  log.append(all, tape.next("raw"), false);
  CHECK_EQ(all.spans().size(), 4);
  CHECK_EQ(merged(&all, nullptr, &own), "1:a,1:b,1:c,1:d,1:e,raw");
}

TEST("behind a fence nothing joins what is there") {
  Tape tape;
  PendingLog log;
  Pending all;
  log.append(all, tape.next("1:a,"), true);
  log.fence();
  const Sequence since = log.next();
  log.append(all, tape.next("1:b,"), true);
  log.append(all, tape.next("1:c,"), true);
  CHECK_EQ(all.spans().size(), 2);
  CHECK_EQ(merged(&all, nullptr, nullptr, since), "1:b,1:c,");
}

TEST("what a client owns counts whenever it was relayed, what it shares only since it is owed it") {
  Tape tape;
  PendingLog log;
  Pending all;
  Pending group;
  Pending own;
  log.append(all, tape.next("1:a,"), true);
  log.append(own, tape.next("1:b,"), true);
  log.append(group, tape.next("1:c,"), true);
  log.fence();
  const Sequence since = log.next();
  log.append(group, tape.next("1:d,"), true);
  log.append(all, tape.next("1:e,"), true);
  CHECK_EQ(merged(&all, &group, &own, since), "1:b,1:d,1:e,");
}

TEST("a client that has settled keeps its place in the order and may change its group") {
  Tape tape;
  PendingLog log;
  Pending all;
  Pending first_group;
  Pending second_group;
  Pending own;
  log.append(all, tape.next("1:a,"), true);
  log.append(second_group, tape.next("1:x,"), true);
  log.append(first_group, tape.next("1:b,"), true);
  log.append(own, tape.next("1:c,"), true);
  log.fence();
  PendingLog::settle(&all, &first_group, own, 0);
  Sequence since = log.next();
  log.append(first_group, tape.next("1:y,"), true);
  log.append(second_group, tape.next("1:d,"), true);
  log.append(own, tape.next("1:e,"), true);
  log.append(all, tape.next("1:f,"), true);
  CHECK_EQ(merged(&all, &second_group, &own, since), "1:a,1:b,1:c,1:d,1:e,1:f,");
  log.fence();
  PendingLog::settle(&all, &second_group, own, since);
  since = log.next();
  CHECK_EQ(merged(&all, nullptr, &own, since), "1:a,1:b,1:c,1:d,1:e,1:f,");
}

TEST("after a flush nothing is pending and nothing joins what was flushed") {
  Tape tape;
  PendingLog log;
  Pending all;
  log.append(all, tape.next("1:a,"), true);
  all.clear();
  log.flushed();
  CHECK(all.empty());
  CHECK_EQ(log.entries(), 0);
  CHECK_EQ(log.bytes(), 0);
  const Sequence before = log.next();
  log.append(all, tape.next("1:b,"), true);
  CHECK_EQ(all.spans().size(), 1);
  CHECK_EQ(all.spans()[0].sequence, before);
  CHECK_EQ(text_of(all.spans()), "1:b,");
}

}  // namespace evapid::test
