// A UDP socket in the loop: says when there is something to read, and sends what it is given, many at a time.
//
// A datagram is sent or it is not: what the kernel refuses for its own sake (too large, no way there) is
// dropped and told, and the others go. What the kernel cannot take yet waits, up to a limit. What is read,
// and who learns of it, is the owner's business.
#pragma once

#include <string>
#include <vector>

#include "burst.h"
#include "chunk.h"
#include "datagram_batch.h"
#include "datagram_path.h"
#include "loop/fd.h"
#include "loop/loop.h"
#include "options.h"
#include "socket.h"

namespace evapid {

class DatagramSocket;

class DatagramSocketOwner {
 public:
  virtual ~DatagramSocketOwner() = default;
  virtual void on_datagrams_wait(DatagramSocket& socket) = 0;
  // The kernel takes again what waits.
  virtual void on_datagrams_writable(DatagramSocket& socket) = 0;
  // `error`: the errno that a datagram was dropped for.
  virtual void on_datagram_dropped(DatagramSocket& socket, int error) = 0;
  // A closing socket has nothing to wait for any more. It must not be destroyed before this returns.
  virtual void on_datagram_socket_done(DatagramSocket& socket) = 0;
};

// A socket bound to a literal IPv4 or IPv6 address; port 0 picks a free one. IPv6 sockets have nothing to do
// with IPv4. One that is bound to all addresses learns to which a datagram was sent.
Opened open_datagram_socket(const std::string& ip, uint16_t port);

class DatagramSocket {
 public:
  DatagramSocket(const Options& options, Stats& stats, ChunkPool& pool, Loop& loop,
                 DatagramSocketOwner& owner, uint32_t id, Fd fd, Family family);

  // 0 or an errno.
  int start();
  uint32_t id() const { return id_; }
  int fd() const { return fd_.get(); }

  bool reads() const { return reading_ && !paused_; }
  void stop_reading();
  // What reading came to; 0 when it went well. Errors that do not go away must not make the loop spin.
  void on_received(int error);

  // The datagram leaves with the next flush().
  void queue(Span&& span, const DatagramPath& path);
  // So many are queued that were not offered to the kernel yet.
  size_t unflushed() const { return waiting_ ? 0 : queue_.size(); }
  void flush(DatagramBatch& batch);
  // The kernel may take again what it did not take.
  void retry(DatagramBatch& batch);

  // Reads no more and takes nothing more to send. Returns whether something waits that is still to be sent:
  // then on_datagram_socket_done() follows, within drain_timeout.
  bool close();
  // Gives up the descriptor, and what waits.
  void abandon();
  bool closing() const { return closing_; }
  // How many datagrams the kernel had no room for since the socket was opened.
  uint32_t lost() const;

  // For the owner's list of those with something to flush.
  bool listed = false;
  Burst dropped;

 private:
  struct Outgoing {
    Span span;
    DatagramPath path;
    bool kept = false;  // the bytes are a copy of our own
  };
  struct Io : IoWatcher {
    explicit Io(DatagramSocket& owner) : IoWatcher(&DatagramSocket::on_ready), socket(owner) {}
    DatagramSocket& socket;
  };
  struct Timer : TimerWatcher {
    explicit Timer(DatagramSocket& owner) : TimerWatcher(&DatagramSocket::on_due), socket(owner) {}
    DatagramSocket& socket;
  };

  static constexpr std::chrono::milliseconds kPause{100};
  // One error may be the echo of something sent before, and is gone once it was told.
  static constexpr int kErrorsBeforePause = 2;

  static void on_ready(IoWatcher& watcher, uint32_t ready);
  static void on_due(TimerWatcher& timer);
  int watch();
  void pause();
  void send_queue(DatagramBatch& batch);
  void count_sent(size_t first, size_t count);
  void wait(size_t sent);
  void keep(Outgoing& outgoing);
  void drop(int error);

  const Options& options_;
  Stats& stats_;
  ChunkPool& pool_;
  Loop& loop_;
  DatagramSocketOwner& owner_;
  const uint32_t id_;
  Fd fd_;
  const Family family_;
  Io io_;
  Timer timer_;  // the end of a pause, or of the time for closing
  bool reading_ = true;
  bool paused_ = false;
  bool waiting_ = false;  // for the kernel: it did not take the first of the queue
  bool closing_ = false;
  int errors_ = 0;
  std::vector<Outgoing> queue_;
  size_t queued_bytes_ = 0;
  // Where the bytes of those that wait are kept: they must not hold megabytes of others' traffic.
  ChunkRef kept_;
  size_t kept_bytes_ = 0;
};

}  // namespace evapid
