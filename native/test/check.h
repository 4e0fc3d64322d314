// The test runner: TEST("a sentence that states a behaviour") { ... } with CHECK, CHECK_EQ and REQUIRE. A
// failed CHECK is printed and the test goes on; a failed REQUIRE ends it. Macros because only they know file
// and line.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace evapid::test {

struct Case {
  const char* file;
  const char* name;
  void (*run)();
};

std::vector<Case>& cases();
void fail(const char* file, int line, const std::string& what);

// Thrown by REQUIRE: what follows would make no sense.
struct Abandon {};

struct Registration {
  Registration(const char* file, const char* name, void (*run)()) { cases().push_back({file, name, run}); }
};

// A value as a failure shows it; of long texts only the beginning.
template <typename T>
std::string shown(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    const std::string_view text = value;
    out << '"' << text.substr(0, 200) << '"' << " (" << text.size() << " bytes)";
  } else if constexpr (requires { out << value; }) {
    out << value;
  } else {
    out << "(a value that cannot be printed)";
  }
  return out.str();
}

template <typename A, typename B>
void check_equal(const A& actual, const B& expected, const char* text, const char* file, int line) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B> && !std::is_same_v<A, B>) {
    if (std::cmp_equal(actual, expected)) return;
  } else {
    if (actual == expected) return;
  }
  fail(file, line, std::string(text) + " is " + shown(actual) + ", not " + shown(expected));
}

}  // namespace evapid::test

#define EVAPID_JOIN2(a, b) a##b
#define EVAPID_JOIN(a, b) EVAPID_JOIN2(a, b)
#define TEST(name)                                                                \
  static void EVAPID_JOIN(test_, __LINE__)();                                     \
  static const ::evapid::test::Registration EVAPID_JOIN(registration_, __LINE__)( \
      __FILE__, name, &EVAPID_JOIN(test_, __LINE__));                             \
  static void EVAPID_JOIN(test_, __LINE__)()
// The same test twice, for what is sent by send() and by a ring: `ring` in its body says which.
#define TEST_BOTH_WAYS(name)                                                           \
  template <bool ring>                                                                 \
  static void EVAPID_JOIN(test_, __LINE__)();                                          \
  static const ::evapid::test::Registration EVAPID_JOIN(registration_, __LINE__)(      \
      __FILE__, name, &EVAPID_JOIN(test_, __LINE__) < false >);                        \
  static const ::evapid::test::Registration EVAPID_JOIN(ring_registration_, __LINE__)( \
      __FILE__, name " (with the ring)", &EVAPID_JOIN(test_, __LINE__) < true >);      \
  template <bool ring>                                                                 \
  static void EVAPID_JOIN(test_, __LINE__)()
#define CHECK(holds) ((holds) ? void() : ::evapid::test::fail(__FILE__, __LINE__, #holds " does not hold"))
#define CHECK_EQ(actual, expected) \
  ::evapid::test::check_equal((actual), (expected), #actual, __FILE__, __LINE__)
#define REQUIRE(holds)                                                   \
  do {                                                                   \
    if (!(holds)) {                                                      \
      ::evapid::test::fail(__FILE__, __LINE__, #holds " does not hold"); \
      throw ::evapid::test::Abandon{};                                   \
    }                                                                    \
  } while (false)
