#include "uv_host.h"

#include <poll.h>

namespace evapid {

UvHost* UvHost::open(uv_loop_t* uv, Loop& loop, std::chrono::microseconds busy_poll, Callbacks callbacks) {
  return new UvHost(uv, loop, busy_poll, std::move(callbacks));
}

UvHost::UvHost(uv_loop_t* uv, Loop& loop, std::chrono::microseconds busy_poll, Callbacks callbacks)
    : uv_(uv), loop_(loop), busy_poll_(busy_poll), callbacks_(std::move(callbacks)), uv_watcher_(*this) {
  poll_.data = prepare_.data = idle_.data = this;
  uv_poll_init(uv, &poll_, loop.fd());
  uv_prepare_init(uv, &prepare_);
  uv_idle_init(uv, &idle_);
  uv_poll_start(&poll_, UV_READABLE, &UvHost::on_readable);
  uv_prepare_start(&prepare_, &UvHost::on_prepare);
  // Which of the other two is active changes; the hook is what keeps the process running.
  uv_unref(reinterpret_cast<uv_handle_t*>(&poll_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&idle_));
}

void UvHost::keep_alive(bool keep) {
  auto* const handle = reinterpret_cast<uv_handle_t*>(&prepare_);
  keep ? uv_ref(handle) : uv_unref(handle);
}

void UvHost::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  closing_ = true;
  uv_watcher_.stop();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), &UvHost::on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), &UvHost::on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), &UvHost::on_closed);
}

void UvHost::on_closed(uv_handle_t* handle) {
  auto* const host = static_cast<UvHost*>(handle->data);
  if (--host->open_handles_ > 0) return;
  host->closed_();
  delete host;
}

// --- libuv watches

void UvHost::on_readable(uv_poll_t* poll, int, int) {
  static_cast<UvHost*>(poll->data)->watched_turns();
}

void UvHost::watched_turns() {
  dense_turns_ = Clock::now() - last_work_ < kDense ? dense_turns_ + 1 : 0;
  // One look is enough where libuv looks again at once; where more is likely to have come meanwhile,
  // step_in().
  callbacks_.turn(0);
  last_work_ = Clock::now();
  if (!closing_ && dense_turns_ >= kDenseTurns && loop_.watched() <= kMostWatched) step_in();
}

void UvHost::on_prepare(uv_prepare_t* prepare) {
  auto& host = *static_cast<UvHost*>(prepare->data);
  host.callbacks_.sleeping();
  if (host.closing_) return;
  if (host.in_place_) {
    host.turns_in_place_of_uv();
  } else if (host.busy_poll_.count() > 0) {
    host.poll_busily();
  }
}

// Returns when libuv would not sleep, or the time for asking is over. Its descriptor is readable when ours
// is.
void UvHost::poll_busily() {
  pollfd uv{uv_backend_fd(uv_), POLLIN, 0};
  while (!uv_has_work() && Clock::now() - last_work_ < busy_poll_) {
    if (::poll(&uv, 1, 0) != 0) return;
  }
}

// --- the loop waits in libuv's place

// An epoll descriptor cannot watch one that watches it: libuv lets go first. The kernel looks for such
// circles by walking through all that is watched, here and in step_out().
void UvHost::step_in() {
  uv_poll_stop(&poll_);
  sparse_turns_ = dense_turns_ = 0;
  if (uv_watcher_.start(loop_, uv_backend_fd(uv_), EPOLLIN) != 0) {
    uv_poll_start(&poll_, UV_READABLE, &UvHost::on_readable);
    return;
  }
  in_place_ = true;
  // libuv must not wait before the next prepare hook: nobody would see our sockets.
  uv_idle_start(&idle_, [](uv_idle_t*) {});
}

void UvHost::step_out() {
  uv_watcher_.stop();
  in_place_ = false;
  uv_poll_start(&poll_, UV_READABLE, &UvHost::on_readable);
}

// What libuv would do without its descriptor being readable. Descriptors it has been told to watch, but that
// its epoll does not know yet, stand in watcher_queue: it is a list with a head of its own kind, empty when
// that points to itself. (The field's place is part of libuv 1's ABI.)
bool UvHost::uv_has_work() {
  const void* const head = &uv_->watcher_queue;
  if (*static_cast<const void* const*>(head) != head) return true;
  uv_update_time(uv_);
  return uv_backend_timeout(uv_) == 0;
}

// However busy libuv is, our sockets are looked at once; however quiet it is, it is looked after now and
// then.
void UvHost::turns_in_place_of_uv() {
  uv_idle_stop(&idle_);
  uv_ready_ = false;
  for (int turns = 0; turns < kTurnsPerWake; ++turns) {
    bool uv_calls = uv_has_work();
    const int called = uv_calls ? callbacks_.turn(0) : turn_in_place_of_uv(uv_calls);
    if (closing_) return;
    const bool ours = called > (uv_ready_ ? 1 : 0);
    const bool waited_in_vain = called == 0 && !uv_calls;
    if (waited_in_vain || !still_dense(ours) || loop_.watched() > 2 * kMostWatched) return step_out();
    if (uv_calls || uv_ready_) break;
  }
  uv_idle_start(&idle_, [](uv_idle_t*) {});
}

// Whether the turns still follow closely on one another, after one that had work of ours or had not.
bool UvHost::still_dense(bool ours) {
  const auto now = Clock::now();
  const bool sparse = !ours || (now - last_work_ >= kDense && busy_poll_.count() == 0);
  if (ours) last_work_ = now;
  sparse_turns_ = sparse ? sparse_turns_ + 1 : 0;
  return sparse_turns_ < kSparseTurns;
}

// Waits until something is ready here or there, or the time of lingering is over. Sets `uv_calls` when it was
// cut short.
int UvHost::turn_in_place_of_uv(bool& uv_calls) {
  if (busy_poll_.count() > 0) {
    const auto until = Clock::now() + busy_poll_;
    do {
      const int called = callbacks_.turn(0);
      if (called > 0 || closing_) return called;
      uv_calls = uv_has_work();
      if (uv_calls) return 0;
    } while (Clock::now() < until);
  }
  return callbacks_.turn(static_cast<int>(kLinger.count()));
}

}  // namespace evapid
