// Plans: what is refused when one is loaded, and what those do that are not. That a plan does the same as
// JavaScript does is tested where both can be run, in test/property.
#include <array>

#include "bus.h"
#include "check.h"
#include "peer.h"

namespace evapid::test {

namespace {

template <typename... Words>
std::vector<uint32_t> words_of(Words... words) {
  return {static_cast<uint32_t>(words)...};
}

std::optional<Plan> loaded(PlanEvent event, const std::vector<uint32_t>& words, std::string bytes = "") {
  return Plan::load(event, words, std::move(bytes));
}

std::optional<Plan> loaded(const std::vector<uint32_t>& words, std::string bytes = "") {
  return loaded(PlanEvent::kMessage, words, std::move(bytes));
}

// relay('<prefix> $evapi(conidx)')
Plan announcing(PlanEvent event, const std::string& prefix) {
  auto plan = loaded(event,
                     words_of(1, 2, PlanPartKind::kLiteral, 0, prefix.size(), PlanPartKind::kConnectionIndex,
                              0, 0, PlanOp::kRelay, 0),
                     prefix);
  REQUIRE(plan.has_value());
  return std::move(*plan);
}

}  // namespace

TEST("a plan that makes no sense is not loaded") {
  CHECK(loaded(words_of(0)).has_value());
  CHECK(!loaded({}).has_value());
  CHECK(!loaded(words_of(1)).has_value());                                          // no template
  CHECK(!loaded(words_of(1, 1, PlanPartKind::kLiteral, 0)).has_value());            // cut
  CHECK(!loaded(words_of(1, 1, 99, 0, 0)).has_value());                             // unknown part
  CHECK(!loaded(words_of(1, 1, PlanPartKind::kLiteral, 0, 4), "abc").has_value());  // beyond the bytes
  CHECK(!loaded(words_of(1, 1, PlanPartKind::kLiteral, 4, 0), "abc").has_value());  //
  CHECK(!loaded(words_of(1, 1, PlanPartKind::kLiteral, 2, UINT32_MAX), "abc").has_value());  //
  CHECK(!loaded(words_of(0, 99)).has_value());                               // unknown operation
  CHECK(!loaded(words_of(0, 0)).has_value());                                //
  CHECK(!loaded(words_of(0, PlanOp::kRelay)).has_value());                   // no operand
  CHECK(!loaded(words_of(0, PlanOp::kRelay, 0)).has_value());                // no such template
  CHECK(!loaded(words_of(0, PlanOp::kTruth, 2)).has_value());                //
  CHECK(!loaded(words_of(0, PlanOp::kCompare, 6, 0, 0, 0, 0)).has_value());  //
  CHECK(!loaded(words_of(0, PlanOp::kCompare, 0, 3, 0, 0, 0)).has_value());  //
  CHECK(!loaded(words_of(0, PlanOp::kCompare, 0, 0, 0, 0)).has_value());     //
}

TEST("jumps go forward, and to where an operation begins") {
  CHECK(loaded(words_of(0, PlanOp::kJump, 2)).has_value());
  CHECK(loaded(words_of(0, PlanOp::kJump, 3, PlanOp::kNot)).has_value());
  CHECK(!loaded(words_of(0, PlanOp::kJump, 0)).has_value());
  CHECK(!loaded(words_of(0, PlanOp::kNot, PlanOp::kJump, 0)).has_value());
  CHECK(!loaded(words_of(0, PlanOp::kJump, 1)).has_value());
  CHECK(!loaded(words_of(0, PlanOp::kJump, 3)).has_value());
  CHECK(!loaded(words_of(0, PlanOp::kJumpIfTrue, 3, PlanOp::kTruth, 1)).has_value());
}

TEST("a plan for another event than a message has none to relay") {
  const auto relay = words_of(1, 1, PlanPartKind::kMessage, 0, 0, PlanOp::kRelay, 0);
  CHECK(loaded(PlanEvent::kMessage, relay).has_value());
  CHECK(!loaded(PlanEvent::kConnectionNew, relay).has_value());
  CHECK(!loaded(PlanEvent::kConnectionClosed, relay).has_value());
  CHECK(!loaded(PlanEvent::kConnectionNew, words_of(0, PlanOp::kForward)).has_value());
}

TEST("plans for connections run for each, and the routes are told nothing") {
  Options options;
  options.tell_connection_new = options.tell_message = options.tell_connection_closed = false;
  Plans plans;
  plans.connection_new = announcing(PlanEvent::kConnectionNew, "new ");
  plans.connection_closed = announcing(PlanEvent::kConnectionClosed, "gone ");
  Bus bus(options, Transport::kTcp, std::move(plans));
  Peer first = bus.connect();
  {
    Peer second = bus.connect();
    CHECK(bus.until_received(first, 16));
  }
  CHECK(bus.until_received(first, 25));
  CHECK_EQ(first.received(), "5:new 0,5:new 1,6:gone 1,");
  CHECK_EQ(bus.events.size(), 0);
  CHECK_EQ(bus.dispatcher.stats().clients, 1);
  Peer third = bus.connect();  // its index is free again
  CHECK(bus.until_received(third, 8));
  CHECK_EQ(third.received(), "5:new 1,");
}

TEST(
    "a plan that closes its client in the middle of a batch: the rest is not handled, and its "
    "connection-closed runs") {
  // when(eq(msg, 'bye'), close()), relay(msg)
  auto closing =
      loaded(words_of(2, 1, PlanPartKind::kMessage, 0, 0, 1, PlanPartKind::kLiteral, 0, 3, PlanOp::kEqual, 0,
                      1, PlanOp::kJumpIfFalse, 6, PlanOp::kClose, PlanOp::kRelay, 0),
             "bye");
  REQUIRE(closing.has_value());
  Options options;
  options.tell_connection_new = options.tell_message = options.tell_connection_closed = false;
  Plans plans;
  plans.message = std::move(closing);
  plans.connection_closed = announcing(PlanEvent::kConnectionClosed, "gone ");
  Bus bus(options, Transport::kTcp, std::move(plans));
  Peer other = bus.connect();
  Peer leaver = bus.connect();
  leaver.send("1:a,3:bye,1:b,");
  CHECK(bus.until_gone(leaver));
  CHECK_EQ(leaver.received(), "1:a,");
  CHECK(bus.until_received(other, 4 + 6 + 9));
  CHECK_EQ(other.received(), "1:a,3:bye,6:gone 1,");
}

TEST("what one run of a plan relays is bounded by context_mlimit") {
  auto twice = loaded(words_of(1, 1, PlanPartKind::kMessage, 0, 0, PlanOp::kRelay, 0, PlanOp::kRelay, 0));
  REQUIRE(twice.has_value());
  Options options;
  options.context_mlimit = 1;
  Plans plans;
  plans.message = std::move(twice);
  Bus bus(options, Transport::kTcp, std::move(plans));
  Peer peer = bus.connect();
  peer.send("1:a,1:b,");
  CHECK(bus.until_received(peer, 8));
  CHECK_EQ(peer.received(), "1:a,1:b,");
  CHECK_EQ(bus.dispatcher.stats().relays_refused, 2);
}

TEST("whatever words are loaded, a plan ends and touches nothing that is not its own") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  size_t valid = 0;
  for (int run = 0; run < 20; ++run) {
    Options options;
    options.tell_connection_closed = false;
    Plans plans;
    // Small numbers are often operations and places; a few templates so that there is something to point to.
    while (!plans.message) {
      auto words = words_of(3, 1, PlanPartKind::kMessage, 0, 0, 2, PlanPartKind::kLiteral, 0, 3,
                            PlanPartKind::kSourcePort, 0, 0, 0);
      const size_t more = below(random, 24);
      for (size_t i = 0; i < more; ++i) words.push_back(static_cast<uint32_t>(below(random, 16)));
      plans.message = loaded(words, "abc");
      if (plans.message && plans.message->code().size() < 4 && below(random, 8) > 0) plans.message.reset();
    }
    ++valid;
    Bus bus(options, Transport::kTcp, std::move(plans));
    Peer peer = bus.connect();
    Peer other = bus.connect();
    peer.send("0:,3:abc,1:x,");
    other.send("5:hello,");
    bus.run_until_idle(1);
    peer.read();
    other.read();
  }
  CHECK_EQ(valid, 20);
}

}  // namespace evapid::test
