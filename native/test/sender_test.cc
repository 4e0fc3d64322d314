// The sender: what the kernel does not take, and what becomes of clients that are slow.
#include "sender.h"

#include <sys/socket.h>

#include <thread>

#include "check.h"
#include "frames.h"
#include "sending.h"

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

// One client on a connection with small kernel buffers, and an owner that notes what it is told.
class Delivery : private SenderOwner {
 public:
  explicit Delivery(const Options& options) : options_(options), sender(options_, stats, pool, loop, *this) {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    peer.reset(fds[1]);
    const int small = 4096;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    client = std::make_unique<Client>(
        [](IoWatcher& watcher, uint32_t ready) {
          auto& self = static_cast<Client&>(watcher);
          auto& delivery = *static_cast<Delivery*>(self.owner);
          if (ready & EPOLLOUT) delivery.sender.drain(self);
        },
        this, ClientId{0, 1}, Fd(fds[0]), Address{});
    client->state = ClientState::kOpen;
    REQUIRE(client->start(loop, fds[0], 0) == 0);
  }

  // Sends texts as one shipment, each a span.
  void send(const std::vector<std::string>& texts) {
    std::vector<PendingSpan> spans;
    for (const std::string& text : texts) spans.push_back({0, span_of(pool, text)});
    Shipment shipment;
    shipment.assign(spans);
    if (sender.sends_together(shipment, 1)) {
      sender.gather(*client, shipment);
      sender.send_gathered(shipment);
    } else {
      sender.send(*client, shipment);
    }
  }
  void read_some() {
    char some[8192];
    ssize_t size;
    while ((size = recv(peer.get(), some, sizeof some, MSG_DONTWAIT)) > 0)
      received.append(some, static_cast<size_t>(size));
  }
  // The peer reads until nothing waits any more.
  void read_all() {
    do {
      read_some();
    } while (loop.poll(0) > 0 || client->outbox);
    read_some();
  }
  size_t waiting() const { return client->outbox ? client->outbox->bytes() : 0; }

 private:
  void on_send_failed(Client&) override { ++failed; }
  void on_slow(Client&, SlowClient action) override { slow.push_back(action); }
  void on_caught_up(Client& who) override { caught_up_after.push_back(who.dropped); }
  void on_drained(Client&) override { ++drained; }

  const Options options_;

 public:
  Stats stats;
  ChunkPool pool;
  Loop loop;
  Sender sender;
  std::unique_ptr<Client> client;
  Fd peer;
  std::string received;
  int failed = 0;
  int drained = 0;
  std::vector<SlowClient> slow;
  std::vector<uint64_t> caught_up_after;
};

Options limited_to(size_t limit, SlowClient policy, bool ring) {
  Options options = sending(ring);
  options.send_buffer_limit = limit;
  options.slow_client = policy;
  return options;
}

const std::vector<SlowClient> kNever{};

}  // namespace

TEST_BOTH_WAYS("a client that takes everything has no outbox and is not watched for writing") {
  Delivery delivery(sending(ring));
  delivery.send({"5:hello,", "3:abc,"});
  CHECK(!delivery.client->outbox);
  CHECK_EQ(delivery.client->interest(), 0);
  delivery.read_all();
  CHECK_EQ(delivery.received, "5:hello,3:abc,");
  CHECK_EQ(delivery.stats.bytes_sent, 14);
  CHECK_EQ(delivery.client->bytes_sent, 14);
}

TEST_BOTH_WAYS("what a client does not take waits, and all arrives in order and is counted") {
  Delivery delivery(sending(ring));
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const std::string first = frame(std::string(1000, static_cast<char>('a' + i % 26)));
    const std::string second = frame(std::to_string(i));
    expected += first + second;
    delivery.send({first, second});
    if (i == 20) CHECK_EQ(delivery.stats.waiting_clients, 1);
    if (i % 10 == 0) delivery.read_some();
  }
  CHECK(delivery.client->interest() & EPOLLOUT);
  CHECK_EQ(delivery.waiting() + delivery.stats.bytes_sent, expected.size());
  delivery.read_all();
  CHECK(delivery.received == expected);
  CHECK_EQ(delivery.stats.bytes_sent, expected.size());
  CHECK_EQ(delivery.stats.waiting_clients, 0);
  CHECK_EQ(delivery.client->interest(), 0);
  CHECK(delivery.slow == kNever);
}

TEST_BOTH_WAYS("a shipment of more spans than one system call takes goes out in order") {
  Delivery delivery(sending(ring));
  std::vector<std::string> texts;
  std::string expected;
  ChunkRef chunk = delivery.pool.take();
  std::vector<PendingSpan> spans;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = frame(std::to_string(i));
    std::memcpy(chunk->data() + expected.size(), text.data(), text.size());
    spans.push_back({0, {chunk, expected.size(), expected.size() + text.size()}});
    expected += text;
  }
  Shipment shipment;
  shipment.assign(spans);
  delivery.sender.send(*delivery.client, shipment);
  delivery.read_all();
  CHECK(delivery.received == expected);
}

TEST_BOTH_WAYS("a send to a peer that is gone is told once") {
  Delivery delivery(sending(ring));
  delivery.peer.reset();
  delivery.send({"5:hello,"});
  CHECK_EQ(delivery.failed, 1);
  CHECK(!delivery.client->outbox);
}

TEST_BOTH_WAYS("close: a client for which more waits than the limit is slow, once") {
  Delivery delivery(limited_to(10'000, SlowClient::kClose, ring));
  delivery.send({std::string(5'000, 'x')});
  delivery.send({std::string(5'000, 'x')});
  CHECK(delivery.slow == kNever);
  for (int i = 0; i < 10; ++i) delivery.send({std::string(5'000, 'x')});
  CHECK(delivery.slow == std::vector<SlowClient>{SlowClient::kClose});
  CHECK_EQ(delivery.stats.slow_clients, 1);
  CHECK_EQ(delivery.stats.slow_closed, 1);
}

TEST_BOTH_WAYS("drop: whole messages are dropped, the one that was cut is completed, and all are counted") {
  for (const size_t limit : {size_t{1}, size_t{3'000}, size_t{20'000}}) {
    Delivery delivery(limited_to(limit, SlowClient::kDrop, ring));
    size_t sent = 0;
    for (int i = 0; i < 60; ++i) {
      // A span of several messages joined, and one of a single message.
      std::string joined;
      for (int part = 0; part < 7; ++part, ++sent)
        joined += frame(std::to_string(sent) + std::string(700, 'x'));
      const std::string single = frame(std::to_string(sent++));
      delivery.send({joined, single});
      CHECK(delivery.waiting() <= limit + 800);
    }
    CHECK(delivery.slow == std::vector<SlowClient>{SlowClient::kDrop});
    CHECK(delivery.stats.messages_dropped > 0);
    delivery.read_all();
    const std::vector<std::string> payloads = payloads_of(delivery.received);
    CHECK_EQ(payloads.size() + delivery.stats.messages_dropped, sent);
    // The first ones, without a gap: after the first one dropped nothing comes until it has caught up.
    for (size_t i = 0; i < payloads.size(); ++i) CHECK_EQ(std::stoul(payloads[i]), i);

    delivery.send({"5:again,"});
    delivery.read_all();
    CHECK(delivery.received.ends_with("5:again,"));
    CHECK(delivery.caught_up_after == std::vector<uint64_t>{delivery.stats.messages_dropped});
    CHECK_EQ(delivery.client->dropped, 0);
    CHECK(!delivery.client->slow);
  }
}

TEST_BOTH_WAYS("drop: raw messages are dropped whole as well") {
  Options options = limited_to(5'000, SlowClient::kDrop, ring);
  options.netstring = false;
  Delivery delivery(options);
  for (int i = 0; i < 50; ++i) delivery.send({std::string(1'000, static_cast<char>('A' + i))});
  delivery.read_all();
  CHECK_EQ(delivery.received.size() % 1'000, 0);
  CHECK_EQ(delivery.received.size() / 1'000 + delivery.stats.messages_dropped, 50);
  for (size_t i = 0; i < delivery.received.size(); ++i)
    CHECK_EQ(delivery.received[i], static_cast<char>('A' + i / 1'000));
}

TEST_BOTH_WAYS(
    "drop: a message larger than the limit of which nothing has left is dropped, and the client goes on") {
  Delivery delivery(limited_to(100, SlowClient::kDrop, ring));
  while (!delivery.client->outbox) delivery.send({frame(std::string(50, 'a'))});
  delivery.send({frame(std::string(500, 'b'))});
  delivery.read_all();
  delivery.send({frame("c")});
  delivery.read_all();
  CHECK(delivery.received.find('b') == std::string::npos);
  CHECK_EQ(payloads_of(delivery.received).back(), "c");
  CHECK(!delivery.client->slow);
}

TEST_BOTH_WAYS("drop: a client is not told to have caught up before it has taken anything") {
  Delivery delivery(limited_to(100, SlowClient::kDrop, ring));
  // Fills the kernel to the brim, so that of the next message not a byte leaves, and none of it fits the
  // limit.
  const std::string filling(1'000'000, 'x');
  while (::send(delivery.client->socket.get(), filling.data(), filling.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >
         0) {
  }
  for (int i = 0; i < 10; ++i) delivery.send({frame(std::string(500, 'b'))});
  CHECK_EQ(delivery.slow.size(), 1);
  CHECK_EQ(delivery.caught_up_after.size(), 0);
  CHECK_EQ(delivery.stats.messages_dropped, 10);
}

TEST_BOTH_WAYS("block: a slow client blocks until it has taken all that waits, and loses nothing") {
  Delivery delivery(limited_to(10'000, SlowClient::kBlock, ring));
  std::string expected;
  for (int i = 0; i < 6; ++i) {
    expected += frame(std::string(4'000, 'x'));
    delivery.send({frame(std::string(4'000, 'x'))});
  }
  CHECK_EQ(delivery.sender.blocking_clients(), 1);
  CHECK(delivery.slow == std::vector<SlowClient>{SlowClient::kBlock});
  CHECK_EQ(delivery.stats.reads_paused, 1);
  delivery.read_all();
  CHECK_EQ(delivery.sender.blocking_clients(), 0);
  CHECK_EQ(delivery.caught_up_after.size(), 1);
  CHECK(delivery.received == expected);
  CHECK_EQ(delivery.stats.messages_dropped, 0);
}

TEST_BOTH_WAYS("block: a client that is forgiven or forgotten holds up nobody") {
  for (const bool forget : {false, true}) {
    Delivery delivery(limited_to(10'000, SlowClient::kBlock, ring));
    delivery.send({std::string(60'000, 'x')});
    CHECK_EQ(delivery.sender.blocking_clients(), 1);
    if (forget) {
      delivery.sender.forget(*delivery.client);
    } else {
      delivery.sender.forgive(*delivery.client);
    }
    CHECK_EQ(delivery.sender.blocking_clients(), 0);
    CHECK_EQ(delivery.waiting() > 0, !forget);
    delivery.sender.forget(*delivery.client);
    CHECK_EQ(delivery.sender.blocking_clients(), 0);
    CHECK_EQ(delivery.stats.waiting_clients, 0);
  }
}

TEST_BOTH_WAYS("block: memory is bounded even if somebody relays who cannot be halted") {
  Options options = limited_to(10'000, SlowClient::kBlock, ring);
  options.max_message_size = 10'000;
  Delivery delivery(options);
  for (int i = 0; i < 10'000 && delivery.slow.size() < 2; ++i) delivery.send({std::string(10'000, 'x')});
  CHECK(delivery.slow == (std::vector<SlowClient>{SlowClient::kBlock, SlowClient::kClose}));
  CHECK_EQ(delivery.stats.slow_closed, 1);
}

TEST_BOTH_WAYS(
    "a client that takes nothing for longer than the time-out is slow, though little waits for it") {
  Options options = sending(ring);
  options.send_data_timeout = milliseconds(40);
  Delivery delivery(options);
  const auto start = Clock::now();
  delivery.send({std::string(100'000, 'x')});
  REQUIRE(delivery.client->outbox);
  delivery.client->set_interest(0);  // the peer does not read; nothing but the timer is to wake the loop
  int turns = 0;
  while (delivery.slow.empty() && Clock::now() < start + std::chrono::seconds(2)) {
    delivery.loop.poll(100);
    ++turns;
  }
  CHECK(delivery.slow == std::vector<SlowClient>{SlowClient::kClose});
  CHECK(Clock::now() >= start + milliseconds(40));
  CHECK(turns <= 6);
}

TEST_BOTH_WAYS("a client that keeps taking something is not slow by time") {
  Options options = sending(ring);
  options.send_data_timeout = milliseconds(100);
  Delivery delivery(options);
  delivery.send({std::string(400'000, 'x')});
  const auto start = Clock::now();
  while (delivery.client->outbox && Clock::now() < start + milliseconds(300)) {
    char some[4096];
    [[maybe_unused]] const ssize_t size = recv(delivery.peer.get(), some, sizeof some, MSG_DONTWAIT);
    delivery.loop.poll(5);
  }
  CHECK(delivery.slow == kNever);
}

TEST_BOTH_WAYS("a closing client's last byte is told, and no time-out makes it slow") {
  Options options = sending(ring);
  options.send_data_timeout = milliseconds(5);
  Delivery delivery(options);
  delivery.send({std::string(100'000, 'x')});
  delivery.client->state = ClientState::kClosing;
  std::this_thread::sleep_for(milliseconds(20));
  delivery.loop.poll(0);
  CHECK(delivery.slow == kNever);
  CHECK_EQ(delivery.drained, 0);
  delivery.read_all();
  CHECK_EQ(delivery.drained, 1);
  CHECK_EQ(delivery.received.size(), 100'000);
}

}  // namespace evapid::test
