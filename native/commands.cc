#include "commands.h"

#include <cstring>
#include <string_view>

namespace evapid {

namespace {

// Reads words off, one after the other.
class Reader {
 public:
  Reader(Dispatcher& dispatcher, const EventRing* ring, std::span<const uint32_t> words)
      : dispatcher_(dispatcher), ring_(ring), words_(words) {}

  bool more() const { return at_ < words_.size(); }
  uint32_t word() { return words_[at_++]; }
  Command command() { return static_cast<Command>(word()); }
  ClientId client() {
    const uint32_t index = word();
    return {index, word()};
  }
  Span message() { return dispatcher_.outgoing(ring_->frame(word())); }
  Span data() {
    Chunk& chunk = *dispatcher_.pool().find(word());
    const size_t payload = word();
    return dispatcher_.outgoing(chunk, payload, word());
  }
  // Data that goes out as it is.
  Span bytes() {
    Chunk* const chunk = dispatcher_.pool().find(word());
    const size_t begin = word();
    return {ChunkRef(chunk), begin, begin + word()};
  }
  DatagramPath path() {
    DatagramPath path;
    std::memcpy(static_cast<void*>(&path), &words_[at_], sizeof path);
    at_ += kPathWords;
    return path;
  }
  std::string_view tag() {
    const Chunk& chunk = *dispatcher_.pool().find(word());
    const size_t offset = word();
    return {reinterpret_cast<const char*>(chunk.data()) + offset, word()};
  }

 private:
  Dispatcher& dispatcher_;
  const EventRing* ring_;
  std::span<const uint32_t> words_;
  size_t at_ = 0;
};

}  // namespace

void execute(Dispatcher& dispatcher, const EventRing* ring, std::span<const uint32_t> words) {
  Reader read(dispatcher, ring, words);
  while (read.more()) {
    switch (read.command()) {
      case Command::kAdmit:
        dispatcher.admit(read.client());
        break;
      case Command::kReject:
        dispatcher.reject(read.client());
        break;
      case Command::kClose:
        dispatcher.close(read.client(), CloseReason::kRoute);
        break;
      case Command::kSetTag: {
        const ClientId client = read.client();
        dispatcher.set_tag(client, read.tag());
        break;
      }
      case Command::kRelayMessage:
        dispatcher.relay(read.message());
        break;
      case Command::kRelayData:
        dispatcher.relay(read.data());
        break;
      case Command::kMulticastMessage: {
        Span span = read.message();
        dispatcher.multicast(std::move(span), read.tag());
        break;
      }
      case Command::kMulticastData: {
        Span span = read.data();
        dispatcher.multicast(std::move(span), read.tag());
        break;
      }
      case Command::kUnicastMessage: {
        Span span = read.message();
        dispatcher.unicast(std::move(span), read.tag());
        break;
      }
      case Command::kUnicastData: {
        Span span = read.data();
        dispatcher.unicast(std::move(span), read.tag());
        break;
      }
      case Command::kBeginRoute:
        dispatcher.begin_route(read.client());
        break;
      case Command::kEndRoute:
        dispatcher.end_route(read.client());
        break;
      case Command::kHoldReading:
        dispatcher.hold_reading(read.client(), true);
        break;
      case Command::kReleaseReading:
        dispatcher.hold_reading(read.client(), false);
        break;
      case Command::kSendDatagram: {
        const uint32_t socket = read.word();
        Span span = read.bytes();
        dispatcher.send_datagram(socket, std::move(span), read.path());
        break;
      }
    }
    dispatcher.flush_if_much();
  }
}

}  // namespace evapid
