// A dispatcher with routes written in C++: what the tests of the whole core stand on. Each route can be
// replaced; without that, every client is admitted and every message is relayed to everybody.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "dispatcher.h"
#include "frames.h"
#include "peer.h"
#include "sending.h"

namespace evapid::test {

enum class Transport { kTcp, kUnix };

class Bus final : private Routes {
 public:
  struct Message {
    ClientId client;
    std::string_view text;
    const ReceivedFrame& frame;
  };

  explicit Bus(const Options& options = {}, Transport transport = Transport::kTcp, Plans plans = {})
      : dispatcher(options, *this, std::move(plans)) {
    for (size_t which = 0; which < 2; ++which) dispatcher.ring(which).use_memory(memory_[which].data());
    Opened opened;
    if (transport == Transport::kTcp) {
      opened = listen_tcp("127.0.0.1", 0);
    } else {
      char pattern[] = "/tmp/evapid-test-XXXXXX";
      directory_ = mkdtemp(pattern);
      opened = listen_unix(directory_ / "bus");
    }
    REQUIRE(opened.error == 0);
    listener = opened.fd.get();
    REQUIRE(dispatcher.listen(std::move(opened.fd)) == 0);
  }
  ~Bus() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  // Turns until `done`, at most for ten seconds; returns whether it is.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (Clock::now() > deadline) return false;
      turn(2);
    }
    return true;
  }
  // One turn, as a host has it: once the loop's descriptor is readable.
  void turn(int wait_ms = 0) {
    pollfd host{dispatcher.loop().fd(), POLLIN, 0};
    if (::poll(&host, 1, wait_ms) > 0) dispatcher.turn();
  }
  // Turns until there is nothing to do for some milliseconds.
  void run_until_idle(int quiet_ms = 10) {
    for (int turns = 0; turns < 100'000; ++turns) {
      pollfd host{dispatcher.loop().fd(), POLLIN, 0};
      if (::poll(&host, 1, quiet_ms) <= 0) return;
      dispatcher.turn();
    }
    fail(__FILE__, __LINE__, "the bus does not come to rest");
  }
  // A peer that is connected and admitted.
  Peer connect(int receive_buffer = 0) {
    const uint64_t before = dispatcher.stats().accepted + dispatcher.stats().rejected;
    Peer peer(listener, receive_buffer);
    CHECK(run_until([&] { return dispatcher.stats().accepted + dispatcher.stats().rejected > before; }));
    run_until_idle(0);
    return peer;
  }
  bool until_received(Peer& peer, size_t bytes) {
    return run_until([&] { return peer.read().size() >= bytes || peer.gone(); }) &&
           peer.received().size() == bytes;
  }
  bool until_gone(Peer& peer) {
    return run_until([&] {
      peer.read();
      return peer.gone();
    });
  }

  void relay(std::string_view text) { dispatcher.relay(encoded(text)); }
  void multicast(std::string_view text, std::string_view tag) { dispatcher.multicast(encoded(text), tag); }
  void unicast(std::string_view text, std::string_view tag) { dispatcher.unicast(encoded(text), tag); }
  // What goes out for data that a route has made.
  Span encoded(std::string_view text) {
    const size_t size = netstring::kMaxHeader + text.size() + 1;
    ChunkRef chunk =
        size > ChunkPool::kChunkSize ? dispatcher.pool().take_large(size) : dispatcher.pool().take();
    std::memcpy(chunk->data() + netstring::kMaxHeader, text.data(), text.size());
    return dispatcher.outgoing(*chunk, netstring::kMaxHeader, text.size());
  }
  void relay(const Message& message) { dispatcher.relay(dispatcher.outgoing(message.frame)); }

  size_t count(EventKind kind) const {
    size_t number = 0;
    for (const Event& event : events) number += event.kind == static_cast<uint32_t>(kind);
    return number;
  }
  const Event* last(EventKind kind) const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (event->kind == static_cast<uint32_t>(kind)) return &*event;
    }
    return nullptr;
  }

 private:
  void on_events(const EventRing& ring) override {
    CHECK(!in_routes_);
    in_routes_ = true;
    for (size_t i = 0; i < ring.size(); ++i) {
      const Event event = ring[i];
      const ClientId id{event.client, event.generation};
      events.push_back(event);
      switch (static_cast<EventKind>(event.kind)) {
        case EventKind::kConnectionNew:
          CHECK(dispatcher.find(id) != nullptr);
          on_new(id);
          break;
        case EventKind::kMessage: {
          const Chunk* const chunk = dispatcher.pool().find(event.a);
          REQUIRE(chunk == ring.frame(i).chunk && chunk->references() > 0);
          if (dispatcher.find(id) == nullptr) ++messages_of_nobody;
          on_message({id, text_of(chunk->data() + event.b, event.c), ring.frame(i)});
          break;
        }
        case EventKind::kConnectionClosed:
          CHECK(dispatcher.find(id) != nullptr);
          on_closed(id, static_cast<CloseReason>(event.a));
          break;
        case EventKind::kExchanged:
          on_exchanged();
          break;
        default:
          break;
      }
    }
    in_routes_ = false;
  }

  std::filesystem::path directory_;
  std::vector<Event> memory_[2] = {std::vector<Event>(EventRing::kCapacity),
                                   std::vector<Event>(EventRing::kCapacity)};
  bool in_routes_ = false;

 public:
  std::function<void(ClientId)> on_new = [this](ClientId id) { dispatcher.admit(id); };
  std::function<void(const Message&)> on_message = [this](const Message& message) { relay(message); };
  std::function<void(ClientId, CloseReason)> on_closed = [](ClientId, CloseReason) {};
  std::function<void()> on_exchanged = [] {};
  std::vector<Event> events;
  size_t messages_of_nobody = 0;  // whose client could not be found any more
  int listener = -1;
  Dispatcher dispatcher;
};

// What a dispatcher does without routes: relays every message as it came.
inline Plans relay_everything() {
  const uint32_t words[] = {0, static_cast<uint32_t>(PlanOp::kForward)};
  Plans plans;
  plans.message = Plan::load(PlanEvent::kMessage, words, "");
  REQUIRE(plans.message.has_value());
  return plans;
}

inline bool same(ClientId a, ClientId b) {
  return a.index == b.index && a.generation == b.generation;
}

}  // namespace evapid::test
