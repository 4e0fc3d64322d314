#include "loop.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <ctime>

namespace evapid {

// --- io

int IoWatcher::start(Loop& loop, int fd, uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.ptr = this;
  if (epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return errno;
  ++loop.watched_;
  loop_ = &loop;
  fd_ = fd;
  interest_ = interest;
  return 0;
}

void IoWatcher::set_interest(uint32_t interest) {
  if (loop_ == nullptr || interest == interest_) return;
  epoll_event event{};
  event.events = interest;
  event.data.ptr = this;
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, fd_, &event);
  interest_ = interest;
}

void IoWatcher::stop() {
  if (loop_ == nullptr) return;
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  --loop_->watched_;
  if (ready_slot_ != kNotReady) loop_->batch_[static_cast<size_t>(ready_slot_)].data.ptr = nullptr;
  ready_slot_ = kNotReady;
  loop_ = nullptr;
}

// --- timers

void TimerWatcher::start(Loop& loop, Clock::time_point deadline) {
  stop();
  loop_ = &loop;
  deadline_ = deadline;
  loop.timers_.add(*this);
  loop.arm_timer_fd();
}

void TimerWatcher::stop() {
  if (loop_ == nullptr) return;
  loop_->timers_.remove(*this);
  loop_ = nullptr;
  // The timerfd is left armed: a call too early finds nothing due and arms it for the next deadline. That is
  // cheaper than a system call for each of the many timers that are stopped before they fire.
}

void Loop::arm_timer_fd() {
  if (timers_.empty() || timers_.first()->deadline_ >= armed_for_) return;
  armed_for_ = timers_.first()->deadline_;
  // CLOCK_MONOTONIC is what steady_clock reads on Linux, so the deadline can be given as it is. A deadline of
  // zero would disarm the timerfd, hence at least one nanosecond.
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::nanoseconds>(armed_for_.time_since_epoch()).count();
  const auto nanoseconds = since_boot > 0 ? since_boot : 1;
  itimerspec when{};
  when.it_value.tv_sec = nanoseconds / 1'000'000'000;
  when.it_value.tv_nsec = nanoseconds % 1'000'000'000;
  timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Loop::on_timer_fd(IoWatcher& io, uint32_t) {
  Loop& loop = static_cast<TimerIo&>(io).loop;
  uint64_t expirations;
  while (read(loop.timer_fd_.get(), &expirations, sizeof expirations) > 0) {
  }
  loop.run_timers();
}

void Loop::run_timers() {
  armed_for_ = Clock::time_point::max();
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.first()->deadline_ <= now) {
    TimerWatcher* const due = timers_.first();
    due->stop();
    due->callback_(*due);
  }
  arm_timer_fd();
}

// --- async

int AsyncWatcher::start(Loop& loop) {
  event_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event_) return errno;
  return io_.start(loop, event_.get(), EPOLLIN);
}

void AsyncWatcher::stop() {
  io_.stop();
  event_.reset();
}

void AsyncWatcher::send() const {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is going to wake up anyway.
  [[maybe_unused]] const auto written = write(event_.get(), &one, sizeof one);
}

void AsyncWatcher::on_ready(IoWatcher& io, uint32_t) {
  AsyncWatcher& self = static_cast<EventIo&>(io).owner;
  uint64_t sends;
  while (read(self.event_.get(), &sends, sizeof sends) > 0) {
  }
  self.callback_(self);
}

// --- the loop

Loop::Loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      timer_io_(*this) {
  if (!epoll_ || !timer_fd_) {
    error_ = errno;
    return;
  }
  error_ = timer_io_.start(*this, timer_fd_.get(), EPOLLIN);
}

int Loop::poll(int timeout_ms) {
  const int ready = epoll_wait(epoll_.get(), batch_.data(), kBatch, timeout_ms);
  if (ready <= 0) return 0;
  // Each ready watcher learns its place in the batch, so that stop() can take it out of this turn in constant
  // time.
  for (int slot = 0; slot < ready; ++slot) {
    static_cast<IoWatcher*>(batch_[static_cast<size_t>(slot)].data.ptr)->ready_slot_ = slot;
  }
  int called = 0;
  for (int slot = 0; slot < ready; ++slot) {
    const epoll_event& event = batch_[static_cast<size_t>(slot)];
    auto* const watcher = static_cast<IoWatcher*>(event.data.ptr);
    if (watcher == nullptr) continue;
    watcher->ready_slot_ = IoWatcher::kNotReady;
    watcher->callback_(*watcher, event.events);
    ++called;
  }
  return called;
}

}  // namespace evapid
