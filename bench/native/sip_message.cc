#include "sip_message.h"

#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

constexpr std::string_view kCookie = "z9hG4bK";
constexpr size_t kRunSize = 8;
// As many hexadecimal digits.
constexpr size_t kNumberSize = 8;
constexpr std::string_view kMark = "########";
constexpr std::string_view kLineEnd = "\r\n";

constexpr std::string_view kSession =
    "v=0\r\n"
    "o=load 1 1 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\n";

void write_number(char* to, uint32_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = kNumberSize; i-- > 0; number >>= 4) to[i] = kDigits[number & 15];
}

// "<run>-<number>", and what follows does not matter.
std::optional<uint32_t> read_id(std::string_view text, std::string_view run) {
  if (text.size() < kRunSize + 1 + kNumberSize || !text.starts_with(run) || text[kRunSize] != '-') return {};
  uint32_t number = 0;
  const char* const begin = text.data() + kRunSize + 1;
  const auto [end, error] = std::from_chars(begin, begin + kNumberSize, number, 16);
  if (error != std::errc{} || end != begin + kNumberSize) return {};
  return number;
}

std::string_view after(std::string_view line, std::string_view what) {
  const size_t at = line.find(what);
  return at == std::string_view::npos ? std::string_view{} : line.substr(at + what.size());
}

std::string first_lines(const SipParties& parties, std::string_view method, std::string_view branch_end) {
  return std::string(method) + " sip:service@" + parties.server + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
         parties.local + ";branch=" + std::string(kCookie) + parties.run + "-" + std::string(kMark) +
         std::string(branch_end) + ";rport\r\nMax-Forwards: 70\r\nFrom: \"Load\" <sip:caller@" +
         parties.local + ">;tag=" + parties.run + "-" + std::string(kMark) + "\r\nCall-ID: " + parties.run +
         "-" + std::string(kMark) + "@load\r\nTo: <sip:service@" + parties.server + ">";
}

std::string request(const SipParties& parties, SipMethod method) {
  const std::string name(name_of(method));
  std::string text = first_lines(parties, name, "") + "\r\nCSeq: 1 " + name + "\r\nContact: <sip:caller@" +
                     parties.local + ">\r\nUser-Agent: sip_load\r\n";
  if (method == SipMethod::kOptions) return text + "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n";
  return text +
         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nContent-Type: application/sdp\r\nContent-Length: " +
         std::to_string(kSession.size()) + "\r\n\r\n" + std::string(kSession);
}

}  // namespace

std::string random_run() {
  uint32_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value) throw std::runtime_error("no random numbers");
  char text[kRunSize];
  write_number(text, value);
  return {text, kRunSize};
}

SipRequests::Template::Template(std::string with_marks) : text(std::move(with_marks)) {
  size_t from = 0;
  for (size_t& number : numbers) {
    number = text.find(kMark, from);
    from = number + kMark.size();
  }
}

size_t SipRequests::Template::write(char* to, uint32_t number) const {
  std::memcpy(to, text.data(), text.size());
  for (const size_t place : numbers) write_number(to + place, number);
  return text.size();
}

SipRequests::SipRequests(const SipParties& parties)
    : options_(request(parties, SipMethod::kOptions)),
      invite_(request(parties, SipMethod::kInvite)),
      refused_ack_(first_lines(parties, "ACK", "") + ";tag="),
      accepted_ack_(first_lines(parties, "ACK", "-ack") + ";tag="),
      ack_end_("\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n") {}

size_t SipRequests::write_request(char* to, SipMethod method, uint32_t number) const {
  return (method == SipMethod::kInvite ? invite_ : options_).write(to, number);
}

size_t SipRequests::write_ack(char* to, uint32_t number, int code, std::string_view to_tag) const {
  size_t size = (code < 300 ? accepted_ack_ : refused_ack_).write(to, number);
  for (const std::string_view piece : {to_tag, std::string_view(ack_end_)}) {
    std::memcpy(to + size, piece.data(), piece.size());
    size += piece.size();
  }
  return size;
}

std::optional<SipReply> parse_sip_reply(std::string_view text, std::string_view run) {
  static constexpr std::string_view kVersion = "SIP/2.0 ";
  if (!text.starts_with(kVersion)) return {};
  SipReply reply{};
  const char* const code = text.data() + kVersion.size();
  std::from_chars(code, code + std::min<size_t>(3, text.size() - kVersion.size()), reply.code);
  std::optional<uint32_t> branch;
  std::optional<uint32_t> caller;
  std::optional<uint32_t> call;
  std::string_view sequence;
  for (size_t end; (end = text.find(kLineEnd)) != 0; text.remove_prefix(end + kLineEnd.size())) {
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    if (!branch && line.starts_with("Via:")) {
      const std::string_view value = after(line, ";branch=");
      if (value.starts_with(kCookie)) branch = read_id(value.substr(kCookie.size()), run);
    } else if (line.starts_with("From:")) {
      caller = read_id(after(line, ";tag="), run);
    } else if (line.starts_with("To:")) {
      reply.to_tag = after(line, ";tag=");
    } else if (line.starts_with("Call-ID:")) {
      call = read_id(line.substr(std::min(line.find_first_not_of(' ', 8), line.size())), run);
    } else if (line.starts_with("CSeq:")) {
      sequence = after(line, "1 ");
    }
  }
  if (!branch || caller != branch || call != branch || reply.code < 100 || reply.code > 699) return {};
  reply.number = *branch;
  reply.method = sequence == name_of(SipMethod::kInvite) ? SipMethod::kInvite : SipMethod::kOptions;
  if (sequence != name_of(reply.method) || (reply.code > 100 && reply.to_tag.empty())) return {};
  return reply;
}

}  // namespace bench
