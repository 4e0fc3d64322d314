// Foreign clients: those whose socket is somebody else's, as a WebSocket is the gateway's. They have an
// index, a tag and routes like any other; what they are to get is written down here, in order, and handed
// over once for a flush.
//
// What goes to everybody or to a group is one delivery, however many foreign clients there are: whoever has
// the sockets knows how to send one message to many.
#pragma once

#include <cstdint>
#include <vector>

#include "chunk.h"
#include "client.h"

namespace evapid {

// The numbers and the order of the words are known to src/dispatcher/foreign.ts.
enum class DeliveryKind : uint32_t {
  kAdmit = 1,  // client: what goes to everybody reaches it from here on
  kClose = 2,  // client, reason, whether its connection-new did not want it: nothing reaches it from here on
  kJoin = 3,   // client, group: so does what goes to this group
  kLeave = 4,  // client, group
  kToAll = 5,  // bytes
  kToGroup = 6,  // group, bytes
  kToOne = 7,    // client, bytes
};

// One thing that whoever has the sockets must do. `bytes`: frames as they go out over TCP.
struct Delivery {
  uint32_t kind;
  uint32_t client;      // its index; of a group, the number of the group
  uint32_t generation;  // of the client; of kJoin and kLeave, of the client too
  uint32_t a;           // of bytes, the chunk; of kJoin and kLeave, the group; of kClose, the reason
  uint32_t begin;       // of kClose, 1 for a client that was rejected
  uint32_t end;
};

class Deliveries {
 public:
  bool empty() const { return list_.empty(); }
  const std::vector<Delivery>& list() const { return list_; }

  void admit(const Client& client) { add(DeliveryKind::kAdmit, client, 0); }
  void close(const Client& client, CloseReason reason) {
    add(DeliveryKind::kClose, client, static_cast<uint32_t>(reason));
    list_.back().begin = client.rejected ? 1 : 0;
  }
  void join(const Client& client, uint32_t group) { add(DeliveryKind::kJoin, client, group); }
  void leave(const Client& client, uint32_t group) { add(DeliveryKind::kLeave, client, group); }
  void to_all(const Span& span) { add_bytes(DeliveryKind::kToAll, {0, 0}, span); }
  void to_group(uint32_t group, const Span& span) { add_bytes(DeliveryKind::kToGroup, {group, 0}, span); }
  void to_one(const Client& client, const Span& span) { add_bytes(DeliveryKind::kToOne, client.id, span); }

  void clear() {
    list_.clear();
    chunks_.clear();
  }

 private:
  void add(DeliveryKind kind, const Client& client, uint32_t a) {
    list_.push_back({static_cast<uint32_t>(kind), client.id.index, client.id.generation, a, 0, 0});
  }
  void add_bytes(DeliveryKind kind, ClientId to, const Span& span) {
    if (chunks_.empty() || chunks_.back().get() != span.chunk.get()) chunks_.push_back(span.chunk);
    list_.push_back({static_cast<uint32_t>(kind), to.index, to.generation, span.chunk->id(),
                     static_cast<uint32_t>(span.begin), static_cast<uint32_t>(span.end)});
  }

  std::vector<Delivery> list_;
  std::vector<ChunkRef> chunks_;  // of the bytes, until they have been handed over
};

// Whoever has the sockets of foreign clients.
class ForeignDoor {
 public:
  virtual ~ForeignDoor() = default;
  // Called at the end of a flush, perhaps from inside a command: it must not call back.
  virtual void on_deliveries(const Deliveries& deliveries) = 0;
};

}  // namespace evapid
