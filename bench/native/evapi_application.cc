#include "evapi_application.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

constexpr size_t kReadSize = 256 * 1024;
constexpr std::string_view kWelcome = R"({"event":"welcome"})";

// The digits behind `name`, as they stand.
std::string_view digits_after(std::string_view event, std::string_view name) {
  const size_t at = event.find(name);
  if (at == std::string_view::npos) throw std::runtime_error("no event: " + std::string(event));
  event.remove_prefix(at + name.size());
  return event.substr(0, event.find_first_not_of("0123456789"));
}

}  // namespace

EvapiApplication::EvapiApplication(const Address& server, std::string_view unanswered)
    : socket_(connect_to(server, 0)),
      unanswered_(unanswered.empty() ? "" : "\"event\":\"" + std::string(unanswered) + "\""),
      buffer_(kReadSize) {
  greet(socket_, "", "");
}

bool EvapiApplication::serve() {
  const ssize_t got = recv(descriptor(), buffer_.data() + held_, buffer_.size() - held_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) throw std::runtime_error("the server closed the application's connection");
  std::string_view left(buffer_.data(), held_ + static_cast<size_t>(got));
  answers_.clear();
  for (;;) {
    size_t size = 0;
    const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), size);
    const auto header = static_cast<size_t>(end - left.data()) + 1;
    if (header >= left.size() || header + size >= left.size()) break;
    if (error != std::errc{} || *end != ':' || left[header + size] != ',')
      throw std::runtime_error("what the server sends is no netstring");
    take(left.substr(header, size));
    left.remove_prefix(header + size + 1);
  }
  if (left.size() == buffer_.size()) throw std::runtime_error("a message larger than any event");
  std::memmove(buffer_.data(), left.data(), left.size());
  held_ = left.size();
  send_answers();
  return true;
}

void EvapiApplication::take(std::string_view event) {
  if (!welcome_ && event == kWelcome) {
    welcome_ = true;
    return;
  }
  if (!unanswered_.empty() && event.find(unanswered_) != std::string_view::npos) return;
  const std::string_view index = digits_after(event, "\"index\":");
  const std::string_view label = digits_after(event, "\"label\":");
  static constexpr std::string_view kPieces[] = {"{\"index\":", ",\"label\":", "}"};
  const size_t size = kPieces[0].size() + index.size() + kPieces[1].size() + label.size() + kPieces[2].size();
  answers_.append(std::to_string(size)).append(":");
  answers_.append(kPieces[0]).append(index).append(kPieces[1]).append(label).append(kPieces[2]).append(",");
}

void EvapiApplication::send_answers() {
  std::string_view bytes = answers_;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
      throw std::runtime_error(std::string("answering: ") + std::strerror(errno));
    if (sent < 0) {
      pollfd writable{.fd = descriptor(), .events = POLLOUT, .revents = 0};
      poll(&writable, 1, 1000);
    }
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
  }
}

}  // namespace bench
