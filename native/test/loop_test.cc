// The event loop: io, timer and async watchers.
#include "loop/loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <thread>

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

using std::chrono::milliseconds;

struct Io : IoWatcher {
  explicit Io(std::function<void(uint32_t)> called)
      : IoWatcher([](IoWatcher& self, uint32_t ready) { static_cast<Io&>(self).called(ready); }),
        called(std::move(called)) {}
  std::function<void(uint32_t)> called;
};

struct Timer : TimerWatcher {
  explicit Timer(std::function<void()> called)
      : TimerWatcher([](TimerWatcher& self) { static_cast<Timer&>(self).called(); }),
        called(std::move(called)) {}
  std::function<void()> called;
};

struct Async : AsyncWatcher {
  explicit Async(std::function<void()> called)
      : AsyncWatcher([](AsyncWatcher& self) { static_cast<Async&>(self).called(); }),
        called(std::move(called)) {}
  std::function<void()> called;
};

struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  Fd ours;
  Fd theirs;
};

void say_something(const Fd& fd) {
  REQUIRE(write(fd.get(), "x", 1) == 1);
}

// Turns until `done` or a second has passed.
void run_until(Loop& loop, const std::function<bool()>& done) {
  const auto deadline = Clock::now() + std::chrono::seconds(1);
  while (!done() && Clock::now() < deadline) loop.poll(20);
}

}  // namespace

TEST("an io watcher is called while its descriptor is ready for what it is interested in") {
  Loop loop;
  REQUIRE(loop.error() == 0);
  Pair pair;
  uint32_t seen = 0;
  Io io([&](uint32_t ready) { seen = ready; });
  CHECK_EQ(io.start(loop, pair.ours.get(), EPOLLIN), 0);
  CHECK(io.active());
  CHECK_EQ(loop.poll(0), 0);
  say_something(pair.theirs);
  CHECK_EQ(loop.poll(1000), 1);
  CHECK_EQ(seen, uint32_t{EPOLLIN});
  CHECK_EQ(loop.poll(0), 1);  // level-triggered
  io.set_interest(EPOLLIN | EPOLLOUT);
  loop.poll(0);
  CHECK_EQ(seen, uint32_t{EPOLLIN | EPOLLOUT});
  io.set_interest(0);
  CHECK_EQ(loop.poll(0), 0);
  pair.theirs.reset();
  CHECK_EQ(loop.poll(1000), 1);  // a hang-up is told whatever the interest is
  CHECK(seen & EPOLLHUP);
  io.stop();
  CHECK(!io.active());
  CHECK_EQ(loop.poll(0), 0);
}

TEST("an io watcher says why it cannot start") {
  Loop loop;
  Io io([](uint32_t) {});
  CHECK_EQ(io.start(loop, -1, EPOLLIN), EBADF);
  CHECK(!io.active());
}

TEST("the loop's descriptor is readable exactly when a turn has work") {
  Loop loop;
  Loop outer;
  Pair pair;
  Io io([&](uint32_t) {
    char byte;
    CHECK_EQ(read(pair.ours.get(), &byte, 1), 1);
  });
  Io inner([&](uint32_t) { loop.poll(0); });
  REQUIRE(io.start(loop, pair.ours.get(), EPOLLIN) == 0);
  REQUIRE(inner.start(outer, loop.fd(), EPOLLIN) == 0);
  CHECK_EQ(outer.poll(0), 0);
  say_something(pair.theirs);
  CHECK_EQ(outer.poll(1000), 1);
  CHECK_EQ(outer.poll(0), 0);
}

TEST("a callback may stop its own watcher") {
  Loop loop;
  Pair pair;
  int calls = 0;
  Io io([&](uint32_t) {
    ++calls;
    io.stop();
  });
  REQUIRE(io.start(loop, pair.ours.get(), EPOLLIN) == 0);
  say_something(pair.theirs);
  loop.poll(0);
  loop.poll(0);
  CHECK_EQ(calls, 1);
}

// Destroys itself and all its siblings when it is called.
struct Doomsday : IoWatcher {
  explicit Doomsday(std::vector<std::unique_ptr<Doomsday>>& all, int& calls)
      : IoWatcher([](IoWatcher& self, uint32_t) {
          auto& doomsday = static_cast<Doomsday&>(self);
          ++doomsday.calls;
          doomsday.all.clear();
        }),
        all(all),
        calls(calls) {}
  std::vector<std::unique_ptr<Doomsday>>& all;
  int& calls;
};

TEST("a callback may destroy its own watcher and every other ready one, and none of those is called") {
  Loop loop;
  int calls = 0;
  std::vector<Pair> pairs(20);
  std::vector<std::unique_ptr<Doomsday>> watchers;
  for (const Pair& pair : pairs) {
    watchers.push_back(std::make_unique<Doomsday>(watchers, calls));
    REQUIRE(watchers.back()->start(loop, pair.ours.get(), EPOLLIN) == 0);
    say_something(pair.theirs);
  }
  CHECK_EQ(loop.poll(0), 1);
  CHECK_EQ(calls, 1);
  CHECK_EQ(loop.poll(0), 0);
}

TEST("a watcher destroyed by another one's callback is forgotten in the same turn") {
  Loop loop;
  Pair first_pair;
  Pair second_pair;
  int calls = 0;
  std::unique_ptr<Io> first;
  std::unique_ptr<Io> second;
  first = std::make_unique<Io>([&](uint32_t) {
    ++calls;
    second.reset();
  });
  second = std::make_unique<Io>([&](uint32_t) {
    ++calls;
    first.reset();
  });
  REQUIRE(first->start(loop, first_pair.ours.get(), EPOLLIN) == 0);
  REQUIRE(second->start(loop, second_pair.ours.get(), EPOLLIN) == 0);
  say_something(first_pair.theirs);
  say_something(second_pair.theirs);
  CHECK_EQ(loop.poll(0), 1);
  CHECK_EQ(calls, 1);
}

TEST("a descriptor that is stopped and started again in a callback is not called for its old readiness") {
  Loop loop;
  Pair first_pair;
  Pair second_pair;
  int second_calls = 0;
  Io second([&](uint32_t) { ++second_calls; });
  Io first([&](uint32_t) {
    second.stop();
    char byte;
    CHECK_EQ(read(second_pair.ours.get(), &byte, 1), 1);
    CHECK_EQ(second.start(loop, second_pair.ours.get(), EPOLLIN), 0);
  });
  REQUIRE(first.start(loop, first_pair.ours.get(), EPOLLIN) == 0);
  REQUIRE(second.start(loop, second_pair.ours.get(), EPOLLIN) == 0);
  say_something(first_pair.theirs);
  say_something(second_pair.theirs);
  loop.poll(0);
  // epoll reports in order of becoming ready; if it had reported the other way round, one call would be
  // right.
  CHECK_EQ(second_calls, 0);
}

TEST("more ready watchers than a batch holds are all called within a few turns") {
  constexpr int kMany = 1500;
  Loop loop;
  Pair pair;
  std::vector<std::unique_ptr<Fd>> copies;
  std::vector<std::unique_ptr<Io>> watchers;
  int called = 0;
  for (int i = 0; i < kMany; ++i) {
    copies.push_back(std::make_unique<Fd>(dup(pair.ours.get())));
    if (!*copies.back()) break;  // a small limit of descriptors: as many as there are
    watchers.push_back(nullptr);
    auto& slot = watchers.back();
    slot = std::make_unique<Io>([&called](uint32_t) { ++called; });
    REQUIRE(slot->start(loop, copies.back()->get(), EPOLLOUT) == 0);
    Io& io = *slot;
    io.called = [&called, &io](uint32_t) {
      ++called;
      io.set_interest(0);
    };
  }
  for (int turn = 0; turn < 4; ++turn) loop.poll(0);
  CHECK_EQ(called, watchers.size());
}

TEST("timers fire in the order of their deadlines, once, and not before") {
  Loop loop;
  std::string order;
  const auto start = Clock::now();
  Timer late([&] { order += 'c'; });
  Timer early([&] {
    order += 'a';
    CHECK(Clock::now() >= start + milliseconds(5));
  });
  Timer middle([&] { order += 'b'; });
  late.start(loop, start + milliseconds(25));
  early.start(loop, start + milliseconds(5));
  middle.start(loop, start + milliseconds(15));
  CHECK(early.active());
  run_until(loop, [&] { return order.size() == 3; });
  CHECK_EQ(order, "abc");
  CHECK(!early.active());
  CHECK_EQ(loop.poll(20), 0);
}

TEST("a timer whose deadline has passed fires in the next turn") {
  Loop loop;
  int fired = 0;
  Timer timer([&] { ++fired; });
  timer.start(loop, Clock::time_point{});
  CHECK_EQ(loop.poll(1000), 1);
  CHECK_EQ(fired, 1);
}

TEST("a timer that is stopped does not fire, and one that is moved fires at the later deadline only") {
  Loop loop;
  int stopped_fired = 0;
  int moved_fired = 0;
  Timer stopped([&] { ++stopped_fired; });
  Timer moved([&] { ++moved_fired; });
  const auto start = Clock::now();
  stopped.start(loop, start + milliseconds(5));
  moved.start(loop, start + milliseconds(5));
  stopped.stop();
  moved.start(loop, start + milliseconds(40));
  run_until(loop, [&] { return moved_fired > 0; });
  CHECK(Clock::now() >= start + milliseconds(40));
  CHECK_EQ(stopped_fired, 0);
  CHECK_EQ(moved_fired, 1);
}

TEST("a timer may start itself again, and destroy another one that is due") {
  Loop loop;
  int ticks = 0;
  int victim_fired = 0;
  auto victim = std::make_unique<Timer>([&] { ++victim_fired; });
  Timer ticker([&] {
    victim.reset();
    if (++ticks < 3) ticker.start(loop, Clock::now() + milliseconds(2));
  });
  const auto start = Clock::now();
  ticker.start(loop, start + milliseconds(1));
  victim->start(loop, start + milliseconds(1) + std::chrono::microseconds(1));
  std::this_thread::sleep_for(milliseconds(5));
  run_until(loop, [&] { return ticks == 3; });
  CHECK_EQ(ticks, 3);
  CHECK_EQ(victim_fired, 0);
}

TEST("random timers fire in order, however many are stopped meanwhile") {
  Random random(7);
  Loop loop;
  constexpr size_t kTimers = 300;
  std::vector<std::unique_ptr<Timer>> timers(kTimers);
  std::vector<Clock::time_point> deadlines(kTimers);
  std::vector<size_t> fired;
  const auto start = Clock::now();
  for (size_t i = 0; i < kTimers; ++i) {
    timers[i] = std::make_unique<Timer>([&fired, i] { fired.push_back(i); });
    deadlines[i] = start + std::chrono::microseconds(below(random, 20'000));
    timers[i]->start(loop, deadlines[i]);
  }
  size_t stopped = 0;
  for (size_t i = 0; i < kTimers; i += 3, ++stopped) timers[i]->stop();
  for (size_t i = 1; i < kTimers; i += 3) {
    deadlines[i] = start + std::chrono::microseconds(below(random, 20'000));
    timers[i]->start(loop, deadlines[i]);
  }
  run_until(loop, [&] { return fired.size() == kTimers - stopped; });
  CHECK_EQ(fired.size(), kTimers - stopped);
  for (size_t i = 1; i < fired.size(); ++i) CHECK(deadlines[fired[i - 1]] <= deadlines[fired[i]]);
}

TEST("an async watcher is called in the loop's thread after another thread has sent") {
  Loop loop;
  int calls = 0;
  const auto loop_thread = std::this_thread::get_id();
  Async async([&] {
    ++calls;
    CHECK(std::this_thread::get_id() == loop_thread);
  });
  REQUIRE(async.start(loop) == 0);
  CHECK_EQ(loop.poll(0), 0);
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) async.send();
  });
  run_until(loop, [&] { return calls > 0; });
  other.join();
  CHECK(calls >= 1);
  loop.poll(0);
  CHECK(calls <= 101);
  CHECK_EQ(loop.poll(0), 0);  // all sends are consumed
}

TEST("an async watcher that is stopped is not called, and may be stopped by its own callback") {
  Loop loop;
  int calls = 0;
  Async async([&] {
    ++calls;
    async.stop();
  });
  REQUIRE(async.start(loop) == 0);
  async.send();
  loop.poll(1000);
  CHECK_EQ(loop.poll(0), 0);
  CHECK_EQ(calls, 1);
  REQUIRE(async.start(loop) == 0);
  async.send();
  async.stop();
  CHECK_EQ(loop.poll(0), 0);
  CHECK_EQ(calls, 1);
}

}  // namespace evapid::test
