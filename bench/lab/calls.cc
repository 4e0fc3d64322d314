// calls: which system call, with which flags and how many pieces, costs least for one client.
#include "contest.h"
#include "send_way.h"

using lab::SendWay;
using lab::VectorWay;

int main() {
  using Call = VectorWay::Call;
  lab::contest("one system call per client (the flags of the first column: NOSIGNAL|DONTWAIT)",
               lab::cells({1700, 6700, 64 << 10, 1 << 20}, lab::kUsualMost), {}, [] {
                 lab::Ways ways;
                 ways.push_back(std::make_unique<SendWay>());
                 ways.push_back(std::make_unique<SendWay>("no flags", 0));
                 ways.push_back(std::make_unique<SendWay>("NOSIGNAL", MSG_NOSIGNAL));
                 ways.push_back(std::make_unique<VectorWay>("writev 1", Call::kWritev, 1));
                 ways.push_back(std::make_unique<VectorWay>("writev 4", Call::kWritev, 4));
                 ways.push_back(std::make_unique<VectorWay>("writev 16", Call::kWritev, 16));
                 ways.push_back(std::make_unique<VectorWay>("writev 64", Call::kWritev, 64));
                 ways.push_back(std::make_unique<lab::GatherWay>("gather 64", 64));
                 ways.push_back(std::make_unique<VectorWay>("sendmsg 1", Call::kSendmsg, 1));
                 ways.push_back(std::make_unique<VectorWay>("sendmsg 16", Call::kSendmsg, 16));
                 return ways;
               });
}
