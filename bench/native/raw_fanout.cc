// raw_fanout: what this machine can do at most. Writes whatever it reads from one connection to every
// connection, the sender included, and looks at none of it. What a full socket does not take waits in a
// queue.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kReadSize = 256 * 1024;
constexpr size_t kTrimSize = 4 * 1024 * 1024;

struct Client {
  Client(int socket, size_t index) : descriptor(socket), place(index) {}

  int descriptor;
  // Where it stands among the clients.
  size_t place;
  bool gone = false;
  // What the socket did not take yet, from `written` on.
  std::string queue;
  size_t written = 0;
};

class Fanout {
 public:
  explicit Fanout(int listener)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(listener), buffer_(kReadSize) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 1024> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        auto* const client = static_cast<Client*>(event.data.ptr);
        if (client == nullptr) {
          accept_all();
          continue;
        }
        if ((event.events & EPOLLOUT) != 0 && !client->gone) drain(*client);
        if ((event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0 && !client->gone) receive(*client);
      }
      // Only now can no event of this turn point at them.
      buried_.clear();
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_.push_back(std::make_unique<Client>(descriptor, clients_.size()));
      watch(*clients_.back(), EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void receive(Client& from) {
    const ssize_t got = recv(from.descriptor, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return bury(from);
    const std::string_view bytes(buffer_.data(), static_cast<size_t>(got));
    // Backwards, because a client that turns out to be gone is replaced by the last one.
    for (size_t i = clients_.size(); i-- > 0;) write(*clients_[i], bytes);
  }

  void write(Client& client, std::string_view bytes) {
    if (client.queue.empty()) {
      const ssize_t sent = send(client.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent == static_cast<ssize_t>(bytes.size())) return;
      if (sent < 0 && errno != EAGAIN) return bury(client);
      bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
      watch(client, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    client.queue.append(bytes);
  }

  void drain(Client& client) {
    const ssize_t sent = send(client.descriptor, client.queue.data() + client.written,
                              client.queue.size() - client.written, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return bury(client);
    client.written += static_cast<size_t>(std::max<ssize_t>(sent, 0));
    if (client.written < client.queue.size()) return trim(client);
    client.queue.clear();
    client.written = 0;
    watch(client, EPOLLIN, EPOLL_CTL_MOD);
  }

  // A queue that never runs empty must not grow for ever.
  static void trim(Client& client) {
    if (client.written < kTrimSize || client.written < client.queue.size() / 2) return;
    client.queue.erase(0, client.written);
    client.written = 0;
  }

  void bury(Client& client) {
    close(client.descriptor);
    client.gone = true;
    const size_t place = client.place;
    std::swap(clients_[place], clients_.back());
    clients_[place]->place = place;
    buried_.push_back(std::move(clients_.back()));
    clients_.pop_back();
  }

  void watch(Client& client, uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.ptr = &client;
    epoll_ctl(epoll_, operation, client.descriptor, &event);
  }

  int epoll_;
  int listener_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> buried_;
};

}  // namespace

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("raw_fanout");
    return 1;
  }
  std::printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  Fanout(listener).run();
}
