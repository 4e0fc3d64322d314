// Netstrings on the wire: `<length in decimal>:<that many bytes>,`. Decoder and encoder mirror each other.
//
// The decoder keeps no state: it is asked for the frame that starts at a place, and answers frame, partial or
// bad. What survives a split is the caller's unconsumed bytes, offered again with more behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evapid::netstring {

// The longest header: nine digits and a colon.
inline constexpr size_t kMaxDigits = 9;
inline constexpr size_t kMaxHeader = kMaxDigits + 1;
inline constexpr size_t kMaxPayload = 999'999'999;

enum class Status : uint8_t { kFrame, kPartial, kBad };

// Why bytes are not a netstring. The numbers are known to src/dispatcher.ts.
enum class BadFrame : uint8_t {
  kNone = 0,
  kNoLength = 1,       // no digit where a length must start
  kNoColon = 2,        // something else than a digit or a colon after the first digit
  kTooManyDigits = 3,  // more than nine
  kTooLong = 4,        // longer than max_message_size
  kNoComma = 5,        // no comma after the payload
};

// Where a frame stands, as offsets into the bytes that were decoded.
struct Frame {
  size_t header = 0;       // first digit
  size_t payload = 0;      // first byte after the colon
  size_t payload_end = 0;  // the comma
  bool canonical = false;  // the header is the shortest one: the frame may go out as it came

  size_t end() const { return payload_end + 1; }
  size_t payload_size() const { return payload_end - payload; }
};

struct Decoded {
  Status status = Status::kPartial;
  BadFrame reason = BadFrame::kNone;
  Frame frame;  // kFrame; of kPartial with a known length, all of it, though the bytes are not here yet
  size_t next =
      0;  // kFrame: where the next one starts. kPartial: where the unfinished one starts. kBad: the bad byte
  bool sized = false;  // kPartial: the header is complete, so frame.end() says how many bytes are needed
};

// Decodes the frame at `at`, skipping blanks (space, tab, CR, LF) before it.
Decoded decode(std::span<const std::byte> bytes, size_t at, size_t max_payload);

// How long the header for `payload_size` is.
size_t header_size(size_t payload_size);
// Writes that header so that it ends just before `payload`; there must be room for it. Returns its length.
size_t write_header_before(std::byte* payload, size_t payload_size);

}  // namespace evapid::netstring
