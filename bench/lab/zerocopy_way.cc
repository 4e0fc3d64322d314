#include "zerocopy_way.h"

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>

#include "must.h"

namespace lab {

void ZerocopyWay::prepare(const std::vector<int>& sockets, std::span<const std::byte> payload) {
  Way::prepare(sockets, payload);
  missing_.assign(sockets.size(), 0);
  const int on = 1;
  for (const int socket : sockets) {
    must(setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on), "SO_ZEROCOPY");
  }
}

void ZerocopyWay::flush() {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    const ssize_t sent =
        ::send(sockets_[i], payload_.data(), payload_.size(), MSG_NOSIGNAL | MSG_DONTWAIT | MSG_ZEROCOPY);
    if (sent > 0) ++missing_[i];
    if (sent < 0 && errno == ENOBUFS) ++refused_;  // too many notices wait: net.core.optmem_max
    if (sent != static_cast<ssize_t>(payload_.size())) send_rest(sockets_[i], sent);
  }
}

void ZerocopyWay::settle() {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    while (missing_[i] > 0) {
      std::array<std::byte, 128> control;
      msghdr message{};
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      if (recvmsg(sockets_[i], &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) continue;
      for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_IP || part->cmsg_type != IP_RECVERR) continue;
        const auto* const error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part));
        if (error->ee_origin != SO_EE_ORIGIN_ZEROCOPY) continue;
        // One notice may be for several sends.
        const uint32_t count = error->ee_data - error->ee_info + 1;
        missing_[i] -= count;
        notices_ += count;
        if ((error->ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0) notices_of_copies_ += count;
      }
    }
  }
}

std::string ZerocopyWay::remark() const {
  std::string text;
  if (notices_ > 0) text = std::to_string(notices_of_copies_ * 100 / notices_) + " % were copied after all";
  if (refused_ > 0) text += ", " + std::to_string(refused_) + " refused with ENOBUFS";
  return text;
}

}  // namespace lab
