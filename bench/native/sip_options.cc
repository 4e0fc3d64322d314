#include "sip_options.h"

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>

#include "arguments.h"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: sip_load --sip HOST:PORT --evapi HOST:PORT [options]\n"
    "The server suspends each OPTIONS and INVITE, relays {\"event\":\"METHOD\",\"index\":I,\"label\":L} and "
    "continues\n"
    "with a 200 at the answer {\"index\":I,\"label\":L}; it greets with {\"event\":\"welcome\"}.\n"
    "  --methods M,...    OPTIONS, INVITE, or both in turn (OPTIONS)\n"
    "  --window N         transactions in flight (128)\n"
    "  --warm-up S        seconds before measuring (0.5)\n"
    "  --seconds S        seconds measured (2)\n"
    "  --transactions N   exactly N transactions instead, without warm-up\n"
    "  --linger S         listen so long for second replies at the end (0.1)\n"
    "  --stall S          give up when nothing arrives for so long (3)\n"
    "  --suspend N        N INVITEs at once that the application does not answer; a line is printed when all "
    "are\n"
    "                     suspended, and each must end in a 408\n"
    "  --fill-rate N      so many of these a second (5000)\n"
    "  --time-out S       after how long the server ends these; --seconds are those before the first of "
    "them\n"
    "  --rate N           beside them, N OPTIONS a second that are answered (0)\n"
    "  --sleep            sleep in epoll_wait instead of polling\n"
    "  --histogram        print the latency buckets, too\n"
    "  --server PID,...   processes of the server, for its CPU time\n"
    "  --server-core N    the core it has to itself, to see who else was there\n";

[[noreturn]] void refuse(std::string_view message) {
  std::fprintf(stderr, "sip_load: %.*s (--help tells more)\n", static_cast<int>(message.size()),
               message.data());
  std::exit(2);
}

std::vector<SipMethod> methods_named(std::string_view text) {
  std::vector<SipMethod> methods;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, comma);
    if (name != name_of(SipMethod::kOptions) && name != name_of(SipMethod::kInvite))
      throw std::runtime_error("a method is OPTIONS or INVITE");
    methods.push_back(name == name_of(SipMethod::kInvite) ? SipMethod::kInvite : SipMethod::kOptions);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return methods;
}

void check(const SipOptions& options) {
  if (!options.sip) refuse("--sip is missing");
  if (!options.evapi) refuse("--evapi is missing");
  if (options.sip->family() == AF_UNIX) refuse("--sip is HOST:PORT");
  if (options.methods.empty()) refuse("at least one method");
  if (options.window == 0) refuse("at least one transaction in flight");
  if (options.suspend > 0 && options.time_out <= 0) refuse("--suspend wants --time-out");
  if (options.fill_rate <= 0) refuse("--fill-rate is more than 0");
}

}  // namespace

SipOptions parse_sip_options(int argc, char** argv) {
  static const option kOptions[] = {{"sip", required_argument, nullptr, 'c'},
                                    {"evapi", required_argument, nullptr, 'e'},
                                    {"methods", required_argument, nullptr, 'M'},
                                    {"window", required_argument, nullptr, 'w'},
                                    {"warm-up", required_argument, nullptr, 'u'},
                                    {"seconds", required_argument, nullptr, 's'},
                                    {"transactions", required_argument, nullptr, 'm'},
                                    {"linger", required_argument, nullptr, 'l'},
                                    {"stall", required_argument, nullptr, 't'},
                                    {"suspend", required_argument, nullptr, 'n'},
                                    {"fill-rate", required_argument, nullptr, 'f'},
                                    {"time-out", required_argument, nullptr, 'o'},
                                    {"rate", required_argument, nullptr, 'r'},
                                    {"sleep", no_argument, nullptr, 'S'},
                                    {"histogram", no_argument, nullptr, 'H'},
                                    {"server", required_argument, nullptr, 'v'},
                                    {"server-core", required_argument, nullptr, 'C'},
                                    {"help", no_argument, nullptr, 'h'},
                                    {nullptr, 0, nullptr, 0}};
  SipOptions options;
  try {
    for (int key; (key = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
      const std::string_view value = optarg == nullptr ? std::string_view{} : std::string_view{optarg};
      switch (key) {
        case 'c':
          options.sip = Address::parse(value);
          break;
        case 'e':
          options.evapi = Address::parse(value);
          break;
        case 'M':
          options.methods = methods_named(value);
          break;
        case 'w':
          options.window = number<uint32_t>(value, "window");
          break;
        case 'u':
          options.warm_up = number<double>(value, "warm-up");
          break;
        case 's':
          options.seconds = number<double>(value, "seconds");
          break;
        case 'm':
          options.transactions = number<uint64_t>(value, "transactions");
          break;
        case 'l':
          options.linger = number<double>(value, "linger");
          break;
        case 't':
          options.stall_seconds = number<double>(value, "stall");
          break;
        case 'n':
          options.suspend = number<uint32_t>(value, "suspend");
          break;
        case 'f':
          options.fill_rate = number<double>(value, "fill-rate");
          break;
        case 'o':
          options.time_out = number<double>(value, "time-out");
          break;
        case 'r':
          options.rate = number<double>(value, "rate");
          break;
        case 'S':
          options.sleep = true;
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
