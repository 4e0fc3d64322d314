#include "uring_way.h"

#include <algorithm>

#include "send_way.h"

namespace lab {

namespace {
// The user data of the no-operation that ends a quiet flush.
constexpr uint64_t kEnd = ~uint64_t{0};
}  // namespace

void UringWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  if (options_.registered_files) ring_.register_files(sockets);
  if (options_.zerocopy) ring_.register_buffer(payload.data(), payload.size());
  if (options_.pieces > 0) vectors_ = cut(payload, options_.pieces, memory_);
  message_.msg_iov = vectors_.data();
  message_.msg_iovlen = vectors_.size();
}

void UringWay::fill(io_uring_sqe& entry, size_t client) const {
  entry.opcode = options_.zerocopy     ? IORING_OP_SEND_ZC
                 : options_.pieces > 0 ? IORING_OP_SENDMSG
                                       : IORING_OP_SEND;
  if (options_.pieces > 0) {
    entry.addr = reinterpret_cast<uint64_t>(&message_);
    entry.len = 1;
  } else {
    entry.addr = reinterpret_cast<uint64_t>(payload_.data());
    entry.len = static_cast<uint32_t>(payload_.size());
  }
  if (options_.zerocopy) entry.ioprio = IORING_RECVSEND_FIXED_BUF | IORING_SEND_ZC_REPORT_USAGE;
  entry.msg_flags = MSG_NOSIGNAL | (options_.patient ? MSG_WAITALL : MSG_DONTWAIT);
  entry.fd = options_.registered_files ? static_cast<int>(client) : sockets_[client];
  if (options_.registered_files) entry.flags |= IOSQE_FIXED_FILE;
  if (options_.quiet) {
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry.msg_flags |= MSG_WAITALL;
  }
  entry.user_data = client;
}

void UringWay::flush() {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    if (ring_.room() == 0) ring_.submit(0);
    fill(ring_.next(), i);
    if (!options_.quiet) ++answers_missing_;
    if (options_.zerocopy) ++notices_missing_;
  }
  if (options_.quiet) {
    if (ring_.room() == 0) ring_.submit(0);
    io_uring_sqe& end = ring_.next();
    end.opcode = IORING_OP_NOP;
    end.user_data = kEnd;
    ++answers_missing_;
  }
  ring_.submit(static_cast<unsigned>(answers_missing_));
  collect();
  while (answers_missing_ > 0) {
    ring_.submit(1);
    collect();
  }
}

void UringWay::collect() {
  ring_.reap([&](const io_uring_cqe& completion) {
    if ((completion.flags & IORING_CQE_F_NOTIF) != 0) {
      --notices_missing_;
      ++notices_;
      if ((static_cast<uint32_t>(completion.res) & IORING_NOTIF_USAGE_ZC_COPIED) != 0) ++notices_of_copies_;
      return;
    }
    // No notice follows for what was not sent.
    if (options_.zerocopy && (completion.flags & IORING_CQE_F_MORE) == 0) --notices_missing_;
    const bool end = completion.user_data == kEnd;
    if (!options_.quiet || end) --answers_missing_;
    if (end || completion.res == static_cast<int>(payload_.size())) return;
    send_rest(sockets_[completion.user_data], completion.res);
  });
}

void UringWay::settle() {
  while (notices_missing_ > 0) {
    ring_.submit(1);
    collect();
  }
}

std::string UringWay::remark() const {
  if (notices_ == 0) return {};
  return std::to_string(notices_of_copies_ * 100 / notices_) + " % were copied after all";
}

}  // namespace lab
