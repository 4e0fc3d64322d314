#include "plan.h"

namespace evapid {

namespace {

// What may follow an operation.
enum class Operand : uint8_t { kNone, kTemplate, kTruth, kComparison, kNumber, kTarget };

struct Operands {
  Operand first = Operand::kNone;
  Operand second = Operand::kNone;
  Operand third = Operand::kNone;
  bool known = true;
};

Operands operands_of(uint32_t op) {
  switch (static_cast<PlanOp>(op)) {
    case PlanOp::kRelay:
    case PlanOp::kSetTag:
      return {Operand::kTemplate};
    case PlanOp::kMulticast:
    case PlanOp::kUnicast:
    case PlanOp::kEqual:
    case PlanOp::kStartsWith:
      return {Operand::kTemplate, Operand::kTemplate};
    case PlanOp::kClose:
    case PlanOp::kNot:
    case PlanOp::kForward:
      return {};
    case PlanOp::kTruth:
      return {Operand::kTruth};
    case PlanOp::kCompare:
      return {Operand::kComparison, Operand::kNumber, Operand::kNumber};
    case PlanOp::kJump:
    case PlanOp::kJumpIfTrue:
    case PlanOp::kJumpIfFalse:
      return {Operand::kTarget};
  }
  return {.known = false};
}

size_t words_of(Operand operand) {
  if (operand == Operand::kNone) return 0;
  return operand == Operand::kNumber ? 2 : 1;
}

}  // namespace

std::optional<Plan> Plan::load(PlanEvent event, std::span<const uint32_t> words, std::string bytes) {
  Plan plan(event, std::move(bytes));
  if (!plan.load_templates(words) || !plan.load_code(words)) return std::nullopt;
  return plan;
}

// Takes the templates off `words`.
bool Plan::load_templates(std::span<const uint32_t>& words) {
  const auto take = [&words](uint32_t& word) {
    if (words.empty()) return false;
    word = words.front();
    words = words.subspan(1);
    return true;
  };
  uint32_t templates;
  if (!take(templates)) return false;
  for (uint32_t i = 0; i < templates; ++i) {
    uint32_t parts;
    if (!take(parts)) return false;
    Template made;
    for (uint32_t part = 0; part < parts; ++part) {
      uint32_t kind;
      uint32_t offset;
      uint32_t length;
      if (!take(kind) || !take(offset) || !take(length)) return false;
      if (kind > static_cast<uint32_t>(PlanPartKind::kConnectionIndex)) return false;
      // Only one event brings a message.
      if (static_cast<PlanPartKind>(kind) == PlanPartKind::kMessage && event_ != PlanEvent::kMessage)
        return false;
      if (offset > bytes_->size() || length > bytes_->size() - offset) return false;
      made.push_back({static_cast<PlanPartKind>(kind), std::string_view(*bytes_).substr(offset, length)});
    }
    templates_.push_back(std::move(made));
  }
  return true;
}

bool Plan::load_code(std::span<const uint32_t> words) {
  std::vector<bool> begins(words.size() + 1);
  std::vector<uint32_t> targets;
  size_t at = 0;
  while (at < words.size()) {
    begins[at] = true;
    const Operands operands = operands_of(words[at]);
    if (!operands.known) return false;
    if (static_cast<PlanOp>(words[at]) == PlanOp::kForward && event_ != PlanEvent::kMessage) return false;
    size_t next = at + 1;
    for (const Operand operand : {operands.first, operands.second, operands.third}) {
      if (next + words_of(operand) > words.size()) return false;
      const uint32_t word = operand == Operand::kNone ? 0 : words[next];
      switch (operand) {
        case Operand::kNone:
          break;
        case Operand::kTemplate:
          if (word >= templates_.size()) return false;
          break;
        case Operand::kTruth:
          if (word > 1) return false;
          break;
        case Operand::kComparison:
          if (word > static_cast<uint32_t>(PlanComparison::kGreaterOrEqual)) return false;
          break;
        case Operand::kNumber:
          if (word > static_cast<uint32_t>(PlanNumber::kConnectionIndex)) return false;
          break;
        case Operand::kTarget:
          if (word <= at || word > words.size()) return false;
          targets.push_back(word);
          break;
      }
      next += words_of(operand);
    }
    at = next;
  }
  begins[words.size()] = true;
  for (const uint32_t target : targets) {
    if (!begins[target]) return false;
  }
  code_.assign(words.begin(), words.end());
  return true;
}

}  // namespace evapid
