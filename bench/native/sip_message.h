// The SIP requests that the load is made of, ready-made but for a number, and what is read of the replies.
// Each transaction has a number; its branch, its Call-ID and its From-tag are made of the run's name and that
// number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

enum class SipMethod : uint8_t { kOptions, kInvite };

constexpr std::string_view name_of(SipMethod method) {
  return method == SipMethod::kInvite ? "INVITE" : "OPTIONS";
}

// Who the load says it is, and whom it calls.
struct SipParties {
  // Tells this run's transactions from those of earlier ones at the same server.
  std::string run;
  // HOST:PORT of the caller and of the server.
  std::string local;
  std::string server;
};

// A name for a run, from the kernel's random numbers. They are all of one size.
std::string random_run();

class SipRequests {
 public:
  explicit SipRequests(const SipParties& parties);

  // These write a message to `to` and return its size, which is well below 2 KiB.
  size_t write_request(char* to, SipMethod method, uint32_t number) const;
  // Of an INVITE's final reply with this code and this To-tag.
  size_t write_ack(char* to, uint32_t number, int code, std::string_view to_tag) const;

 private:
  // A text with the number in some places.
  struct Template {
    std::string text;
    std::array<size_t, 3> numbers{};

    explicit Template(std::string with_marks);
    size_t write(char* to, uint32_t number) const;
  };

  Template options_;
  Template invite_;
  // Up to the tag, and what follows it. A 2xx's ACK is a transaction of its own, so its branch differs.
  Template refused_ack_;
  Template accepted_ack_;
  std::string ack_end_;
};

struct SipReply {
  int code;
  uint32_t number;
  SipMethod method;
  // Empty if there is none.
  std::string_view to_tag;
};

// Nothing where it is no reply to a request of this run: its identifiers are missing or contradict each
// other.
std::optional<SipReply> parse_sip_reply(std::string_view text, std::string_view run);

}  // namespace bench
