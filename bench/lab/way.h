// A way to get the same bytes to many clients.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lab {

class Way {
 public:
  explicit Way(std::string name) : name_(std::move(name)) {}
  virtual ~Way() = default;

  const std::string& name() const { return name_; }

  // Called once, before anything is measured. `payload` begins at a page.
  virtual void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
    sockets_ = sockets;
    payload_ = payload;
  }
  // Everybody gets the payload once. What a socket does not take at once is sent with send_rest.
  virtual void flush() = 0;
  // Everybody has read everything: collects what the kernel has to say about it.
  virtual void settle() {}
  // Something worth saying below the table, or nothing.
  virtual std::string remark() const { return {}; }

  size_t short_sends() const { return short_sends_; }

 protected:
  // The socket took only the first `taken` bytes, or (negative) none. Waits until it has taken the others:
  // the sleep costs no CPU, and waking up costs every way the same.
  void send_rest(int socket, ssize_t taken) {
    size_t done = taken > 0 ? static_cast<size_t>(taken) : 0;
    ++short_sends_;
    while (done < payload_.size()) {
      const ssize_t sent = ::send(socket, payload_.data() + done, payload_.size() - done, MSG_NOSIGNAL);
      if (sent > 0) done += static_cast<size_t>(sent);
    }
  }

  std::vector<int> sockets_;
  std::span<const std::byte> payload_;

 private:
  std::string name_;
  size_t short_sends_ = 0;
};

using Ways = std::vector<std::unique_ptr<Way>>;

}  // namespace lab
