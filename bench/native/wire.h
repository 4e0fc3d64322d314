// How a message travels in each protocol. Within a run every payload has the same size, so in all
// protocols a message is a constant prefix, the payload, and a constant suffix: one walk serves them all.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

enum class Protocol { kNetstring, kRedis, kNats, kWebSocket };

struct Wire {
  std::string name;
  // Around the payload of a message to the server, and of one from it.
  std::string publish_prefix;
  std::string deliver_prefix;
  std::string publish_suffix;
  std::string deliver_suffix;
  // Said after connecting, and the text in the answer after which the connection is ready; both may be empty.
  std::string subscriber_hello;
  std::string subscriber_ready;
  std::string publisher_hello;
  std::string publisher_ready;
  // Whether a publisher gets what it publishes on the same connection.
  bool publisher_subscribes;
};

Wire make_wire(Protocol protocol, uint32_t payload);
// The same for subscribers; who publishes speaks netstrings, on a connection of its own.
Wire published_as_netstrings(Wire wire, uint32_t payload);

}  // namespace bench
