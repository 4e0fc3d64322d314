// zerocopy: large payloads with MSG_ZEROCOPY and IORING_OP_SEND_ZC, their notices included.
#include "contest.h"
#include "send_way.h"
#include "uring_way.h"
#include "zerocopy_way.h"

int main() {
  lab::contest(
      "zero-copy sends, with the cost of their notices",
      lab::cells({16 << 10, 64 << 10, 256 << 10, 1 << 20}, lab::kUsualMost), {}, [] {
        lab::Ways ways;
        ways.push_back(std::make_unique<lab::SendWay>());
        ways.push_back(std::make_unique<lab::ZerocopyWay>());
        ways.push_back(std::make_unique<lab::UringWay>("send_zc", lab::UringOptions{.zerocopy = true}));
        return ways;
      });
}
