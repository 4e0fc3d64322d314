// Commands: what routes ask for, written as 32-bit words into memory that JavaScript shares, and carried out
// in one go. A call into the addon for each relay would cost more than the relay.
#pragma once

#include <cstdint>
#include <span>

#include "dispatcher.h"
#include "event_log.h"

namespace evapid {

// The numbers and the words that follow them are known to src/dispatcher.ts. `client` is two words, index and
// generation; `data` three: chunk, offset, length, with room for a netstring header before and a comma after
// it; `tag` three as well; `socket` one and `path` ten
// (DatagramPath): nothing is written around a datagram's data; `event` one: the place in the ring that is
// being handled, of a message.
enum class Command : uint32_t {
  kAdmit = 1,             // client
  kReject = 2,            // client
  kClose = 3,             // client
  kSetTag = 4,            // client tag
  kRelayMessage = 5,      // event
  kRelayData = 6,         // data
  kMulticastMessage = 7,  // event tag
  kMulticastData = 8,     // data tag
  kUnicastMessage = 9,    // event tag
  kUnicastData = 10,      // data tag
  kBeginRoute = 11,       // client
  kEndRoute = 12,         // client
  kHoldReading = 13,      // client
  kReleaseReading = 14,   // client
  kSendDatagram = 15,     // socket data path
};

// Carries out `words`; `ring` is the one being handled, or nullptr outside of events.
void execute(Dispatcher& dispatcher, const EventRing* ring, std::span<const uint32_t> words);

}  // namespace evapid
