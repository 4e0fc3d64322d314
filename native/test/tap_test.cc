// A tap sees what clients do, up to what it was opened for, whoever handles it.
#include "bus.h"
#include "check.h"

namespace evapid::test {

namespace {

std::string told(Bus& bus) {
  std::string text;
  for (const Sighting& sighting : bus.dispatcher.tap().sightings()) {
    if (!text.empty()) text += ' ';
    switch (sighting.kind) {
      case SightingKind::kCame:
        text += "came";
        break;
      case SightingKind::kWent:
        text += "went:" + std::to_string(sighting.detail);
        break;
      case SightingKind::kMessage: {
        const auto bytes = bus.dispatcher.tap().bytes(sighting);
        text += std::to_string(sighting.detail) + ':' +
                std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        break;
      }
    }
  }
  return text;
}

}  // namespace

TEST("a tap sees nothing while it is shut") {
  Bus bus;
  Peer peer = bus.connect();
  peer.send("1:a,");
  CHECK(bus.until_received(peer, 4));
  CHECK(told(bus).empty());
}

TEST("a tap sees who comes what is sent and who goes") {
  Bus bus;
  bus.dispatcher.tap().open(10);
  {
    Peer peer = bus.connect();
    peer.send("5:hello,003:abc,4:wo");
    CHECK(bus.until_received(peer, 14));
    peer.send("rd,");
    CHECK(bus.until_received(peer, 21));
  }
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 0; }));
  CHECK_EQ(told(bus), "came 5:hello 3:abc 4:word went:0");
}

TEST("a tap sees messages that a plan forwards in runs and keeps only their beginnings") {
  const std::vector<uint32_t> words{0, static_cast<uint32_t>(PlanOp::kForward)};
  auto forwarding = Plan::load(PlanEvent::kMessage, words, "");
  REQUIRE(forwarding.has_value());
  Plans plans;
  plans.message = std::move(*forwarding);
  Bus bus({}, Transport::kTcp, std::move(plans));
  Peer peer = bus.connect();
  bus.dispatcher.tap().open(3);
  const std::string large(1000, 'x');
  peer.send("1:a,1000:" + large + ",1:b,1:c,");
  CHECK(bus.until_received(peer, 4 + 1006 + 4 + 4));
  CHECK_EQ(told(bus), "1:a 1000:" + large.substr(0, Tap::kMaxBytes) + " 1:b");
  bus.dispatcher.tap().open(1);
  CHECK(told(bus).empty());
  bus.dispatcher.tap().shut();
  peer.send("1:d,");
  CHECK(bus.until_received(peer, 4 + 1006 + 4 + 4 + 4));
  CHECK(told(bus).empty());
}

TEST("a tap counts who comes and goes beyond its room") {
  Bus bus;
  bus.dispatcher.tap().open(0);
  for (size_t i = 0; i < Tap::kMaxSightings / 2 + 5; ++i) {
    Peer peer = bus.connect();
  }
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().clients == 0; }));
  CHECK_EQ(bus.dispatcher.tap().sightings().size(), Tap::kMaxSightings);
  CHECK_EQ(bus.dispatcher.tap().missed(), 10u);
}

TEST("a tap sees what is read without netstrings") {
  Options options;
  options.netstring = false;
  Bus bus(options);
  Peer peer = bus.connect();
  bus.dispatcher.tap().open(2);
  peer.send("bare");
  CHECK(bus.until_received(peer, 4));
  CHECK_EQ(told(bus), "4:bare");
}

TEST("a tap sees messages of foreign clients") {
  Bus bus;
  bus.dispatcher.tap().open(2);
  const auto id = bus.dispatcher.add_foreign({});
  REQUIRE(id.has_value());
  bus.dispatcher.settle();
  const std::string_view text = "hi";
  CHECK(bus.dispatcher.receive_foreign(*id, {reinterpret_cast<const std::byte*>(text.data()), text.size()}));
  bus.dispatcher.settle();
  CHECK_EQ(told(bus), "came 2:hi");
}

}  // namespace evapid::test
