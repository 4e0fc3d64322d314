// A tap: lets somebody watch what clients do, whoever handles it, a plan or a route. What is seen is written
// down, bounded, and fetched from time to time: nobody is called. Not for whoever must see everything.
//
// While it is shut it costs one comparison for each read and for each client that comes or goes, and nothing
// for a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "client.h"
#include "options.h"

namespace evapid {

// The numbers are known to src/dispatcher/sighting.ts.
enum class SightingKind : uint32_t {
  kCame = 1,
  kWent = 2,     // detail: CloseReason
  kMessage = 3,  // detail: how long it is; bytes: how it begins
};

struct Sighting {
  SightingKind kind;
  ClientId client;
  Address peer;
  uint64_t at;  // milliseconds since 1970
  uint64_t detail;
  size_t begin;  // in Tap::bytes()
  size_t end;
};

class Tap {
 public:
  // Of a message, so much is kept.
  static constexpr size_t kMaxBytes = 256;
  // Between two calls of open(), at most so many messages, and so many who come or go.
  static constexpr size_t kMaxSightings = 256;

  // Forgets what was seen. Sees up to so many messages, and kMaxSightings who come or go, from now on.
  void open(size_t messages);
  // Sees nothing more, and gives the memory back.
  void shut();

  // Whether it sees another message.
  bool sees_messages() const { return messages_left_ > 0; }
  bool is_open() const { return open_; }
  const std::vector<Sighting>& sightings() const { return sightings_; }
  std::span<const std::byte> bytes(const Sighting& sighting) const {
    return std::span(bytes_).subspan(sighting.begin, sighting.end - sighting.begin);
  }
  // How many came or went that there was no room for.
  uint64_t missed() const { return missed_; }

  void came(const Client& client);
  void went(const Client& client, CloseReason reason);
  void message(const Client& client, std::span<const std::byte> payload);
  // What a read has brought; an unfinished frame of an earlier one begins at `begin`. It is decoded here once
  // more, so that nobody else has to look whether somebody watches.
  void read(const Client& client, std::span<const std::byte> bytes, size_t begin, const Options& options);

 private:
  void connection(const Client& client, SightingKind kind, uint64_t detail);
  void add(const Client& client, SightingKind kind, uint64_t detail, std::span<const std::byte> bytes);

  bool open_ = false;
  size_t messages_left_ = 0;
  size_t connections_left_ = 0;
  uint64_t missed_ = 0;
  std::vector<Sighting> sightings_;
  std::vector<std::byte> bytes_;
};

}  // namespace evapid
