// options: what socket options do for a flush of several pieces, and for a large one.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "contest.h"
#include "must.h"
#include "send_way.h"

namespace {

constexpr size_t kPieces = 4;

// The payload in four calls.
class PiecewiseWay : public lab::Way {
 public:
  enum class Hold { kNone, kMore, kCork };
  PiecewiseWay(std::string name, Hold hold) : Way(std::move(name)), hold_(hold) {}

  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override {
    Way::prepare(sockets, payload);
    vectors_ = lab::cut(payload, kPieces, memory_);
  }

  void flush() override {
    for (const int socket : sockets_) {
      if (hold_ == Hold::kCork) cork(socket, 1);
      for (size_t i = 0; i < kPieces; ++i) {
        const bool more = hold_ == Hold::kMore && i + 1 < kPieces;
        // The socket is blocking, so that each call takes its piece.
        lab::must(
            send(socket, vectors_[i].iov_base, vectors_[i].iov_len, MSG_NOSIGNAL | (more ? MSG_MORE : 0)),
            "send");
      }
      if (hold_ == Hold::kCork) cork(socket, 0);
    }
  }

 private:
  static void cork(int socket, int on) {
    lab::must(setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on), "TCP_CORK");
  }

  Hold hold_;
  std::vector<std::byte> memory_;
  std::vector<iovec> vectors_;
};

// send() with a send buffer of a certain size: the kernel doubles what it is given. With less than some
// segments of 64 KiB (the loopback's) a send waits for the reader's delayed ACK, 40 ms, and is not worth a
// row.
class BufferWay : public lab::SendWay {
 public:
  BufferWay(std::string name, int size) : SendWay(std::move(name)), size_(size) {}

  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override {
    SendWay::prepare(sockets, payload);
    for (const int socket : sockets) {
      lab::must(setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size_, sizeof size_), "SO_SNDBUF");
    }
  }

 private:
  int size_;
};

// send() with Nagle's algorithm.
class NagleWay : public lab::SendWay {
 public:
  NagleWay() : SendWay("Nagle") {}

  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override {
    SendWay::prepare(sockets, payload);
    const int off = 0;
    for (const int socket : sockets) {
      lab::must(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off), "TCP_NODELAY");
    }
  }
};

}  // namespace

int main() {
  lab::contest("one flush of four pieces", lab::cells({1700, 6700}, lab::kUsualMost), {}, [] {
    using Hold = PiecewiseWay::Hold;
    lab::Ways ways;
    ways.push_back(std::make_unique<lab::VectorWay>("writev", lab::VectorWay::Call::kWritev, kPieces));
    ways.push_back(std::make_unique<PiecewiseWay>("4 sends", Hold::kNone));
    ways.push_back(std::make_unique<PiecewiseWay>("MSG_MORE", Hold::kMore));
    ways.push_back(std::make_unique<PiecewiseWay>("TCP_CORK", Hold::kCork));
    return ways;
  });
  lab::contest("send buffers, and Nagle's algorithm instead of TCP_NODELAY",
               {{64 << 10, 10}, {64 << 10, 100}, {1 << 20, 1}, {1 << 20, 10}, {1 << 20, 100}},
               {.own_sockets = true}, [] {
                 lab::Ways ways;
                 ways.push_back(std::make_unique<lab::SendWay>());
                 ways.push_back(std::make_unique<BufferWay>("256 KiB", 128 << 10));
                 ways.push_back(std::make_unique<BufferWay>("1 MiB", 512 << 10));
                 ways.push_back(std::make_unique<BufferWay>("4 MiB", 2 << 20));
                 ways.push_back(std::make_unique<NagleWay>());
                 return ways;
               });
}
