// Plans: routes whose every step the dispatcher knows, so that they run here and never enter JavaScript.
//
// A plan is a list of 32-bit words: templates, then code. There is one truth value, what the last step or
// comparison came to, and jumps go forward only, so a plan ends. Compiled by src/core/plan-compiler.ts; what
// a plan means is said there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evapid {

// These numbers, and the words that follow them, are known to src/dispatcher/plan-program.ts. `template` is
// the place of one among the plan's; `number` is two words: a PlanNumber and, for a literal, its value.
enum class PlanOp : uint32_t {
  kRelay = 1,         // template
  kMulticast = 2,     // template (data), template (tag)
  kUnicast = 3,       // template (data), template (tag)
  kSetTag = 4,        // template
  kClose = 5,         //
  kTruth = 6,         // 0 or 1
  kEqual = 7,         // template, template: the same bytes
  kStartsWith = 8,    // template, template: the first begins with the second
  kCompare = 9,       // PlanComparison, number, number
  kNot = 10,          //
  kJump = 11,         // place in the code
  kJumpIfTrue = 12,   // place in the code
  kJumpIfFalse = 13,  // place in the code
  kForward = 14,      // relays the message as it came, also an empty one
};

enum class PlanComparison : uint32_t {
  kEqual = 0,
  kNotEqual = 1,
  kLess = 2,
  kLessOrEqual = 3,
  kGreater = 4,
  kGreaterOrEqual = 5,
};

enum class PlanNumber : uint32_t { kLiteral = 0, kSourcePort = 1, kConnectionIndex = 2 };

// What a template is made of. Three words each: the kind and, for a literal, where it stands in the plan's
// bytes and how long it is.
enum class PlanPartKind : uint32_t {
  kLiteral = 0,
  kMessage = 1,
  kSourceAddress = 2,
  kSourcePort = 3,
  kConnectionIndex = 4,
};

// The events that a plan can be for.
enum class PlanEvent : uint8_t { kConnectionNew = 0, kMessage = 1, kConnectionClosed = 2 };

class Plan {
 public:
  struct Part {
    PlanPartKind kind;
    std::string_view literal;
  };
  using Template = std::vector<Part>;

  // Words: how many templates; for each how many parts, and the parts; the code. Nothing if they make no
  // sense: a plan that was loaded can be run without looking.
  static std::optional<Plan> load(PlanEvent event, std::span<const uint32_t> words, std::string bytes);

  PlanEvent event() const { return event_; }
  std::span<const uint32_t> code() const { return code_; }
  // Whether it relays every message as it came and does nothing else.
  bool only_forwards() const {
    return code_.size() == 1 && code_[0] == static_cast<uint32_t>(PlanOp::kForward);
  }
  const Template& at(uint32_t place) const { return templates_[place]; }

 private:
  Plan(PlanEvent event, std::string bytes)
      : event_(event), bytes_(std::make_unique<const std::string>(std::move(bytes))) {}
  bool load_templates(std::span<const uint32_t>& words);
  bool load_code(std::span<const uint32_t> words);

  PlanEvent event_;
  std::unique_ptr<const std::string>
      bytes_;  // stays where it is when the plan is moved: literals point to it
  std::vector<Template> templates_;
  std::vector<uint32_t> code_;
};

// The plans of a dispatcher, by event; an event without one is told to the routes, or is nobody's business.
struct Plans {
  std::optional<Plan> connection_new;
  std::optional<Plan> message;
  std::optional<Plan> connection_closed;
};

}  // namespace evapid
