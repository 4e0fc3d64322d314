// uring: a flush with io_uring against one send per client.
#include <unistd.h>

#include "contest.h"
#include "send_way.h"
#include "uring_way.h"

using lab::SendWay;
using lab::UringOptions;
using lab::UringWay;
using lab::VectorWay;

namespace {

// send(), and a system call that does nothing: what entering the kernel once more for each client costs here.
class EntryWay : public lab::Way {
 public:
  EntryWay() : Way("send, getppid") {}

  void flush() override {
    for (const int socket : sockets_) {
      const ssize_t sent = ::send(socket, payload_.data(), payload_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      getppid();
      if (sent != static_cast<ssize_t>(payload_.size())) send_rest(socket, sent);
    }
  }
};

}  // namespace

int main() {
  lab::contest(
      "io_uring, one enter per flush (SINGLE_ISSUER|DEFER_TASKRUN, registered files where not said "
      "otherwise)",
      lab::cells({1700, 6700, 64 << 10, 1 << 20}, lab::kUsualMost), {}, [] {
        const auto uring = [](std::string name, const UringOptions& options) {
          return std::make_unique<UringWay>(std::move(name), options);
        };
        lab::Ways ways;
        ways.push_back(std::make_unique<SendWay>());
        ways.push_back(uring("uring send", {}));
        ways.push_back(uring("plain files", {.registered_files = false}));
        ways.push_back(uring("quiet", {.quiet = true}));
        ways.push_back(std::make_unique<VectorWay>("sendmsg 16", VectorWay::Call::kSendmsg, 16));
        ways.push_back(uring("uring msg 16", {.pieces = 16}));
        ways.push_back(uring("send_zc", {.zerocopy = true}));
        return ways;
      });
  lab::contest(
      "where it begins to pay", {{1700, 1}, {1700, 2}, {1700, 4}, {1700, 8}, {1700, 16}, {1700, 32}},
      {.rounds = 9}, [] {
        lab::Ways ways;
        ways.push_back(std::make_unique<SendWay>());
        ways.push_back(std::make_unique<EntryWay>());
        ways.push_back(std::make_unique<UringWay>("uring send", UringOptions{.registered_files = false}));
        return ways;
      });
  lab::contest("a thread of the kernel that submits, on the same core", {{1700, 1}, {1700, 100}},
               {.rounds = 3}, [] {
                 const UringOptions polling{.setup = IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER};
                 lab::Ways ways;
                 ways.push_back(std::make_unique<SendWay>());
                 ways.push_back(std::make_unique<UringWay>("sqpoll", polling));
                 return ways;
               });
}
