// Where the server listens: HOST:PORT, [IPV6]:PORT or unix:/path.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace bench {

class Address {
 public:
  // Throws std::runtime_error with what is wrong and what was expected.
  static Address parse(std::string_view text);

  // As it was written.
  const std::string& text() const { return text_; }
  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  // Whether it is in 127.0.0.0/8, where there are as many source addresses as one likes.
  bool is_ipv4_loopback() const;

 private:
  Address() = default;

  std::string text_;
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace bench
