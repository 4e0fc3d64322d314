// uring: a flush with io_uring against one send per client.
#include "contest.h"
#include "send_way.h"
#include "uring_way.h"

using lab::SendWay;
using lab::UringOptions;
using lab::UringWay;
using lab::VectorWay;

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
        ways.push_back(uring("no defer", {.setup = 0}));
        ways.push_back(uring("sqpoll", {.setup = IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER}));
        ways.push_back(std::make_unique<VectorWay>("sendmsg 16", VectorWay::Call::kSendmsg, 16));
        ways.push_back(uring("uring msg 16", {.pieces = 16}));
        ways.push_back(uring("send_zc", {.zerocopy = true}));
        return ways;
      });
}
