// What the tests of datagrams need: an end that sends and receives, and a dispatcher that answers.
#pragma once

#include <arpa/inet.h>
#include <poll.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus.h"
#include "check.h"

namespace evapid::test {

// A plain UDP socket on an address of the loopback.
class DatagramEnd {
 public:
  explicit DatagramEnd(const std::string& ip = "127.0.0.1") {
    Opened opened = open_datagram_socket(ip, 0);
    REQUIRE(opened.error == 0);
    fd_ = std::move(opened.fd);
    const Address bound = bound_to(fd_.get()).address;
    family_ = bound.family;
    path_.port = bound.port;
    std::memcpy(path_.ip.data(), bound.ip.data(), sizeof path_.ip);
  }

  // Where it can be reached.
  const DatagramPath& path() const { return path_; }
  int fd() const { return fd_.get(); }

  bool send(std::string_view text, const std::string& ip, uint16_t port) {
    msghdr to{};
    DatagramName name;
    DatagramControl unused;
    set_path(to, name, unused, {.port = port, .ip = parse_ip(ip)->ip, .scope = 0, .local = {}}, family_);
    const auto* const address = static_cast<const sockaddr*>(to.msg_name);
    return sendto(fd_.get(), text.data(), text.size(), 0, address, to.msg_namelen) ==
           static_cast<ssize_t>(text.size());
  }

  struct Datagram {
    std::string text;
    std::string from;
    uint16_t port;
  };
  std::optional<Datagram> read() {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    buffer_.resize(70'000);
    const ssize_t size = recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                  reinterpret_cast<sockaddr*>(&storage), &length);
    if (size < 0) return std::nullopt;
    msghdr received{};
    received.msg_name = &storage;
    const DatagramPath from = path_of(received);
    return Datagram{buffer_.substr(0, static_cast<size_t>(size)), ip_text(family_, from.ip),
                    static_cast<uint16_t>(from.port)};
  }

 private:
  Fd fd_;
  Family family_;
  DatagramPath path_;
  std::string buffer_;
};

// A dispatcher with datagram sockets; what comes is answered with the same, unless a test says otherwise.
class DatagramBus final : private Routes {
 public:
  struct Datagram {
    uint32_t socket;
    std::string_view text;
    DatagramPath path;
  };

  explicit DatagramBus(const Options& options = {}) : dispatcher(options, *this) {
    for (size_t which = 0; which < 2; ++which) dispatcher.ring(which).use_memory(memory_[which].data());
  }

  struct Socket {
    uint32_t id;
    uint16_t port;
  };
  Socket open(const std::string& ip = "127.0.0.1") {
    Opened opened = open_datagram_socket(ip, 0);
    REQUIRE(opened.error == 0);
    const uint16_t port = bound_to(opened.fd.get()).address.port;
    const auto added = dispatcher.add_datagram_socket(std::move(opened.fd));
    REQUIRE(added.error == 0);
    return {added.id, port};
  }

  // Written as JavaScript does it: into a chunk that many share.
  void send(uint32_t socket, std::string_view text, const DatagramPath& path) {
    if (!chunk_ || chunk_->capacity() - used_ < text.size()) {
      chunk_ = dispatcher.pool().take();
      used_ = 0;
    }
    std::memcpy(chunk_->data() + used_, text.data(), text.size());
    dispatcher.send_datagram(socket, {chunk_, used_, used_ + text.size()}, path);
    used_ += text.size();
  }

  // One turn, as a host has it. Returns whether there was one.
  bool turn(int wait_ms = 0) {
    pollfd host{dispatcher.loop().fd(), POLLIN, 0};
    if (::poll(&host, 1, wait_ms) <= 0) return false;
    dispatcher.turn();
    if (chunk_ && chunk_->references() == 1) used_ = 0;
    return true;
  }
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (Clock::now() > deadline) return false;
      turn(2);
    }
    return true;
  }

  const Stats& stats() const { return dispatcher.stats(); }

 private:
  void on_events(const EventRing& ring) override {
    for (size_t i = 0; i < ring.size(); ++i) {
      const Event event = ring[i];
      switch (static_cast<EventKind>(event.kind)) {
        case EventKind::kDatagram: {
          const Chunk* const block = dispatcher.pool().find(event.a);
          REQUIRE(block == dispatcher.datagram_block() && block->references() > 1);
          Datagram datagram{event.client, text_of(block->data() + event.b, event.c), {}};
          const std::byte* const header = block->data() + event.b - DatagramSlots::kHeader;
          std::memcpy(static_cast<void*>(&datagram.path), header, sizeof datagram.path);
          on_datagram(datagram);
          break;
        }
        case EventKind::kDatagramsDropped:
          dropped.push_back(event);
          break;
        default:
          break;
      }
    }
  }

  std::vector<Event> memory_[2] = {std::vector<Event>(EventRing::kCapacity),
                                   std::vector<Event>(EventRing::kCapacity)};

 public:
  std::function<void(const Datagram&)> on_datagram = [this](const Datagram& datagram) {
    send(datagram.socket, datagram.text, datagram.path);
  };
  std::vector<Event> dropped;
  Dispatcher dispatcher;

 private:
  ChunkRef chunk_;
  size_t used_ = 0;
};

}  // namespace evapid::test
