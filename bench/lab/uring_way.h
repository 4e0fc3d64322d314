// One submission per client and one io_uring_enter for all of them.
#pragma once

#include <sys/uio.h>

#include "ring.h"
#include "way.h"

namespace lab {

struct UringOptions {
  unsigned setup = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  bool registered_files = true;
  // 0: IORING_OP_SEND of the payload. Otherwise IORING_OP_SENDMSG of so many pieces.
  size_t pieces = 0;
  // Completions only of those who did not take everything (IOSQE_CQE_SKIP_SUCCESS with MSG_WAITALL).
  bool quiet = false;
  // The kernel waits for room in the socket by itself until all is taken (no DONTWAIT, MSG_WAITALL).
  bool patient = false;
  // IORING_OP_SEND_ZC from a registered buffer.
  bool zerocopy = false;
};

class UringWay : public Way {
 public:
  UringWay(std::string name, const UringOptions& options)
      : Way(std::move(name)), options_(options), ring_(1024, options.setup) {}

  void prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) override;
  void flush() override;
  // Waits for the notices that the buffer is free again.
  void settle() override;
  std::string remark() const override;

 private:
  void fill(io_uring_sqe& entry, size_t client) const;
  void collect();

  UringOptions options_;
  Ring ring_;
  std::vector<std::byte> memory_;
  std::vector<iovec> vectors_;
  msghdr message_{};
  size_t answers_missing_ = 0;
  size_t notices_missing_ = 0;
  size_t notices_ = 0;
  size_t notices_of_copies_ = 0;
};

}  // namespace lab
