#include "wire.h"

namespace bench {

Wire make_wire(Protocol protocol, uint32_t payload) {
  const std::string size = std::to_string(payload);
  switch (protocol) {
    case Protocol::kRedis:
      // CLIENT REPLY OFF spares Redis the `:N` it would otherwise send for every PUBLISH. A connection that
      // has subscribed may not publish, so publishers have their own.
      return {.name = "redis",
              .publish_prefix = "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$" + size + "\r\n",
              .deliver_prefix = "*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$" + size + "\r\n",
              .suffix = "\r\n",
              .subscriber_hello = "SUBSCRIBE bench\r\n",
              .subscriber_ready = ":1\r\n",
              .publisher_hello = "PING\r\nCLIENT REPLY OFF\r\n",
              .publisher_ready = "+PONG\r\n",
              .publisher_subscribes = false};
    case Protocol::kNats: {
      const std::string connect =
          "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c++\",\"version\":\"1\"}\r\n";
      return {.name = "nats",
              .publish_prefix = "PUB bench " + size + "\r\n",
              .deliver_prefix = "MSG bench 1 " + size + "\r\n",
              .suffix = "\r\n",
              .subscriber_hello = connect + "SUB bench 1\r\nPING\r\n",
              .subscriber_ready = "PONG\r\n",
              .publisher_hello = connect + "PING\r\n",
              .publisher_ready = "PONG\r\n",
              .publisher_subscribes = false};
    }
    case Protocol::kNetstring:
      break;
  }
  return {.name = "netstring",
          .publish_prefix = size + ":",
          .deliver_prefix = size + ":",
          .suffix = ",",
          .subscriber_hello = "",
          .subscriber_ready = "",
          .publisher_hello = "",
          .publisher_ready = "",
          .publisher_subscribes = true};
}

}  // namespace bench
