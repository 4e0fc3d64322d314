// Runs all tests, or those whose name or file contains the first argument. Exit status 1 if one failed.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "check.h"

namespace evapid::test {

namespace {

// A test that hangs is a failed test; its name must be seen. SIGALRM ends the process then.
constexpr unsigned kSecondsPerTest = 60;
const char* running = "";
int failures = 0;

void on_alarm(int) {
  constexpr char kText[] = "\nhangs: ";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
  written = write(STDERR_FILENO, running, std::strlen(running));
  written = write(STDERR_FILENO, "\n", 1);
  _exit(1);
}

}  // namespace

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

void fail(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, running, what.c_str());
  ++failures;
}

int run(const char* only) {
  signal(SIGALRM, on_alarm);
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (std::strstr(test.name, only) == nullptr && std::strstr(test.file, only) == nullptr) continue;
    running = test.name;
    const int before = failures;
    alarm(kSecondsPerTest);
    try {
      test.run();
    } catch (const Abandon&) {
    }
    ++(failures == before ? passed : failed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace evapid::test

int main(int count, char** arguments) {
  return evapid::test::run(count > 1 ? arguments[1] : "");
}
