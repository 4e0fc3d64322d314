#include "options.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "arguments.h"
#include "stamp.h"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: load --connect ADDRESS [options]      ADDRESS: HOST:PORT, [IPV6]:PORT or unix:/path\n"
    "  --protocol netstring|redis|nats|websocket   what the server speaks (netstring)\n"
    "  --publish-to ADDRESS  publishers have connections of their own, to there, and speak netstrings\n"
    "  --subscribers N    connections that get every message (1)\n"
    "  --publishers N     publishers; with netstrings and WebSockets these are the first N subscribers (1)\n"
    "  --payload BYTES    payload of a message, at least 16 (100)\n"
    "  --batch N          messages in one write (16)\n"
    "  --window N         closed loop: messages in flight (64)\n"
    "  --rate N           open loop: messages a second; latency is counted from the due time\n"
    "  --warm-up S        seconds before measuring (0.5)\n"
    "  --seconds S        seconds measured (2)\n"
    "  --messages N       publish exactly N messages instead, without warm-up\n"
    "  --dead N           how many of the subscribers never read (0)\n"
    "  --stall S          give up when nothing arrives for so long (3)\n"
    "  --sleep            sleep in epoll_wait instead of polling\n"
    "  --hold             connect, print a line, then wait for a line on stdin; end where stdin ends\n"
    "  --storm N          connect and close all the time, N connections at once; no messages\n"
    "  --unicast          messages to one client each; the server needs bench/peers/unicast-routes.ts\n"
    "  --histogram        print the latency buckets, too\n"
    "  --server PID,...   processes of the server, for its CPU time\n"
    "  --server-core N    the core it has to itself, to see who else was there\n";

[[noreturn]] void refuse(std::string_view message) {
  std::fprintf(stderr, "load: %.*s (--help tells more)\n", static_cast<int>(message.size()), message.data());
  std::exit(2);
}

Protocol protocol_named(std::string_view name) {
  if (name == "netstring") return Protocol::kNetstring;
  if (name == "redis") return Protocol::kRedis;
  if (name == "nats") return Protocol::kNats;
  if (name == "websocket") return Protocol::kWebSocket;
  refuse("unknown protocol");
}

void check(const Options& options) {
  if (!options.address) refuse("--connect is missing");
  if (options.unicast && options.protocol != Protocol::kNetstring) refuse("--unicast is for netstrings");
  if (options.subscribers == 0 || options.publishers == 0)
    refuse("at least one subscriber and one publisher");
  if (options.publishers >= kMaxPublishers) refuse("too many publishers");
  if (options.dead >= options.subscribers) refuse("at least one subscriber must read");
  if (options.payload < kStampSize) refuse("the payload must hold the stamp: 16 bytes");
  if (options.protocol == Protocol::kWebSocket && options.payload == kStampSize)
    refuse("with WebSockets the payload must hold more than the stamp: 17 bytes");
  if (options.batch == 0) refuse("a batch has at least one message");
  const bool publisher_subscribes = make_wire(options.protocol, options.payload).publisher_subscribes;
  if (publisher_subscribes && !options.publish_to &&
      options.publishers > options.subscribers - options.dead) {
    refuse("with netstrings and WebSockets a publisher is a subscriber that reads");
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  static const option kOptions[] = {{"connect", required_argument, nullptr, 'c'},
                                    {"protocol", required_argument, nullptr, 'P'},
                                    {"publish-to", required_argument, nullptr, 'q'},
                                    {"subscribers", required_argument, nullptr, 'n'},
                                    {"publishers", required_argument, nullptr, 'p'},
                                    {"payload", required_argument, nullptr, 'l'},
                                    {"batch", required_argument, nullptr, 'b'},
                                    {"window", required_argument, nullptr, 'w'},
                                    {"rate", required_argument, nullptr, 'r'},
                                    {"warm-up", required_argument, nullptr, 'u'},
                                    {"seconds", required_argument, nullptr, 's'},
                                    {"messages", required_argument, nullptr, 'm'},
                                    {"dead", required_argument, nullptr, 'd'},
                                    {"stall", required_argument, nullptr, 't'},
                                    {"sleep", no_argument, nullptr, 'S'},
                                    {"hold", no_argument, nullptr, 'i'},
                                    {"storm", required_argument, nullptr, 'o'},
                                    {"unicast", no_argument, nullptr, 'U'},
                                    {"histogram", no_argument, nullptr, 'H'},
                                    {"server", required_argument, nullptr, 'v'},
                                    {"server-core", required_argument, nullptr, 'C'},
                                    {"help", no_argument, nullptr, 'h'},
                                    {nullptr, 0, nullptr, 0}};
  Options options;
  try {
    for (int key; (key = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
      const std::string_view value = optarg == nullptr ? std::string_view{} : std::string_view{optarg};
      switch (key) {
        case 'c':
          options.address = Address::parse(value);
          break;
        case 'q':
          options.publish_to = Address::parse(value);
          break;
        case 'P':
          options.protocol = protocol_named(value);
          break;
        case 'n':
          options.subscribers = number<uint32_t>(value, "subscribers");
          break;
        case 'p':
          options.publishers = number<uint32_t>(value, "publishers");
          break;
        case 'l':
          options.payload = number<uint32_t>(value, "payload");
          break;
        case 'b':
          options.batch = number<uint32_t>(value, "batch");
          break;
        case 'w':
          options.window = number<uint32_t>(value, "window");
          break;
        case 'r':
          options.rate = number<double>(value, "rate");
          break;
        case 'u':
          options.warm_up = number<double>(value, "warm-up");
          break;
        case 's':
          options.seconds = number<double>(value, "seconds");
          break;
        case 'm':
          options.messages = number<uint64_t>(value, "messages");
          break;
        case 'd':
          options.dead = number<uint32_t>(value, "dead");
          break;
        case 't':
          options.stall_seconds = number<double>(value, "stall");
          break;
        case 'S':
          options.sleep = true;
          break;
        case 'i':
          options.hold = true;
          break;
        case 'o':
          options.storm = number<uint32_t>(value, "storm");
          break;
        case 'U':
          options.unicast = true;
          break;
        case 'H':
          options.histogram = true;
          break;
        case 'v':
          options.server_processes = process_list(value);
          break;
        case 'C':
          options.server_core = number<int>(value, "server-core");
          break;
        case 'h':
          std::fputs(kUsage, stdout);
          std::exit(0);
        default:
          refuse("no such option");
      }
    }
  } catch (const std::exception& error) {
    refuse(error.what());
  }
  if (optind != argc) refuse("no arguments are taken");
  check(options);
  return options;
}

}  // namespace bench
