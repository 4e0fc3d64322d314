// send() with MSG_ZEROCOPY, and reading its notices from the error queue.
#pragma once

#include "way.h"

namespace lab {

class ZerocopyWay : public Way {
 public:
  ZerocopyWay() : Way("MSG_ZEROCOPY") {}
  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;
  void settle() override;
  std::string remark() const override;

 private:
  // Sends of each socket that were taken and have not been given back.
  std::vector<uint32_t> missing_;
  size_t notices_ = 0;
  size_t notices_of_copies_ = 0;
  size_t refused_ = 0;
};

}  // namespace lab
