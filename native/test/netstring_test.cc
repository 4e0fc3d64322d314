// The netstring decoder and the header writer.
#include "netstring.h"

#include <array>

#include "check.h"
#include "frames.h"

namespace evapid::test {

namespace {

using netstring::BadFrame;
using netstring::Decoded;
using netstring::Status;

constexpr size_t kLimit = 1024 * 1024;

Decoded decode(std::string_view text, size_t at = 0, size_t limit = kLimit) {
  return netstring::decode(std::as_bytes(std::span(text.data(), text.size())), at, limit);
}

struct BadCase {
  std::string text;
  BadFrame reason;
  size_t where;
};

const std::vector<BadCase> kBad = {
    {"hello", BadFrame::kNoLength, 0},      {":", BadFrame::kNoLength, 0},
    {",", BadFrame::kNoLength, 0},          {"-1:", BadFrame::kNoLength, 0},
    {"  \r\n\tx", BadFrame::kNoLength, 5},  {std::string("\0", 1), BadFrame::kNoLength, 0},
    {"\v5:hello,", BadFrame::kNoLength, 0},  // a blank is space, tab, CR or LF
    {"5hello,", BadFrame::kNoColon, 1},     {"5 :hello,", BadFrame::kNoColon, 1},
    {"12,", BadFrame::kNoColon, 2},         {"0000000005:hello,", BadFrame::kTooManyDigits, 9},
    {"1048577:", BadFrame::kTooLong, 6},    {"9999999999", BadFrame::kTooLong, 6},
    {"5:hello;", BadFrame::kNoComma, 7},    {"5:hello!5:hello,", BadFrame::kNoComma, 7},
    {"0:x", BadFrame::kNoComma, 2},
};

}  // namespace

TEST("a frame is where its header, payload and comma say") {
  const Decoded decoded = decode("5:hello,3:abc,");
  CHECK_EQ(decoded.status, Status::kFrame);
  CHECK_EQ(decoded.frame.header, 0);
  CHECK_EQ(decoded.frame.payload, 2);
  CHECK_EQ(decoded.frame.payload_end, 7);
  CHECK_EQ(decoded.frame.end(), 8);
  CHECK_EQ(decoded.next, 8);
  CHECK(decoded.frame.canonical);
  const Decoded second = decode("5:hello,3:abc,", decoded.next);
  CHECK_EQ(second.status, Status::kFrame);
  CHECK_EQ(second.frame.payload, 10);
  CHECK_EQ(second.frame.payload_size(), 3);
  CHECK_EQ(decode("5:hello,3:abc,", second.next).status, Status::kPartial);
}

TEST("an empty message is a frame") {
  const Decoded decoded = decode("0:,");
  CHECK_EQ(decoded.status, Status::kFrame);
  CHECK_EQ(decoded.frame.payload_size(), 0);
  CHECK(decoded.frame.canonical);
}

TEST("a payload may hold every byte value, delimiters and NUL included") {
  std::string payload;
  for (int byte = 0; byte < 256; ++byte) payload += static_cast<char>(byte);
  payload += "5:hello,";
  const std::string text = frame(payload);
  const Decoded decoded = decode(text);
  CHECK_EQ(decoded.status, Status::kFrame);
  CHECK_EQ(text.substr(decoded.frame.payload, decoded.frame.payload_size()), payload);
}

TEST("space, tab, CR and LF before a frame are skipped and are no part of it") {
  const Decoded decoded = decode(" \t\r\n\n5:hello,");
  CHECK_EQ(decoded.status, Status::kFrame);
  CHECK_EQ(decoded.frame.header, 5);
  CHECK_EQ(decoded.next, 13);
  const Decoded blanks = decode(" \t\r\n");
  CHECK_EQ(blanks.status, Status::kPartial);
  CHECK_EQ(blanks.next, 4);  // nothing is kept of them
}

TEST("a header with leading zeros is a frame, but not a canonical one") {
  for (const std::string text : {"05:hello,", "000000005:hello,", "00:,"}) {
    const Decoded decoded = decode(text);
    CHECK_EQ(decoded.status, Status::kFrame);
    CHECK(!decoded.frame.canonical);
  }
}

TEST("a message cut at any byte is partial, and says how long it is once its header is complete") {
  for (const std::string& payload :
       {std::string(), std::string("x"), std::string("hello"), std::string(1234, 'y')}) {
    const std::string text = frame(payload);
    const size_t header = text.find(':') + 1;
    for (size_t cut = 0; cut < text.size(); ++cut) {
      const Decoded decoded = decode(std::string_view(text).substr(0, cut));
      CHECK_EQ(decoded.status, Status::kPartial);
      CHECK_EQ(decoded.next, 0);
      CHECK_EQ(decoded.sized, cut >= header);
      if (decoded.sized) CHECK_EQ(decoded.frame.end(), text.size());
    }
    CHECK_EQ(decode(text).status, Status::kFrame);
  }
}

TEST("every kind of bad frame is told with its reason and the offset of the bad byte") {
  for (const BadCase& bad : kBad) {
    const Decoded decoded = decode(bad.text);
    CHECK_EQ(decoded.status, Status::kBad);
    CHECK_EQ(decoded.reason, bad.reason);
    CHECK_EQ(decoded.next, bad.where);
  }
}

TEST("a bad frame is bad from the bad byte on, and not before, wherever it is cut") {
  for (const BadCase& bad : kBad) {
    for (size_t cut = 0; cut <= bad.text.size(); ++cut) {
      const Decoded decoded = decode(std::string_view(bad.text).substr(0, cut));
      CHECK_EQ(decoded.status, cut > bad.where ? Status::kBad : Status::kPartial);
    }
  }
}

TEST("a message of exactly the limit is taken and one byte more is not") {
  CHECK_EQ(decode(frame(std::string(100, 'x')), 0, 100).status, Status::kFrame);
  const Decoded longer = decode(frame(std::string(101, 'x')), 0, 100);
  CHECK_EQ(longer.status, Status::kBad);
  CHECK_EQ(longer.reason, BadFrame::kTooLong);
  CHECK_EQ(decode("0:,", 0, 0).status, Status::kFrame);
  CHECK_EQ(decode("1:x,", 0, 0).reason, BadFrame::kTooLong);
  CHECK_EQ(decode("999999999:", 0, netstring::kMaxPayload).status, Status::kPartial);
}

TEST("a header is the shortest one and ends just before the payload") {
  std::array<std::byte, netstring::kMaxHeader> room;
  for (const size_t size :
       std::initializer_list<size_t>{0, 1, 9, 10, 99, 100, 12345, netstring::kMaxPayload}) {
    room.fill(std::byte{'#'});
    const size_t length = netstring::write_header_before(room.data() + room.size(), size);
    const std::string expected = std::to_string(size) + ":";
    CHECK_EQ(length, expected.size());
    CHECK_EQ(text_of(room.data() + room.size() - length, length), expected);
    for (size_t i = 0; i < room.size() - length; ++i) CHECK(room[i] == std::byte{'#'});
  }
}

TEST("random streams in random pieces give the frames that were put in") {
  const uint32_t seed = fresh_seed();
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string stream;
    std::vector<std::string> sent;
    for (size_t i = below(random, 30); i > 0; --i) {
      sent.push_back(random_bytes(random, below(random, 5) == 0 ? below(random, 3000) : below(random, 20)));
      stream += std::string(below(random, 3), ' ') + std::string(below(random, 2), '0') + frame(sent.back());
    }
    std::vector<std::string> got;
    std::string kept;
    for (size_t fed = 0; fed < stream.size();) {
      const size_t piece = std::min(stream.size() - fed, 1 + below(random, 40));
      kept += stream.substr(fed, piece);
      fed += piece;
      size_t at = 0;
      for (;;) {
        const Decoded decoded = decode(kept, at);
        REQUIRE(decoded.status != Status::kBad);
        at = decoded.next;
        if (decoded.status == Status::kPartial) break;
        got.push_back(kept.substr(decoded.frame.payload, decoded.frame.payload_size()));
        const bool zero = decoded.frame.payload - decoded.frame.header > frame(got.back()).find(':') + 1;
        CHECK_EQ(decoded.frame.canonical, !zero);
      }
      kept.erase(0, at);
    }
    if (got != sent) fail(__FILE__, __LINE__, "frames differ; EVAPID_SEED=" + std::to_string(seed));
  }
}

}  // namespace evapid::test
