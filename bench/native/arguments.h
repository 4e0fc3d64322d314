// Values of command lines. What options there are is options.h's and sip_options.h's.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// Throws std::runtime_error, which names the option.
template <typename Number>
Number number(std::string_view text, const char* name) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error(std::string("bad value for --") + name);
  return value;
}

// PID,PID,... as --server has them. Throws as above.
inline std::vector<pid_t> process_list(std::string_view text) {
  std::vector<pid_t> processes;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    processes.push_back(number<pid_t>(text.substr(0, comma), "server"));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return processes;
}

}  // namespace bench
