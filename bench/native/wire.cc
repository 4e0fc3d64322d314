#include "wire.h"

namespace bench {

namespace {

constexpr const char* kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// The header of a text message in one frame (RFC 6455, section 5.2). What clients send must have a mask: one
// of zeros leaves the payload as it is, and costs the server as much as any.
std::string websocket_header(uint32_t payload, bool masked) {
  std::string header{'\x81'};
  const auto append = [&header](uint32_t value) { header.push_back(static_cast<char>(value)); };
  const uint32_t mask = masked ? 0x80 : 0;
  if (payload < 126) {
    append(mask | payload);
  } else {
    const int bytes = payload < 65536 ? 2 : 8;
    append(mask | (bytes == 2 ? 126 : 127));
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      append(shift >= 32 ? 0 : payload >> shift & 0xff);
  }
  if (masked) header.append(4, '\0');
  return header;
}

}  // namespace

Wire make_wire(Protocol protocol, uint32_t payload) {
  const std::string size = std::to_string(payload);
  switch (protocol) {
    case Protocol::kWebSocket:
      return {.name = "websocket",
              .publish_prefix = websocket_header(payload, true),
              .deliver_prefix = websocket_header(payload, false),
              .publish_suffix = "",
              .deliver_suffix = "",
              .subscriber_hello = kUpgrade,
              .subscriber_ready = "\r\n\r\n",
              .publisher_hello = kUpgrade,
              .publisher_ready = "\r\n\r\n",
              .publisher_subscribes = true};
    case Protocol::kRedis:
      // CLIENT REPLY OFF spares Redis the `:N` it would otherwise send for every PUBLISH. A connection that
      // has subscribed may not publish, so publishers have their own.
      return {.name = "redis",
              .publish_prefix = "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n$" + size + "\r\n",
              .deliver_prefix = "*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n$" + size + "\r\n",
              .publish_suffix = "\r\n",
              .deliver_suffix = "\r\n",
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
              .publish_suffix = "\r\n",
              .deliver_suffix = "\r\n",
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
          .publish_suffix = ",",
          .deliver_suffix = ",",
          .subscriber_hello = "",
          .subscriber_ready = "",
          .publisher_hello = "",
          .publisher_ready = "",
          .publisher_subscribes = true};
}

Wire published_as_netstrings(Wire wire, uint32_t payload) {
  const Wire netstring = make_wire(Protocol::kNetstring, payload);
  wire.publish_prefix = netstring.publish_prefix;
  wire.publish_suffix = netstring.publish_suffix;
  wire.publisher_hello.clear();
  wire.publisher_ready.clear();
  wire.publisher_subscribes = false;
  return wire;
}

}  // namespace bench
