// Connections to the server under test. Connecting and the protocol's greeting are blocking.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "address.h"

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

// Connects; the socket blocks. One source address has some 28,000 ports: where the server is at 127.0.0.0/8
// there are more, and `source` says which to use, 0 being the kernel's choice. Throws std::runtime_error with
// the reason and what to do.
Socket connect_to(const Address& address, uint32_t source);

// Says `hello`, waits until the answer contains `ready`, and makes the socket non-blocking. Throws as above.
void greet(const Socket& socket, std::string_view hello, std::string_view ready);

// Lifts the soft limit of descriptors to the hard one.
void raise_descriptor_limit();

}  // namespace bench
