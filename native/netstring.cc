#include "netstring.h"

namespace evapid::netstring {

namespace {

bool is_blank(std::byte byte) {
  return byte == std::byte{' '} || byte == std::byte{'\n'} || byte == std::byte{'\r'} ||
         byte == std::byte{'\t'};
}

bool is_digit(std::byte byte) {
  return byte >= std::byte{'0'} && byte <= std::byte{'9'};
}

Decoded bad(BadFrame reason, size_t where) {
  Decoded result;
  result.status = Status::kBad;
  result.reason = reason;
  result.next = where;
  return result;
}

Decoded partial(size_t start) {
  Decoded result;
  result.next = start;
  return result;
}

}  // namespace

Decoded decode(std::span<const std::byte> bytes, size_t at, size_t max_payload) {
  while (at < bytes.size() && is_blank(bytes[at])) ++at;
  const size_t header = at;

  size_t length = 0;
  while (at < bytes.size() && is_digit(bytes[at])) {
    if (at - header == kMaxDigits) return bad(BadFrame::kTooManyDigits, at);
    length = length * 10 + (std::to_integer<size_t>(bytes[at]) - '0');
    // Said as soon as it is known: more digits only make it longer.
    if (length > max_payload) return bad(BadFrame::kTooLong, at);
    ++at;
  }
  if (at == bytes.size()) return partial(header);
  if (at == header) return bad(BadFrame::kNoLength, at);
  if (bytes[at] != std::byte{':'}) return bad(BadFrame::kNoColon, at);

  const size_t digits = at - header;
  Decoded result;
  result.frame.header = header;
  result.frame.payload = at + 1;
  result.frame.payload_end = at + 1 + length;
  result.frame.canonical = digits == 1 || bytes[header] != std::byte{'0'};
  if (result.frame.payload_end >= bytes.size()) {
    result.next = header;
    result.sized = true;
    return result;
  }
  if (bytes[result.frame.payload_end] != std::byte{','})
    return bad(BadFrame::kNoComma, result.frame.payload_end);
  result.status = Status::kFrame;
  result.next = result.frame.end();
  return result;
}

size_t header_size(size_t payload_size) {
  size_t size = 2;
  for (; payload_size >= 10; payload_size /= 10) ++size;
  return size;
}

size_t write_header_before(std::byte* payload, size_t payload_size) {
  std::byte* at = payload;
  *--at = std::byte{':'};
  do {
    *--at = static_cast<std::byte>('0' + payload_size % 10);
    payload_size /= 10;
  } while (payload_size > 0);
  return static_cast<size_t>(payload - at);
}

}  // namespace evapid::netstring
