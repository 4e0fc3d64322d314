// One connection: its socket, where it stands in its life, and what it shares with the parts that serve it.
// Those parts (receive buffer, fan-out, sender) keep their own fields in here, because a client is looked at
// once for each of them in each turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "address_table.h"
#include "chunk.h"
#include "loop/fd.h"
#include "loop/loop.h"
#include "outbox.h"
#include "pending.h"
#include "socket.h"

namespace evapid {

struct Group;

// Who closed a client, and why. The numbers are known to src/dispatcher.ts.
enum class CloseReason : uint8_t {
  kPeer = 0,
  kReset = 1,
  kRoute = 2,
  kBadFrame = 3,
  kSlow = 4,
  kShutdown = 5
};

enum class ClientState : uint8_t {
  kNew,      // accepted; connection-new has not run yet, nothing is read
  kOpen,     // admitted: its messages are routed and relays reach it
  kEnding,   // sends nothing more (end of file, bad frame): closed as soon as the routes of what it sent have
             // run
  kClosing,  // relays no longer reach it; what waits for it is still delivered, within drain_timeout
  kClosed,   // socket closed; kept until connection-closed has run
};

// Messages, and the bytes of their frames.
struct Traffic {
  uint64_t messages = 0;
  uint64_t bytes = 0;

  Traffic& operator+=(const Traffic& more) {
    messages += more.messages;
    bytes += more.bytes;
    return *this;
  }
  Traffic operator-(const Traffic& before) const {
    return {messages - before.messages, bytes - before.bytes};
  }
};

// A client by index and generation: an index is used again, the pair is not (before 2^32 connections).
struct ClientId {
  uint32_t index;
  uint32_t generation;
};

constexpr uint32_t kNowhere = UINT32_MAX;

// What has arrived and is not handled yet. At most one of the three is in use.
struct UnfinishedFrame {
  std::vector<std::byte> cut;  // a small one
  ChunkRef large;              // a large one, growing towards large_total
  size_t large_size = 0;
  size_t large_total = 0;
  ChunkRef
      held;  // whole frames, and what is behind them: the client has sent too many to have them handled now
  size_t held_begin = 0;
  size_t held_end = 0;
};

struct Client : IoWatcher, AddressClient {
  Client(Callback on_ready, void* owner, ClientId id, Fd fd, const Address& peer)
      : IoWatcher(on_ready), owner(owner), id(id), peer(peer), socket(std::move(fd)), foreign(!socket) {}

  void* const owner;
  const ClientId id;
  const Address peer;
  const Clock::time_point connected = Clock::now();
  Fd socket;
  const bool foreign;  // its socket is somebody else's: see foreign.h
  ClientState state = ClientState::kNew;
  CloseReason reason = CloseReason::kPeer;
  bool rejected = false;      // closed by its own connection-new: no connection-closed follows
  bool reading_held = false;  // its connection-new still runs
  uint32_t running_routes = 0;

  // Fan-out: places in the lists of everybody, of the group and of those with something of their own.
  uint32_t everybody_slot = kNowhere;
  uint32_t group_slot = kNowhere;
  Group* group = nullptr;
  Sequence since = 0;
  uint64_t flushed_in = 0;
  bool special = false;
  std::unique_ptr<Pending> own;
  // What was addressed to it: messages and payload bytes of its own and of groups that it has left, and where
  // the counts of everybody and of its group stood when it came.
  Traffic addressed;
  Traffic everybody_before;
  Traffic group_before;

  // Sender.
  uint32_t waiting_slot = kNowhere;
  bool slow = false;
  uint64_t dropped = 0;          // messages, since it became slow
  size_t foreign_waiting = 0;    // bytes that wait where its socket is, as far as we were told
  bool foreign_refused = false;  // a message of it was not taken
  std::unique_ptr<Outbox> outbox;
  uint64_t bytes_sent = 0;

  // Receive buffer: an unfinished frame that is not at the tail of the shared chunk; most clients never have
  // one.
  std::unique_ptr<UnfinishedFrame> unfinished;
  uint64_t bytes_received = 0;
  uint64_t messages_received = 0;

  bool closing() const { return state == ClientState::kClosing || state == ClientState::kClosed; }
  bool reachable() const { return state == ClientState::kOpen || state == ClientState::kEnding; }
};

}  // namespace evapid
