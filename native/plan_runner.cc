#include "plan_runner.h"

#include <charconv>
#include <cstring>

#include "dispatcher.h"

namespace evapid {

namespace {

bool holds(PlanComparison comparison, int64_t left, int64_t right) {
  switch (comparison) {
    case PlanComparison::kEqual:
      return left == right;
    case PlanComparison::kNotEqual:
      return left != right;
    case PlanComparison::kLess:
      return left < right;
    case PlanComparison::kLessOrEqual:
      return left <= right;
    case PlanComparison::kGreater:
      return left > right;
    case PlanComparison::kGreaterOrEqual:
      return left >= right;
  }
  return false;
}

std::string_view decimal(uint64_t value, std::string& scratch) {
  scratch.resize(20);
  const auto written = std::to_chars(scratch.data(), scratch.data() + scratch.size(), value);
  return {scratch.data(), static_cast<size_t>(written.ptr - scratch.data())};
}

}  // namespace

void PlanRunner::run(const Plan& plan, const Client& client, const ReceivedFrame* frame) {
  client_ = &client;
  frame_ = frame;
  const std::span<const uint32_t> code = plan.code();
  bool truth = false;
  size_t at = 0;
  while (at < code.size()) {
    const uint32_t* const operands = code.data() + at + 1;
    switch (static_cast<PlanOp>(code[at])) {
      case PlanOp::kForward:
        truth = dispatcher_.may_relay();
        if (truth) dispatcher_.relay(dispatcher_.outgoing(*frame));
        at += 1;
        break;
      case PlanOp::kRelay:
        truth = relay(plan.at(operands[0]));
        at += 2;
        break;
      case PlanOp::kMulticast:
      case PlanOp::kUnicast:
        truth = relay_to(static_cast<PlanOp>(code[at]), plan.at(operands[0]), plan.at(operands[1]));
        at += 3;
        break;
      case PlanOp::kSetTag:
        truth = dispatcher_.set_tag(client.id, text(plan.at(operands[0]), kRight));
        at += 2;
        break;
      case PlanOp::kClose:
        truth = plan.event() == PlanEvent::kConnectionNew ? dispatcher_.reject(client.id)
                                                          : dispatcher_.close(client.id, CloseReason::kRoute);
        at += 1;
        break;
      case PlanOp::kTruth:
        truth = operands[0] != 0;
        at += 2;
        break;
      case PlanOp::kEqual:
        truth = text(plan.at(operands[0]), kLeft) == text(plan.at(operands[1]), kRight);
        at += 3;
        break;
      case PlanOp::kStartsWith:
        truth = text(plan.at(operands[0]), kLeft).starts_with(text(plan.at(operands[1]), kRight));
        at += 3;
        break;
      case PlanOp::kCompare:
        truth = compare(operands);
        at += 6;
        break;
      case PlanOp::kNot:
        truth = !truth;
        at += 1;
        break;
      case PlanOp::kJump:
        at = operands[0];
        break;
      case PlanOp::kJumpIfTrue:
        at = truth ? operands[0] : at + 2;
        break;
      case PlanOp::kJumpIfFalse:
        at = truth ? at + 2 : operands[0];
        break;
    }
  }
}

// --- steps

bool PlanRunner::relay(const Plan::Template& data_parts) {
  Span made;
  if (!may_relay(data_parts, made)) return false;
  dispatcher_.relay(std::move(made));
  return true;
}

bool PlanRunner::relay_to(PlanOp op, const Plan::Template& data_parts, const Plan::Template& tag_parts) {
  const std::string_view tag = text(tag_parts, kRight);
  Span made;
  if (!dispatcher_.fan_out().reaches(tag) || !may_relay(data_parts, made)) return false;
  if (op == PlanOp::kMulticast) {
    dispatcher_.multicast(std::move(made), tag);
  } else {
    dispatcher_.unicast(std::move(made), tag);
  }
  return true;
}

bool PlanRunner::may_relay(const Plan::Template& parts, Span& made) {
  const bool as_it_came = parts.size() == 1 && parts[0].kind == PlanPartKind::kMessage;
  if (as_it_came && frame_->payload == frame_->payload_end) return false;
  if (as_it_came) {
    if (!dispatcher_.may_relay()) return false;
    made = dispatcher_.outgoing(*frame_);
    return true;
  }
  const std::string_view payload = text(parts, kLeft);
  if (payload.empty() || payload.size() > netstring::kMaxPayload || !dispatcher_.may_relay()) return false;
  const SendBuffer::Room room = dispatcher_.send_buffer().reserve(payload.size());
  std::memcpy(room.data(), payload.data(), payload.size());
  made = dispatcher_.outgoing(room.chunk, room.payload, payload.size());
  return true;
}

// --- values

std::string_view PlanRunner::text(const Plan::Template& parts, Slot slot) {
  std::string& scratch = scratch_[slot];
  if (parts.size() == 1) return text(parts[0], scratch);
  scratch.clear();
  for (const Plan::Part& part : parts) scratch += text(part, part_scratch_);
  return scratch;
}

std::string_view PlanRunner::text(const Plan::Part& part, std::string& scratch) const {
  switch (part.kind) {
    case PlanPartKind::kLiteral:
      return part.literal;
    case PlanPartKind::kMessage:
      return {reinterpret_cast<const char*>(frame_->chunk->data()) + frame_->payload,
              frame_->payload_end - frame_->payload};
    case PlanPartKind::kSourceAddress:
      scratch = client_->peer.family == Family::kUnix ? dispatcher_.unix_address() : client_->peer.ip_text();
      return scratch;
    case PlanPartKind::kSourcePort:
      return decimal(client_->peer.port, scratch);
    case PlanPartKind::kConnectionIndex:
      return decimal(client_->id.index, scratch);
  }
  return {};
}

int64_t PlanRunner::number(uint32_t kind, uint32_t literal) const {
  switch (static_cast<PlanNumber>(kind)) {
    case PlanNumber::kLiteral:
      return static_cast<int32_t>(literal);
    case PlanNumber::kSourcePort:
      return client_->peer.port;
    case PlanNumber::kConnectionIndex:
      return client_->id.index;
  }
  return 0;
}

bool PlanRunner::compare(const uint32_t* operands) const {
  return holds(static_cast<PlanComparison>(operands[0]), number(operands[1], operands[2]),
               number(operands[3], operands[4]));
}

}  // namespace evapid
