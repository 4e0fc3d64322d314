#include "uv_host.h"

namespace evapid {

UvHost* UvHost::open(uv_loop_t* uv, int loop_fd, Callbacks callbacks) {
  auto* const host = new UvHost(std::move(callbacks));
  host->poll_.data = host;
  host->prepare_.data = host;
  uv_poll_init(uv, &host->poll_, loop_fd);
  uv_prepare_init(uv, &host->prepare_);
  uv_poll_start(&host->poll_, UV_READABLE, &UvHost::on_readable);
  uv_prepare_start(&host->prepare_, &UvHost::on_prepare);
  uv_unref(reinterpret_cast<uv_handle_t*>(&host->prepare_));
  return host;
}

void UvHost::keep_alive(bool keep) {
  auto* const handle = reinterpret_cast<uv_handle_t*>(&poll_);
  keep ? uv_ref(handle) : uv_unref(handle);
}

void UvHost::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), &UvHost::on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), &UvHost::on_closed);
}

void UvHost::on_readable(uv_poll_t* poll, int, int) {
  auto* const host = static_cast<UvHost*>(poll->data);
  for (int turns = 0; turns < kTurnsPerWake; ++turns) {
    if (!host->callbacks_.turn()) return;
  }
}

void UvHost::on_prepare(uv_prepare_t* prepare) {
  static_cast<UvHost*>(prepare->data)->callbacks_.sleeping();
}

void UvHost::on_closed(uv_handle_t* handle) {
  auto* const host = static_cast<UvHost*>(handle->data);
  if (--host->open_handles_ > 0) return;
  host->closed_();
  delete host;
}

}  // namespace evapid
