// Random interleavings of relay, multicast, unicast, set_tag, close and comings and goings over real sockets,
// against a model that is a few lines long: each client must see exactly what the model says, byte for byte.
#include <functional>
#include <map>

#include "bus.h"
#include "check.h"
#include "dispatcher.h"

namespace evapid::test {

namespace {

// What the bus promises, without sockets, turns, spans or groups.
class Model {
 public:
  struct Subscriber {
    std::string tag;
    std::string due;
    bool present = true;
  };
  using Key =
      std::pair<uint32_t, uint32_t>;  // index and generation: the order of the keys is that of the indexes

  void join(ClientId id) { subscribers_[key(id)]; }
  void leave(ClientId id) { subscribers_[key(id)].present = false; }
  // When a client that ends by itself has gone is the bus's business: this says so before each relay.
  void leave_if(const std::function<bool(ClientId)>& gone) {
    for (auto& [key, subscriber] : subscribers_) {
      if (subscriber.present && gone({key.first, key.second})) subscriber.present = false;
    }
  }
  void set_tag(ClientId id, std::string_view tag) {
    if (present(id)) subscribers_[key(id)].tag = tag;
  }
  void relay(std::string_view text) {
    for (auto& [key, subscriber] : subscribers_) give(subscriber, text);
  }
  void multicast(std::string_view text, std::string_view tag) {
    for (auto& [key, subscriber] : subscribers_) {
      if (subscriber.tag == tag) give(subscriber, text);
    }
  }
  void unicast(std::string_view text, std::string_view tag) {
    for (auto& [key, subscriber] : subscribers_) {
      if (!subscriber.present || subscriber.tag != tag) continue;
      return give(subscriber, text);
    }
  }
  bool present(ClientId id) const {
    const auto found = subscribers_.find(key(id));
    return found != subscribers_.end() && found->second.present;
  }
  const std::string& due(ClientId id) { return subscribers_[key(id)].due; }

 private:
  static Key key(ClientId id) { return {id.index, id.generation}; }
  static void give(Subscriber& subscriber, std::string_view text) {
    if (subscriber.present) subscriber.due += frame(text);
  }

  std::map<Key, Subscriber> subscribers_;
};

// One run: peers send commands as messages, the routes carry them out on the bus and on the model alike.
class Run {
 public:
  Run(uint32_t seed, const Options& options, Transport transport)
      : random_(seed), seed_(seed), bus_(options, transport) {
    bus_.on_new = [this](ClientId id) { on_new(id); };
    bus_.on_message = [this](const Bus::Message& message) { on_message(message); };
    bus_.on_closed = [this](ClientId id, CloseReason) {
      model_.leave(id);
      if (below(random_, 3) == 0) relay_data("gone " + std::to_string(id.index));
    };
  }

  void go(int steps) {
    for (int i = 0; i < 3; ++i) come();
    for (int step = 0; step < steps; ++step) {
      switch (below(random_, 12)) {
        case 0:
          if (clients_.size() < 12) come();
          break;
        case 1:
          go_away();
          break;
        case 2:
          relay_data("outside " + std::to_string(step));
          if (below(random_, 2) == 0) bus_.dispatcher.flush();
          if (below(random_, 2) == 0) bus_.dispatcher.settle();
          break;
        case 3:
        case 4:
          bus_.turn(1);
          break;
        case 5:
          for (auto& client : clients_) client.peer.read(1 + below(random_, 200'000));
          break;
        default:
          talk();
          break;
      }
    }
    finish();
  }

 private:
  struct Connected {
    Peer peer;
    ClientId id;
    std::string unsent{};  // cut in the middle of a message, perhaps
    bool leaving = false;
  };

  void complain(const std::string& what) {
    fail(__FILE__, __LINE__, what + "; EVAPID_SEED=" + std::to_string(seed_));
  }

  // --- routes

  void on_new(ClientId id) {
    bus_.dispatcher.admit(id);
    model_.join(id);
    newest_ = id;
    if (below(random_, 2) == 0) relay_data("welcome " + std::to_string(id.index));
  }

  void on_message(const Bus::Message& message) {
    notice_the_gone();
    const std::string_view text = message.text;
    const std::string_view tag = text.size() > 1 ? text.substr(1, 1) : "";
    const bool as_it_came = below(random_, 2) == 0;
    switch (text.empty() ? 'R' : text[0]) {
      case 'T':
        bus_.dispatcher.set_tag(message.client, tag);
        model_.set_tag(message.client, tag);
        return;
      case 'C':
        bus_.dispatcher.close(message.client, CloseReason::kRoute);
        return model_.leave(message.client);
      case 'F':
        return bus_.dispatcher.flush();
      case 'S':
        return bus_.dispatcher.settle();
      case 'M':
        bus_.dispatcher.multicast(span_of(message, as_it_came), tag);
        return model_.multicast(text, tag);
      case 'U':
        bus_.dispatcher.unicast(span_of(message, as_it_came), tag);
        return model_.unicast(text, tag);
      default:
        bus_.dispatcher.relay(span_of(message, as_it_came));
        return model_.relay(text);
    }
  }
  Span span_of(const Bus::Message& message, bool as_it_came) {
    return as_it_came ? bus_.dispatcher.outgoing(message.frame) : bus_.encoded(message.text);
  }
  void relay_data(const std::string& text) {
    notice_the_gone();
    bus_.relay(text);
    model_.relay(text);
  }

  // Only those may be gone that have said so.
  void notice_the_gone() {
    model_.leave_if([this](ClientId id) {
      const Client* const client = bus_.dispatcher.find(id);
      if (client != nullptr && client->reachable()) return false;
      for (const Connected& connected : clients_) {
        if (same(connected.id, id) && !connected.leaving && !shut_down_)
          complain("a client is gone that was to stay");
      }
      return true;
    });
  }

  // --- peers

  void come() {
    Peer peer(bus_.listener, below(random_, 4) == 0 ? 4096 : 0);
    newest_ = {kNowhere, 0};
    if (!bus_.run_until([&] { return newest_.index != kNowhere; })) complain("nobody was accepted");
    clients_.push_back({std::move(peer), newest_});
  }

  void go_away() {
    if (clients_.size() < 3) return;
    Connected& client = clients_[below(random_, clients_.size())];
    if (client.leaving || !client.peer.open()) return;
    client.leaving = true;
    if (below(random_, 2) == 0) {
      client.peer.half_close();  // it must still get all that is due to it
    } else {
      check_prefix(client);
      client.peer.reset();
    }
  }

  void talk() {
    Connected& client = clients_[below(random_, clients_.size())];
    if (client.leaving || !client.peer.open()) return;
    std::string text = std::move(client.unsent);
    for (size_t i = 1 + below(random_, 30); i > 0; --i) {
      text += std::string(below(random_, 4) == 0 ? 1 : 0, '\n');
      text += std::string(below(random_, 4) == 0 ? 1 : 0, '0');
      const std::string next = command();
      text += frame(next);
      if (next == "C") return say_last(client, text);
    }
    const size_t cut = below(random_, 2) == 0 ? text.size() : below(random_, text.size() + 1);
    client.unsent = text.substr(cut);
    client.peer.send(text.substr(0, cut));
  }

  // Who has asked to be closed says no more: this run is about order, what becomes of bytes that cross the
  // close has a test of its own.
  void say_last(Connected& client, const std::string& text) {
    client.leaving = true;
    client.peer.send(text);
  }

  std::string command() {
    constexpr std::string_view kTags = "abc";
    const std::string tag(1, kTags[below(random_, kTags.size())]);
    const size_t size = below(random_, 150) == 0 ? below(random_, 100'000) : below(random_, 30);
    const std::string data = std::to_string(++number_) + random_bytes(random_, size);
    switch (below(random_, 100)) {
      case 0:
        return "C";
      case 1:
        return "F";
      case 2:
        return "S";
      case 3:
        return "";
      default:
        break;
    }
    switch (below(random_, 6)) {
      case 0:
        return "T" + (below(random_, 4) == 0 ? "" : tag);
      case 1:
      case 2:
        return "M" + tag + data;
      case 3:
        return "U" + tag + data;
      default:
        return "R" + data;
    }
  }

  // --- what they have seen

  void check_prefix(Connected& client) {
    if (!model_.due(client.id).starts_with(client.peer.read()))
      complain("a client got what was not due to it");
  }

  // Everybody sends and reads to the end; those who stay are then closed by the bus.
  void finish() {
    const auto quiet = [&] {
      for (Connected& client : clients_) {
        if (!client.peer.open()) continue;
        if (!client.leaving) {
          client.peer.send(client.unsent);
          client.unsent.clear();
        }
        client.peer.push();
        client.peer.read();
      }
    };
    for (int round = 0; round < 50; ++round) {
      quiet();
      bus_.run_until_idle(1);
    }
    shut_down_ = true;
    bus_.dispatcher.shutdown();
    bus_.run_until([&] {
      quiet();
      for (const Connected& client : clients_) {
        if (client.peer.open() && !client.peer.gone()) return false;
      }
      return bus_.dispatcher.stats().clients == 0;
    });
    bus_.run_until_idle(1);
    for (Connected& client : clients_) {
      if (!client.peer.open()) continue;
      check_prefix(client);
      if (client.peer.was_reset()) complain("a client was reset");
      if (client.peer.received() != model_.due(client.id)) {
        complain("client " + std::to_string(client.id.index) + " got " +
                 std::to_string(client.peer.received().size()) + " bytes, not " +
                 std::to_string(model_.due(client.id).size()));
      }
    }
    if (bus_.dispatcher.stats().clients != 0) complain("clients are left");
    if (bus_.dispatcher.fan_out().group_count() != 0) complain("groups are left");
    if (bus_.dispatcher.stats().waiting_clients != 0) complain("outboxes are left");
    if (bus_.dispatcher.stats().slow_closed != 0 || bus_.dispatcher.stats().messages_dropped != 0)
      complain("somebody was slow");
    if (bus_.messages_of_nobody != 0) complain("messages whose client could not be found");
  }

  Random random_;
  const uint32_t seed_;
  Model model_;
  Bus bus_;
  std::vector<Connected> clients_;
  ClientId newest_{kNowhere, 0};
  uint64_t number_ = 0;
  bool shut_down_ = false;
};

void run_many(const Options& options, Transport transport) {
  const uint32_t seed = fresh_seed();
  for (uint32_t i = 0; i < 6; ++i) Run(seed + i, options, transport).go(150);
}

}  // namespace

TEST_BOTH_WAYS(
    "whatever is relayed, tagged and closed, each client sees exactly what the model says, over TCP") {
  run_many(sending(ring), Transport::kTcp);
}

TEST_BOTH_WAYS(
    "whatever is relayed, tagged and closed, each client sees exactly what the model says, over Unix "
    "sockets") {
  run_many(sending(ring), Transport::kUnix);
}

TEST_BOTH_WAYS("whatever is relayed, tagged and closed, under block nothing is lost either") {
  Options options = sending(ring);
  options.slow_client = SlowClient::kBlock;
  options.send_buffer_limit = 50'000;
  run_many(options, Transport::kTcp);
}

}  // namespace evapid::test
