// What every payload starts with: who published it, its sequence number, and when it was due. Sixteen
// printable bytes, because one of the peers (Kamailio) cuts a payload at a NUL; the rest of a payload is
// filler.
//
//   bytes 0..7   publisher (12 bits) and sequence number (36 bits)
//   bytes 8..15  nanoseconds since the generator started (48 bits: 78 hours)
//
// Each group of eight bytes carries 48 bits, six a byte, least significant first, each byte '0' + value.
// Packing and unpacking are a handful of shifts on one register: at ten million messages a second the check
// must cost next to nothing, or it would be the check that is measured.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace bench {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kStampSize = 16;
constexpr char kFiller = 'x';
constexpr int kSequenceBits = 36;
constexpr uint64_t kSequenceMask = (uint64_t{1} << kSequenceBits) - 1;
// Not a publisher: marks the probes that find out whether everybody is listening yet.
constexpr uint64_t kProbePublisher = 0xfff;
constexpr uint64_t kMaxPublishers = kProbePublisher;
constexpr uint64_t kPrintable = 0x3030303030303030;

constexpr uint64_t pack48(uint64_t value) {
  uint64_t x = (value & 0x0000000000ffffff) | ((value & 0x0000ffffff000000) << 8);
  x = (x & 0x00000fff00000fff) | ((x & 0x00fff00000fff000) << 4);
  x = (x & 0x003f003f003f003f) | ((x & 0x0fc00fc00fc00fc0) << 2);
  return x + kPrintable;
}

constexpr uint64_t unpack48(uint64_t packed) {
  uint64_t x = packed - kPrintable;
  x = (x & 0x003f003f003f003f) | ((x & 0x3f003f003f003f00) >> 2);
  x = (x & 0x00000fff00000fff) | ((x & 0x0fff00000fff0000) >> 4);
  return (x & 0x0000000000ffffff) | ((x & 0x00ffffff00000000) >> 8);
}

static_assert(unpack48(pack48(0x123456789abc)) == 0x123456789abc);
static_assert(unpack48(pack48(0xffffffffffff)) == 0xffffffffffff);

inline uint64_t load64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store64(char* to, uint64_t value) {
  std::memcpy(to, &value, sizeof value);
}

inline void write_stamp(char* to, uint64_t publisher, uint64_t sequence, uint64_t time) {
  store64(to, pack48(publisher << kSequenceBits | (sequence & kSequenceMask)));
  store64(to + 8, pack48(time));
}

}  // namespace bench
