// libFuzzer target for the netstring decoder: however the bytes are cut, the frames are the same; nothing
// outside the bytes is read; what is said to be canonical is what the encoder writes.
//
// The first bytes of an input choose the limit and the cuts, the rest is the stream.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "netstring.h"

namespace {

using evapid::netstring::BadFrame;
using evapid::netstring::decode;
using evapid::netstring::Decoded;
using evapid::netstring::Frame;
using evapid::netstring::Status;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct Outcome {
  std::vector<std::string> payloads;
  BadFrame reason = BadFrame::kNone;
  size_t bad_offset = 0;

  bool operator==(const Outcome&) const = default;
};

// Asks for one frame in a copy that ends where the bytes end, so that AddressSanitizer sees every read
// beyond.
Decoded decode_exact(std::span<const std::byte> bytes, size_t at, size_t limit) {
  const std::unique_ptr<std::byte[]> exact(new std::byte[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  return decode({exact.get(), bytes.size()}, at, limit);
}

void check_frame(std::span<const std::byte> bytes, size_t at, const Decoded& decoded, size_t limit) {
  const Frame& frame = decoded.frame;
  require(at <= frame.header && frame.header < frame.payload && frame.payload <= frame.payload_end,
          "offsets in order");
  require(frame.end() <= bytes.size() && decoded.next == frame.end(),
          "a frame ends inside of what was given");
  require(frame.payload_size() <= limit, "a frame is not longer than the limit");
  require(bytes[frame.payload - 1] == std::byte{':'} && bytes[frame.payload_end] == std::byte{','},
          "delimiters");

  std::vector<std::byte> encoded(evapid::netstring::kMaxHeader + frame.payload_size() + 1);
  std::byte* const payload = encoded.data() + evapid::netstring::kMaxHeader;
  std::copy_n(bytes.data() + frame.payload, frame.payload_size(), payload);
  const size_t header = evapid::netstring::write_header_before(payload, frame.payload_size());
  payload[frame.payload_size()] = std::byte{','};
  const size_t size = header + frame.payload_size() + 1;
  const bool same = size == frame.end() - frame.header &&
                    std::memcmp(payload - header, bytes.data() + frame.header, size) == 0;
  require(same == frame.canonical, "canonical means: as the encoder writes it");
}

void check_partial(std::span<const std::byte> bytes, size_t at, const Decoded& decoded) {
  require(at <= decoded.next && decoded.next <= bytes.size(),
          "an unfinished frame starts inside of what was given");
  if (decoded.sized)
    require(decoded.frame.end() > bytes.size(), "a frame that is all there is not unfinished");
}

// Feeds the stream in pieces, keeping what is unfinished, as a receiver does.
Outcome receive(std::span<const std::byte> stream, const std::vector<size_t>& cuts, size_t limit) {
  Outcome outcome;
  std::vector<std::byte> kept;
  size_t fed = 0;
  for (size_t piece = 0; fed < stream.size(); ++piece) {
    const size_t wanted = cuts.empty() ? stream.size() : cuts[piece % cuts.size()];
    const size_t size = std::min(wanted, stream.size() - fed);
    kept.insert(kept.end(), stream.begin() + static_cast<std::ptrdiff_t>(fed),
                stream.begin() + static_cast<std::ptrdiff_t>(fed + size));
    fed += size;
    for (size_t at = 0;;) {
      const Decoded decoded = decode_exact(kept, at, limit);
      if (decoded.status == Status::kBad) {
        require(decoded.next < kept.size(), "the bad byte is one that was given");
        outcome.reason = decoded.reason;
        outcome.bad_offset = fed - (kept.size() - decoded.next);
        return outcome;
      }
      if (decoded.status == Status::kPartial) {
        check_partial(kept, at, decoded);
        kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(decoded.next));
        break;
      }
      check_frame(kept, at, decoded, limit);
      const Frame& frame = decoded.frame;
      outcome.payloads.emplace_back(reinterpret_cast<const char*>(kept.data()) + frame.payload,
                                    frame.payload_size());
      at = decoded.next;
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kSettings = 5;
  if (size < kSettings) return 0;
  constexpr size_t kLimits[] = {0, 1, 9, 10, 100, 1000, 65536, evapid::netstring::kMaxPayload};
  const size_t limit = kLimits[data[0] % std::size(kLimits)];
  std::vector<size_t> cuts;
  for (size_t i = 1; i < kSettings; ++i) cuts.push_back(size_t{data[i]} % 32 + 1);

  const auto stream = std::as_bytes(std::span(data, size)).subspan(kSettings);
  const Outcome whole = receive(stream, {}, limit);
  require(whole == receive(stream, cuts, limit), "the cuts make no difference");
  require(whole == receive(stream, {1}, limit), "byte by byte makes no difference");
  return 0;
}
