// The load: connects subscribers and publishers, keeps a window of messages in flight or a rate, and checks
// every message at every subscriber. One thread, one epoll; it reads 256 KiB at a time and polls rather than
// sleeps, so that the server pays for no wake-ups and the figures are the server's.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frames.h"
#include "histogram.h"
#include "meter.h"
#include "options.h"
#include "publisher.h"
#include "sockets.h"
#include "tally.h"
#include "wire.h"

namespace bench {

class Generator {
 public:
  explicit Generator(const Options& options);

  void connect();
  Outcome run();
  const Histogram& latencies() const { return latencies_; }

 private:
  struct Connection {
    Socket socket;
    FrameWalker walker;
    // Null for a connection that only publishes.
    std::unique_ptr<Tally> tally;
    int64_t last_arrival = 0;
    int64_t longest_gap = 0;
    // What the kernel did not take yet, from `written` on.
    std::string unsent;
    size_t written = 0;
    bool reads = true;
    bool probed = false;
  };

  void await_everybody();
  void publish_until(int64_t end);
  void publish_quota();
  void drain();

  void turn();
  void publish_window(int64_t now);
  void publish_due(int64_t now, int64_t end);
  void publish_batch(Publisher& publisher, int64_t due);
  bool quota_used(const Publisher& publisher) const;
  bool owed() const { return settled_ < awaited_; }
  bool finished(int64_t now);

  void send(uint32_t index, std::string_view bytes);
  void flush(uint32_t index);
  void watch(uint32_t index, bool writable, int operation);
  void read(uint32_t index);
  void take(Connection& connection, uint64_t packed_id, uint64_t packed_time, int64_t now);
  void move_on(Tally& tally, uint64_t publisher, uint64_t next);
  bool line(uint32_t index, std::string_view text);
  void disconnect(uint32_t index, std::string_view why);
  void note_gap(Connection& connection, int64_t now);

  const Options options_;
  const Wire wire_;
  const FrameShape shape_;
  const int64_t start_;
  Socket epoll_;
  std::vector<Connection> connections_;
  std::vector<Publisher> publishers_;
  std::vector<char> buffer_;
  std::array<epoll_event, 1024> events_;

  // Subscribers that read and are connected.
  uint32_t live_ = 0;
  uint32_t unprobed_ = 0;
  // Messages owed to subscribers since the beginning, and those that came or are known to be lost.
  uint64_t awaited_ = 0;
  uint64_t settled_ = 0;
  uint64_t received_ = 0;
  int64_t last_progress_ = 0;
  Meter meter_;
  // Open loop: when the next batch is due, and whose turn it is.
  int64_t next_due_ = 0;
  size_t next_publisher_ = 0;
  int64_t worst_delay_ = 0;
  bool measuring_ = false;
  // Latency counts for messages due in here.
  int64_t count_from_ = INT64_MAX;
  int64_t count_until_ = INT64_MAX;
  uint32_t disconnected_ = 0;
  bool stalled_ = false;
  std::string complaint_;
  Histogram latencies_;
};

}  // namespace bench
