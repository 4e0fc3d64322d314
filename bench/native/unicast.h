// Unicasts among many clients: every client has a tag, and messages go to a hundred of them, in turn. For a
// server whose route sets a tag for "t<tag>" and sends "u<stamp><tag>..." to that tag
// (bench/peers/unicast-routes.ts). Everything that arrives is checked: the right client, and none missing
// before it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "frames.h"
#include "meter.h"
#include "options.h"
#include "sockets.h"

namespace bench {

class Unicast {
 public:
  explicit Unicast(const Options& options);

  // Connects everybody and gives them their tags.
  void connect();
  Outcome run();

 private:
  struct Client {
    Socket socket;
    FrameWalker walker;
    // The number of the message that must come next; only for targets.
    uint64_t next = 0;
  };

  void tag_everybody();
  void publish();
  void turn(Meter& meter);
  void read(uint32_t index);
  void take(uint32_t index, uint64_t number);
  void send_all(const Client& client, std::string_view bytes) const;
  uint32_t target(uint64_t number) const;
  void run_until(int64_t end, Meter& meter);

  const Options& options_;
  const FrameShape shape_;
  Socket epoll_;
  std::vector<Client> clients_;
  std::vector<char> buffer_;
  std::array<epoll_event, 256> events_;
  std::string batch_;
  uint32_t targets_;
  uint32_t unready_ = 0;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  int64_t last_progress_ = 0;
  Faults faults_;
};

}  // namespace bench
