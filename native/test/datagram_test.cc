// Datagram sockets: what comes is handed over, what is answered gets there, and what cannot be sent harms
// nobody.
#include <dlfcn.h>
#include <sys/socket.h>

#include <cerrno>

#include "check.h"
#include "datagrams.h"

namespace {

// The loopback always takes what is sent and never fails to be read. What the kernel does elsewhere is said
// here instead.
int takes = -1;         // datagrams that it takes before it says EAGAIN; -1: all
int receive_error = 0;  // what reading fails with
int receive_calls = 0;

}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  static const auto real = reinterpret_cast<decltype(&sendmmsg)>(dlsym(RTLD_NEXT, "sendmmsg"));
  if (takes == 0) {
    errno = EAGAIN;
    return -1;
  }
  const unsigned most = takes < 0 ? count : std::min(count, static_cast<unsigned>(takes));
  const int sent = real(fd, messages, most, flags);
  if (takes > 0 && sent > 0) takes -= sent;
  return sent;
}

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static const auto real = reinterpret_cast<decltype(&recvmmsg)>(dlsym(RTLD_NEXT, "recvmmsg"));
  ++receive_calls;
  if (receive_error != 0) {
    errno = receive_error;
    return -1;
  }
  return real(fd, messages, count, flags, timeout);
}

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

// The kernel takes so many datagrams, as long as this lives.
struct KernelTakes {
  explicit KernelTakes(int datagrams) { takes = datagrams; }
  ~KernelTakes() { takes = -1; }
};
struct ReadingFails {
  explicit ReadingFails(int error) { receive_error = error; }
  ~ReadingFails() { receive_error = 0; }
};

std::string numbered(size_t number, size_t size = 0) {
  std::string text = std::to_string(number) + ":";
  if (text.size() < size) text.append(size - text.size(), static_cast<char>('a' + number % 26));
  return text;
}

// Sends `count` datagrams of `size` bytes and reads the answers, with at most `ahead` under way.
void echo(DatagramBus& bus, DatagramEnd& end, const std::string& ip, uint16_t port, size_t count, size_t size,
          size_t ahead) {
  size_t sent = 0;
  size_t answered = 0;
  const bool all = bus.run_until([&] {
    while (sent < count && sent - answered < ahead) REQUIRE(end.send(numbered(sent++, size), ip, port));
    while (const auto answer = end.read()) {
      CHECK_EQ(answer->text, numbered(answered++, size));
      CHECK_EQ(answer->from, ip);
      CHECK_EQ(answer->port, port);
    }
    return answered == count;
  });
  CHECK(all);
  CHECK_EQ(answered, count);
}

}  // namespace

TEST("ten thousand datagrams are answered in order, and none is lost") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  echo(bus, end, "127.0.0.1", socket.port, 10'000, 40, 500);
  CHECK_EQ(bus.stats().datagrams_received, 10'000);
  CHECK_EQ(bus.stats().datagram_bytes_received, 400'000);
  CHECK_EQ(bus.stats().datagrams_sent, 10'000);
  CHECK_EQ(bus.stats().datagram_bytes_sent, 400'000);
  CHECK_EQ(bus.stats().datagrams_dropped, 0);
  CHECK_EQ(bus.dispatcher.datagrams_lost(), 0);
  // Many with each system call.
  CHECK(bus.stats().turns < 10'000 / 8);
}

TEST("datagrams of all sizes arrive whole, from none to 65,507 bytes") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  echo(bus, end, "127.0.0.1", socket.port, 200, 65'507, 20);
  for (const size_t size : {0, 1, 1'400, 1'500, 65'506}) {
    REQUIRE(end.send(std::string(size, 'x'), "127.0.0.1", socket.port));
    std::optional<DatagramEnd::Datagram> answer;
    CHECK(bus.run_until([&] { return (answer = end.read()).has_value(); }));
    CHECK(answer && answer->text == std::string(size, 'x'));
  }
}

TEST("an IPv6 socket answers, and has nothing to do with IPv4") {
  DatagramBus bus;
  const auto socket = bus.open("::1");
  DatagramEnd end("::1");
  echo(bus, end, "::1", socket.port, 100, 100, 10);
  const auto everywhere = bus.open("::");
  const Opened same_port = open_datagram_socket("127.0.0.1", everywhere.port);
  CHECK_EQ(same_port.error, 0);
}

TEST("a socket on all addresses answers from the one that was asked") {
  DatagramBus bus;
  const auto ipv4 = bus.open("0.0.0.0");
  DatagramEnd end;
  std::vector<std::string> locals;
  bus.on_datagram = [&](const DatagramBus::Datagram& datagram) {
    locals.push_back(ip_text(Family::kIpv4, datagram.path.local));
    bus.send(datagram.socket, datagram.text, datagram.path);
  };
  for (const std::string ip : {"127.0.0.1", "127.0.0.2", "127.4.5.6"})
    echo(bus, end, ip, ipv4.port, 3, 10, 3);
  CHECK_EQ(locals.size(), 9);
  CHECK_EQ(locals.front(), "127.0.0.1");
  CHECK_EQ(locals.back(), "127.4.5.6");
  const auto ipv6 = bus.open("::");
  DatagramEnd end6("::1");
  bus.on_datagram = [&](const DatagramBus::Datagram& datagram) {
    CHECK_EQ(ip_text(Family::kIpv6, datagram.path.local), "::1");
    bus.send(datagram.socket, datagram.text, datagram.path);
  };
  echo(bus, end6, "::1", ipv6.port, 3, 10, 3);
}

TEST("a socket on one address has no local address to tell") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  DatagramPath path;
  bus.on_datagram = [&](const DatagramBus::Datagram& datagram) { path = datagram.path; };
  REQUIRE(end.send("x", "127.0.0.1", socket.port));
  CHECK(bus.run_until([&] { return path.port != 0; }));
  CHECK(path.local == DatagramPath{}.local);
  CHECK_EQ(path.port, end.path().port);
  CHECK_EQ(ip_text(Family::kIpv4, path.ip), "127.0.0.1");
}

TEST("what the kernel refuses is dropped and told, and the others of its batch arrive") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  DatagramPath nowhere = end.path();
  nowhere.port = 0;  // EINVAL
  DatagramPath broadcast = end.path();
  broadcast.ip[0] = UINT32_MAX;  // EACCES: this socket may not
  bus.send(socket.id, "1", end.path());
  bus.send(socket.id, "no", nowhere);
  bus.send(socket.id, "2", end.path());
  bus.send(socket.id, std::string(65'508, 'x'), end.path());  // EMSGSIZE
  bus.send(socket.id, "no", broadcast);
  bus.send(socket.id, "3", end.path());
  bus.send(socket.id, "no", nowhere);
  bus.dispatcher.settle();
  for (const std::string text : {"1", "2", "3"}) {
    const auto datagram = end.read();
    CHECK(datagram && datagram->text == text);
  }
  CHECK(!end.read());
  CHECK_EQ(bus.stats().datagrams_sent, 3);
  CHECK_EQ(bus.stats().datagrams_dropped, 4);
  // The first is told at once, the others of the same second with the next.
  CHECK_EQ(bus.dropped.size(), 1);
  CHECK_EQ(bus.dropped[0].client, socket.id);
  CHECK_EQ(bus.dropped[0].a, EINVAL);
  CHECK_EQ(bus.dropped[0].b, 1);
}

TEST("a datagram that can be none is refused, however large") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  bus.send(socket.id, std::string(100'000, 'x'), end.path());
  bus.dispatcher.settle();
  CHECK_EQ(bus.stats().datagrams_dropped, 1);
  CHECK_EQ(bus.dropped.at(0).a, EMSGSIZE);
}

TEST("a timer's datagram leaves with settle(), without a turn") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  CHECK(!bus.dispatcher.unsettled());
  bus.send(socket.id, "now", end.path());
  CHECK(bus.dispatcher.unsettled());
  bus.dispatcher.settle();
  CHECK(!bus.dispatcher.unsettled());
  CHECK_EQ(end.read()->text, "now");
}

TEST("what the kernel does not take waits, stays in order, and leaves when it takes again") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  {
    const KernelTakes ten(10);
    for (size_t i = 0; i < 300; ++i) bus.send(socket.id, numbered(i, 1000), end.path());
    bus.dispatcher.settle();
    CHECK(!bus.dispatcher.unsettled());  // nothing that another look would change
    for (int i = 0; i < 3; ++i) bus.turn(10);
    CHECK_EQ(bus.stats().datagrams_sent, 10);
    for (size_t i = 300; i < 400; ++i) bus.send(socket.id, numbered(i, 1000), end.path());
    takes = 70;
    CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 80; }));
    takes = 1;
    CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 81; }));
  }
  CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 400; }));
  for (size_t i = 0; i < 400; ++i) {
    const auto datagram = end.read();
    REQUIRE(datagram.has_value());
    CHECK_EQ(datagram->text, numbered(i, 1000));
  }
  CHECK_EQ(bus.stats().datagrams_dropped, 0);
  // And nothing asks for more, or spins.
  CHECK(!bus.turn(5));
}

TEST("what waits holds no chunk that others write into") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  const Span before = span_of(bus.dispatcher.pool(), "before");
  const Span meanwhile = span_of(bus.dispatcher.pool(), "meanwhile");
  {
    const KernelTakes none(0);
    bus.dispatcher.send_datagram(socket.id, Span(before), end.path());
    CHECK_EQ(before.chunk->references(), 2);
    bus.dispatcher.settle();
    bus.dispatcher.send_datagram(socket.id, Span(meanwhile), end.path());
    CHECK_EQ(before.chunk->references(), 1);
    CHECK_EQ(meanwhile.chunk->references(), 1);
  }
  CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 2; }));
  CHECK_EQ(end.read().value().text, "before");
  CHECK_EQ(end.read().value().text, "meanwhile");
}

TEST("beyond the limit of datagrams, or of bytes, that may wait they are dropped and counted") {
  Options options;
  options.datagram_queue_length = 100;
  options.datagram_queue_limit = 50'000;
  DatagramBus bus(options);
  const auto socket = bus.open();
  DatagramEnd end;
  {
    const KernelTakes none(0);
    bus.send(socket.id, "first", end.path());
    bus.dispatcher.settle();
    for (size_t i = 1; i < 150; ++i) bus.send(socket.id, numbered(i), end.path());
    CHECK_EQ(bus.stats().datagrams_dropped, 50);
    bus.dispatcher.settle();
    CHECK_EQ(bus.dropped.at(0).a, ENOBUFS);
  }
  CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 100; }));
  {
    const KernelTakes none(0);
    for (size_t i = 0; i < 3; ++i) bus.send(socket.id, std::string(20'000, 'x'), end.path());
    bus.dispatcher.settle();  // now they wait
    bus.send(socket.id, std::string(20'000, 'x'), end.path());
    CHECK_EQ(bus.stats().datagrams_dropped, 51);
  }
  CHECK(bus.run_until([&] { return bus.stats().datagrams_sent == 103; }));
}

TEST("closing sends what is queued, and takes nothing more") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  for (size_t i = 0; i < 10; ++i) bus.send(socket.id, numbered(i), end.path());
  bus.dispatcher.close_datagram_socket(socket.id);
  bus.send(socket.id, "late", end.path());
  bus.dispatcher.settle();
  for (size_t i = 0; i < 10; ++i) CHECK_EQ(end.read().value().text, numbered(i));
  CHECK(!end.read());
  CHECK_EQ(bus.dispatcher.datagram_sockets(), 0);
  bus.dispatcher.close_datagram_socket(socket.id);
  bus.dispatcher.stop_reading_datagrams(socket.id);
  CHECK_EQ(open_datagram_socket("127.0.0.1", socket.port).error, 0);
}

TEST("a socket that is closed while something waits sends it when the kernel takes it") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  {
    const KernelTakes none(0);
    for (size_t i = 0; i < 10; ++i) bus.send(socket.id, numbered(i), end.path());
    bus.dispatcher.close_datagram_socket(socket.id);
    bus.send(socket.id, "late", end.path());
    CHECK_EQ(bus.dispatcher.datagram_sockets(), 1);
  }
  CHECK(bus.run_until([&] { return bus.dispatcher.datagram_sockets() == 0; }));
  for (size_t i = 0; i < 10; ++i) CHECK_EQ(end.read().value().text, numbered(i));
  CHECK(!end.read());
}

TEST("a socket that is closed while the kernel takes nothing is gone after drain_timeout") {
  Options options;
  options.drain_timeout = milliseconds(20);
  DatagramBus bus(options);
  const auto socket = bus.open();
  DatagramEnd end;
  const KernelTakes none(0);
  bus.send(socket.id, "never", end.path());
  bus.dispatcher.close_datagram_socket(socket.id);
  CHECK(bus.run_until([&] { return bus.dispatcher.datagram_sockets() == 0; }));
  CHECK_EQ(bus.stats().datagrams_dropped, 1);
}

TEST("shutdown sends what is queued, closes all sockets, and waits for those that cannot send yet") {
  DatagramBus bus;
  const auto one = bus.open();
  const auto other = bus.open("::1");
  DatagramEnd end;
  bus.send(one.id, "bye", end.path());
  bus.dispatcher.shutdown();
  CHECK_EQ(end.read().value().text, "bye");
  CHECK_EQ(bus.dispatcher.connections(), 0);
  CHECK(!bus.dispatcher.owes_events());
  CHECK_EQ(open_datagram_socket("127.0.0.1", one.port).error, 0);
  CHECK_EQ(open_datagram_socket("::1", other.port).error, 0);

  DatagramBus slow;
  const auto socket = slow.open();
  {
    const KernelTakes none(0);
    slow.send(socket.id, "late", end.path());
    slow.dispatcher.shutdown();
    CHECK_EQ(slow.dispatcher.connections(), 1);
  }
  CHECK(slow.run_until([&] { return slow.dispatcher.connections() == 0; }));
  CHECK_EQ(end.read().value().text, "late");
}

TEST("a socket that is not read any more still sends, and nothing spins") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  bus.dispatcher.stop_reading_datagrams(socket.id);
  REQUIRE(end.send("unheard", "127.0.0.1", socket.port));
  CHECK(!bus.turn(20));
  bus.send(socket.id, "still there", end.path());
  bus.dispatcher.settle();
  CHECK_EQ(end.read().value().text, "still there");
  CHECK_EQ(bus.stats().datagrams_received, 0);
}

TEST("a route may close the socket that its datagram came to, or any other") {
  DatagramBus bus;
  const auto socket = bus.open();
  const auto other = bus.open();
  DatagramEnd end;
  size_t seen = 0;
  bus.on_datagram = [&](const DatagramBus::Datagram& datagram) {
    ++seen;
    bus.send(datagram.socket, "last words", datagram.path);
    bus.dispatcher.close_datagram_socket(socket.id);
    bus.dispatcher.close_datagram_socket(other.id);
  };
  // Enough that they are handed over while they are being read.
  for (size_t i = 0; i < 100; ++i) REQUIRE(end.send("x", "127.0.0.1", i % 2 ? socket.port : other.port));
  CHECK(bus.run_until([&] { return bus.dispatcher.datagram_sockets() == 0; }));
  CHECK(seen >= 1);
  CHECK_EQ(end.read().value().text, "last words");
  CHECK(!end.read());
  CHECK(!bus.turn(5));
}

TEST("more sockets than there are slots for in one turn are all served, each datagram as it was sent") {
  DatagramBus bus;
  DatagramEnd end;
  std::vector<DatagramBus::Socket> sockets;
  for (int i = 0; i < 12; ++i) sockets.push_back(bus.open());
  size_t count = 0;
  std::vector<size_t> next(sockets.size(), 0);
  bus.on_datagram = [&](const DatagramBus::Datagram& datagram) {
    const size_t socket = datagram.socket - sockets[0].id;
    CHECK_EQ(datagram.text, numbered(1'000 * socket + next[socket]++, 20 + 100 * socket));
    ++count;
  };
  for (size_t i = 0; i < 50; ++i) {
    for (size_t socket = 0; socket < sockets.size(); ++socket) {
      REQUIRE(end.send(numbered(1'000 * socket + i, 20 + 100 * socket), "127.0.0.1", sockets[socket].port));
    }
  }
  CHECK(bus.run_until([&] { return count == 600; }));
  CHECK_EQ(bus.stats().turns, 2);
}

TEST("an error of reading neither spins nor ends anything") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  REQUIRE(end.send("in the end", "127.0.0.1", socket.port));
  {
    const ReadingFails always(ENOMEM);
    const auto until = Clock::now() + milliseconds(250);
    const int before = receive_calls;
    while (Clock::now() < until) bus.turn(10);
    CHECK(receive_calls - before >= 2);
    CHECK(receive_calls - before < 10);
    CHECK_EQ(bus.stats().datagram_receive_errors, receive_calls - before);
    // It sends all the same.
    bus.send(socket.id, "meanwhile", end.path());
    bus.dispatcher.settle();
    CHECK_EQ(end.read().value().text, "meanwhile");
  }
  std::optional<DatagramEnd::Datagram> answer;
  CHECK(bus.run_until([&] { return (answer = end.read()).has_value(); }));
  CHECK_EQ(answer.value().text, "in the end");
}

TEST("what the kernel had no room for is counted") {
  DatagramBus bus;
  const auto socket = bus.open();
  DatagramEnd end;
  const std::string text(60'000, 'x');
  for (int i = 0; i < 1'000; ++i) end.send(text, "127.0.0.1", socket.port);
  CHECK(bus.dispatcher.datagrams_lost() > 0);
  const uint64_t lost = bus.dispatcher.datagrams_lost();
  CHECK(bus.run_until([&] { return bus.stats().datagrams_received + lost == 1'000; }));
  bus.dispatcher.close_datagram_socket(socket.id);
  CHECK_EQ(bus.dispatcher.datagrams_lost(), lost);
}

TEST("a socket that cannot be opened says why") {
  const Opened first = open_datagram_socket("127.0.0.1", 0);
  REQUIRE(first.error == 0);
  const uint16_t port = bound_to(first.fd.get()).address.port;
  CHECK_EQ(open_datagram_socket("127.0.0.1", port).error, EADDRINUSE);
  CHECK_EQ(open_datagram_socket("198.51.100.1", 0).error, EADDRNOTAVAIL);
  CHECK_EQ(open_datagram_socket("not an address", 0).error, EINVAL);
  DatagramBus bus;
  CHECK_EQ(bus.dispatcher.add_datagram_socket(Fd()).error, EBADF);
}

TEST("addresses become words and text again") {
  for (const std::string ip : {"127.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1", "2001:db8::1:0:2"}) {
    const auto literal = parse_ip(ip);
    REQUIRE(literal.has_value());
    CHECK_EQ(ip_text(literal->family, literal->ip), ip);
  }
  for (const std::string text : {"", "localhost", "127.0.0.1:5060", "[::1]", "1.2.3", "::1 "}) {
    CHECK(!parse_ip(text));
  }
}

}  // namespace evapid::test
