// Listening and accepting: addresses, and what happens when there are no descriptors left.
#include "listener.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "bus.h"
#include "check.h"

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

// What a process without descriptors has seen, as it tells its parent.
struct Report {
  uint64_t accepted;
  uint64_t failures;
  uint64_t turns_at_rest;
  uint64_t shed_in_time;
  uint64_t accepted_afterwards;
  uint64_t told;
};

constexpr int kWaiting = 40;
constexpr int kRoom = 10;

// Runs in a process of its own, for the limit of descriptors holds for all of it.
Report run_out_of_descriptors() {
  Report report{};
  Bus bus;
  std::vector<Peer> peers;
  for (int i = 0; i < kWaiting; ++i) peers.emplace_back(bus.listener);  // the kernel's backlog takes them
  const Fd probe(dup(bus.listener));
  const rlim_t lowest_free = static_cast<rlim_t>(probe.get());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = lowest_free + 1 + kRoom;
  setrlimit(RLIMIT_NOFILE, &limit);

  bus.run_until(
      [&] { return bus.dispatcher.stats().accepted + bus.dispatcher.stats().accept_failures >= kWaiting; });
  bus.run_until_idle(1);
  report.accepted = bus.dispatcher.stats().accepted;
  report.failures = bus.dispatcher.stats().accept_failures;
  report.told = bus.count(EventKind::kAcceptFailed);

  // Those who were turned away know it; those who are in are served.
  for (Peer& peer : peers) {
    peer.read();
    report.shed_in_time += peer.gone();
  }
  const auto start = Clock::now();
  const uint64_t turns = bus.dispatcher.stats().turns;
  while (Clock::now() < start + milliseconds(250)) bus.turn(10);
  report.turns_at_rest = bus.dispatcher.stats().turns - turns;

  limit.rlim_cur = before;
  setrlimit(RLIMIT_NOFILE, &limit);
  Peer late(bus.listener);
  bus.run_until([&] { return bus.dispatcher.stats().accepted > report.accepted; });
  report.accepted_afterwards = bus.dispatcher.stats().accepted - report.accepted;
  return report;
}

}  // namespace

TEST(
    "without descriptors those who wait are turned away and counted, nothing spins, and later ones are "
    "accepted") {
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    const Report report = run_out_of_descriptors();
    const ssize_t written = write(channel[1], &report, sizeof report);
    _exit(written == sizeof report ? 0 : 1);
  }
  close(channel[1]);
  Report report{};
  CHECK_EQ(read(channel[0], &report, sizeof report), sizeof report);
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK(report.accepted > 0 && report.accepted <= kRoom + 1);
  CHECK_EQ(report.accepted + report.failures, kWaiting);
  CHECK_EQ(report.shed_in_time, report.failures);
  CHECK_EQ(report.told, 1);
  CHECK(report.turns_at_rest <= 10);
  CHECK_EQ(report.accepted_afterwards, 1);
}

TEST("a listener on a port that is taken says so") {
  const Opened first = listen_tcp("127.0.0.1", 0);
  REQUIRE(first.error == 0);
  CHECK_EQ(listen_tcp("127.0.0.1", bound_to(first.fd.get()).address.port).error, EADDRINUSE);
  CHECK_EQ(listen_tcp("192.0.2.1", 0).error, EADDRNOTAVAIL);
  CHECK_EQ(listen_tcp("not an address", 0).error, EINVAL);
  CHECK_EQ(listen_unix("").error, ENAMETOOLONG);
  CHECK_EQ(listen_unix(std::string(200, 'x')).error, ENAMETOOLONG);
}

TEST("what is bound is told: address, port and path") {
  const Opened ipv6 = listen_tcp("::1", 0);
  if (ipv6.error == 0) {
    const Bound bound = bound_to(ipv6.fd.get());
    CHECK_EQ(bound.address.ip_text(), "::1");
    CHECK(bound.address.port != 0);
  }
  Bus bus({}, Transport::kUnix);
  CHECK(bound_to(bus.listener).path.ends_with("/bus"));
  CHECK_EQ(bound_to(-1).error, EBADF);
}

TEST("an IPv4 client of a dual-stack socket is an IPv4 client") {
  const Opened both = listen_tcp("::", 0);
  if (both.error != 0) return;  // a machine without IPv6
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(bound_to(both.fd.get()).address.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const Accepted accepted = accept_client(both.fd.get());
  CHECK_EQ(accepted.error, 0);
  CHECK_EQ(accepted.peer.family, Family::kIpv4);
  CHECK_EQ(accepted.peer.ip_text(), "127.0.0.1");
  CHECK_EQ(accept_client(both.fd.get()).error, EAGAIN);
}

TEST("more clients than one turn accepts are all accepted, and nothing is accepted after stop_listening()") {
  Bus bus;
  std::vector<Peer> peers;
  for (int i = 0; i < 400; ++i) peers.emplace_back(bus.listener);
  CHECK(bus.run_until([&] { return bus.dispatcher.stats().accepted == 400; }));
  const Bound bound = bound_to(bus.listener);
  bus.dispatcher.stop_listening();
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(bound.address.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0);
}

}  // namespace evapid::test
