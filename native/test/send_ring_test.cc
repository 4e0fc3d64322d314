// The ring by itself, on socket pairs. Where the kernel keeps io_uring from us these tests have nothing to
// say.
#include "send_ring.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "bus.h"
#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    ours.reset(ends[0]);
    peer.reset(ends[1]);
  }
  // Until it takes no byte more.
  void fill() {
    const std::string filling(4096, 'f');
    for (size_t size = filling.size(); size > 0; size /= 2) {
      while (::send(ours.get(), filling.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
      }
    }
  }
  std::string read() {
    std::string text;
    char some[65536];
    ssize_t size;
    while ((size = recv(peer.get(), some, sizeof some, MSG_DONTWAIT)) > 0)
      text.append(some, static_cast<size_t>(size));
    return text;
  }

  Fd ours;
  Fd peer;
};

std::vector<int> sockets_of(const std::vector<Pair>& pairs) {
  std::vector<int> sockets;
  for (const Pair& pair : pairs) sockets.push_back(pair.ours.get());
  return sockets;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::unique_ptr<SendRing> open_or_skip() {
  auto ring = SendRing::open();
  if (!ring) std::printf("no io_uring here: a test of it is skipped\n");
  return ring;
}

// The ring's descriptor, known by what it is.
int descriptor_of_ring() {
  for (int fd = 0; fd < 1024; ++fd) {
    char what[64] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (readlink(link.c_str(), what, sizeof what - 1) > 0 &&
        std::string_view(what) == "anon_inode:[io_uring]")
      return fd;
  }
  return -1;
}

// The kernel answers every later call with an error.
void break_ring() {
  const Fd other(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const int ring = descriptor_of_ring();
  REQUIRE(ring >= 0);
  REQUIRE(dup3(other.get(), ring, O_CLOEXEC) == ring);
}

}  // namespace

TEST("ring: every socket gets the bytes once, again and again, however many there are") {
  const auto ring = open_or_skip();
  if (!ring) return;
  std::vector<Pair> pairs(SendRing::kMost);
  const std::vector<int> sockets = sockets_of(pairs);
  std::vector<int> results(sockets.size());
  for (size_t count = 0; count <= sockets.size(); ++count) {
    const std::string text = "message " + std::to_string(count);
    REQUIRE(ring->send(std::span(sockets).first(count), bytes_of(text), results));
    for (size_t i = 0; i < sockets.size(); ++i) {
      CHECK_EQ(pairs[i].read(), i < count ? text : "");
      if (i < count) CHECK_EQ(results[i], static_cast<int>(text.size()));
    }
  }
}

TEST("ring: a socket that is full takes nothing, one that is nearly so takes a part, the others all") {
  const auto ring = open_or_skip();
  if (!ring) return;
  std::vector<Pair> pairs(5);
  pairs[1].fill();
  const int small = 1;  // the kernel makes some KB of it
  setsockopt(pairs[3].ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  std::string text(60'000, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  std::vector<int> results(pairs.size());
  REQUIRE(ring->send(sockets_of(pairs), bytes_of(text), results));
  const int all = static_cast<int>(text.size());
  CHECK_EQ(results[0], all);
  CHECK_EQ(results[1], -EAGAIN);
  CHECK_EQ(results[2], all);
  CHECK(results[3] > 0 && results[3] < all);
  CHECK_EQ(results[4], all);
  CHECK(pairs[1].read().find_first_not_of('f') == std::string::npos);
  CHECK(pairs[3].read() == text.substr(0, static_cast<size_t>(results[3])));
  CHECK(pairs[4].read() == text);
}

TEST("ring: a peer that is gone is an error of its own and no signal, and the others are served") {
  const auto ring = open_or_skip();
  if (!ring) return;
  std::vector<Pair> pairs(8);
  for (const size_t gone : {0, 3, 7}) pairs[gone].peer.reset();
  std::vector<int> results(pairs.size());
  REQUIRE(ring->send(sockets_of(pairs), bytes_of("hello"), results));
  for (size_t i = 0; i < pairs.size(); ++i) {
    CHECK_EQ(results[i], pairs[i].peer ? 5 : -EPIPE);
    if (pairs[i].peer) CHECK_EQ(pairs[i].read(), "hello");
  }
}

// An older kernel stops taking submissions at one of these: the rest is a second call's.
TEST("ring: a socket that is closed, or is none, keeps nothing from those after it") {
  const auto ring = open_or_skip();
  if (!ring) return;
  std::vector<Pair> pairs(6);
  std::vector<int> sockets = sockets_of(pairs);
  const Fd file(open("/dev/null", O_WRONLY | O_CLOEXEC));
  sockets[1] = -1;
  sockets[2] = 1'000'000;
  sockets[4] = file.get();
  std::vector<int> results(pairs.size());
  for (int round = 0; round < 50; ++round) {
    REQUIRE(ring->send(sockets, bytes_of("hello"), results));
    CHECK(results == (std::vector<int>{5, -EBADF, -EBADF, 5, -ENOTSOCK, 5}));
  }
  CHECK_EQ(pairs[5].read().size(), 250);
}

TEST("ring: one socket may be there several times, and gets it so often") {
  const auto ring = open_or_skip();
  if (!ring) return;
  Pair pair;
  const std::vector<int> sockets(20, pair.ours.get());
  std::vector<int> results(sockets.size());
  REQUIRE(ring->send(sockets, bytes_of("abc"), results));
  CHECK(std::all_of(results.begin(), results.end(), [](int result) { return result == 3; }));
  CHECK_EQ(pair.read().size(), 60);
}

TEST("ring: one that the kernel does not serve any more says so, and what was not sent") {
  const auto ring = open_or_skip();
  if (!ring) return;
  break_ring();
  std::vector<Pair> pairs(3);
  std::vector<int> results(pairs.size());
  CHECK(!ring->send(sockets_of(pairs), bytes_of("hello"), results));
  for (size_t i = 0; i < pairs.size(); ++i) {
    CHECK_EQ(results[i], SendRing::kUntried);
    CHECK_EQ(pairs[i].read(), "");
  }
}

TEST("ring: when it fails, everybody still gets everything once, and it is not used again") {
  if (!open_or_skip()) return;
  Bus bus(sending(true));
  std::vector<Peer> peers;
  for (size_t i = 0; i < SendRing::kMost + 6; ++i) peers.push_back(bus.connect());
  peers[0].send("5:hello,");
  for (Peer& peer : peers) CHECK(bus.until_received(peer, 8));
  const uint64_t before = bus.dispatcher.stats().ring_sends;
  CHECK(before >= peers.size());
  break_ring();
  peers[0].send("5:again,");
  for (Peer& peer : peers) {
    CHECK(bus.until_received(peer, 16));
    CHECK_EQ(peer.received(), "5:hello,5:again,");
  }
  peers[0].send("5:third,");
  for (Peer& peer : peers) CHECK(bus.until_received(peer, 24));
  CHECK_EQ(bus.dispatcher.stats().ring_sends, before);
  CHECK_EQ(descriptor_of_ring(), -1);
}

// Full, gone and waiting clients among many, over the end of a batch: each keeps its own place.
TEST_BOTH_WAYS("among more clients than one call serves, each is accounted its own result") {
  Options options = sending(ring);
  options.send_buffer_limit = 100'000'000;
  Bus bus(options);
  std::vector<Peer> peers;
  for (size_t i = 0; i < 2 * SendRing::kMost + 9; ++i) peers.push_back(bus.connect(i % 5 == 2 ? 4096 : 0));
  const auto sleeps = [](size_t i) { return i % 5 == 2; };
  std::string expected;
  for (int round = 0; round < 60; ++round) {
    const std::string text = std::to_string(round) + std::string(60'000, static_cast<char>('a' + round % 26));
    bus.relay(text);
    expected += frame(text);
    if (round == 20) {
      for (size_t i = 7; i < peers.size(); i += 20) peers[i].reset();  // sleepers among them
    }
    bus.dispatcher.settle();
    for (size_t i = 0; i < peers.size(); ++i) {
      if (peers[i].open() && !sleeps(i)) peers[i].read();
    }
  }
  CHECK(bus.dispatcher.stats().waiting_clients > 10);
  for (Peer& peer : peers) {
    if (!peer.open()) continue;
    CHECK(bus.until_received(peer, expected.size()));
    CHECK(peer.received() == expected);
  }
  CHECK_EQ(bus.dispatcher.stats().waiting_clients, 0);
}

TEST("ring: where no descriptor is to be had there is none, and nothing else is wrong") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto ring = SendRing::open();
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(!ring);
}

}  // namespace evapid::test
