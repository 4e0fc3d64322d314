// Connections to the server under test. Connecting and the protocol's greeting are blocking: they are not
// measured.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  int descriptor() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }
  void close();

 private:
  int descriptor_ = -1;
};

// Connects, says `hello`, waits until the answer contains `ready`, and makes the socket non-blocking. Throws
// std::runtime_error with the reason.
Socket connect_to(const std::string& host, uint16_t port, std::string_view hello, std::string_view ready);

// Lifts the soft limit of descriptors to the hard one.
void raise_descriptor_limit();

}  // namespace bench
