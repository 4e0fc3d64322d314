// Reads /proc/PID/task/TID/schedstat, whose first number is nanoseconds on a CPU. /proc/PID/stat would do but
// for its ticks of 10 ms.
#include "server_cpu.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace bench {

ThreadTimes read_thread_times(const std::vector<pid_t>& processes) {
  ThreadTimes times;
  for (const pid_t process : processes) {
    std::error_code gone;
    const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
      const std::string name = task.path().filename().string();
      pid_t thread = 0;
      std::from_chars(name.data(), name.data() + name.size(), thread);
      std::ifstream file(task.path() / "schedstat");
      uint64_t nanoseconds = 0;
      if (file >> nanoseconds) times[thread] = nanoseconds;
    }
  }
  return times;
}

uint64_t elapsed_cpu(const ThreadTimes& before, const ThreadTimes& after) {
  uint64_t total = 0;
  for (const auto& [thread, time] : after) {
    const auto earlier = before.find(thread);
    total += time - (earlier == before.end() ? 0 : earlier->second);
  }
  return total;
}

uint64_t read_core_busy(int core) {
  const std::string wanted = "cpu" + std::to_string(core);
  std::ifstream file("/proc/stat");
  for (std::string text; std::getline(file, text);) {
    std::istringstream fields(text);
    std::string name;
    uint64_t user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, irq = 0, soft_irq = 0, steal = 0;
    fields >> name >> user >> nice >> system >> idle >> io_wait >> irq >> soft_irq >> steal;
    if (name != wanted) continue;
    const uint64_t ticks = user + nice + system + irq + soft_irq + steal;
    return ticks * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  }
  return 0;
}

uint64_t read_own_wait() {
  std::ifstream file("/proc/thread-self/schedstat");
  uint64_t ran = 0;
  uint64_t waited = 0;
  file >> ran >> waited;
  return waited;
}

}  // namespace bench
