// Events for the routes, as the loop notes them and as JavaScript reads them: plain 32-bit words in memory
// that both see.
//
// There are two rings: while the routes work through one, whatever happens meanwhile is noted in the other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "client.h"
#include "netstring.h"

namespace evapid {

// The numbers and the order of the words are known to src/dispatcher.ts.
enum class EventKind : uint32_t {
  kConnectionNew = 1,
  kMessage = 2,           // a: chunk, b: offset of the payload, c: its length
  kConnectionClosed = 3,  // a: CloseReason
  kBadFrame = 4,          // a: BadFrame, b and c: low and high word of the offset in the client's stream
  kRejected = 5,          // a: how many clients over max_clients
  kSlow = 6,              // a: SlowClient, b: bytes waiting
  kCaughtUp = 7,          // b: messages dropped meanwhile
  kAcceptFailed = 8,      // a: errno, b: how many
  kAllGone = 9,           // after shutdown(): the last connection has gone, without a connection-closed
  kReadable = 13,         // a foreign client of which a message was refused may be read again
  // a: how many; client, generation, b, c: the address that the latest came from, as it stands in a packet;
  // the top bit of a: it is IPv6
  kNotAllowed = 14,
  kOverAddressLimit = 15,
  // `client` is the id of a datagram socket
  kDatagram = 10,          // a: chunk, b: offset of the payload, behind its header, c: its length
  kDatagramsDropped = 11,  // a: errno, b: how many were not sent
  kExchanged = 12,         // what follows is for the routes that were exchanged for the ones before
};

struct Event {
  uint32_t kind;
  uint32_t client;
  uint32_t generation;
  uint32_t a;
  uint32_t b;
  uint32_t c;
};

// A received message that a route may relay as it came.
struct ReceivedFrame {
  Chunk* chunk;  // held by EventRing::hold()
  uint32_t header;
  uint32_t payload;
  uint32_t payload_end;
  bool canonical;
};

class EventRing {
 public:
  static constexpr size_t kCapacity = 4096;
  static constexpr uint32_t kIpv6 = 1u << 31;  // see EventKind::kNotAllowed

  // The words are the host's memory, so that JavaScript can see them.
  void use_memory(Event* events) { events_ = events; }
  size_t size() const { return size_; }
  bool full() const { return size_ >= kCapacity - kReserve; }
  const Event& operator[](size_t i) const { return events_[i]; }
  std::span<const Event> events() const { return {events_, size_}; }
  const ReceivedFrame& frame(size_t i) const { return frames_[i]; }
  size_t message_bytes() const { return message_bytes_; }

  void add(const Event& event) { add(event, ReceivedFrame{}); }
  void add(const Event& event, const ReceivedFrame& frame);
  // Keeps the chunk of the messages alive until clear().
  void hold(Chunk* chunk);
  void clear();

 private:
  // Room kept for what is not a message: it must never be lost, and is bounded by the clients there are.
  // Beyond it the ring overflows into a list that moves up with clear().
  static constexpr size_t kReserve = 64;

  Event* events_ = nullptr;
  size_t size_ = 0;
  size_t message_bytes_ = 0;
  std::vector<ReceivedFrame> frames_ = std::vector<ReceivedFrame>(kCapacity);
  std::vector<ChunkRef> chunks_;
  std::vector<Event> overflow_;
};

}  // namespace evapid
