// Runs plans. What a step does is the dispatcher's business; what it is applied to is put together here.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "client.h"
#include "event_log.h"
#include "plan.h"

namespace evapid {

class Dispatcher;

class PlanRunner {
 public:
  explicit PlanRunner(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  // `frame` is the message; nullptr for the other events.
  void run(const Plan& plan, const Client& client, const ReceivedFrame* frame);

 private:
  // A template's value. It is good until the same slot is used again.
  enum Slot : size_t { kLeft = 0, kRight = 1, kSlots = 2 };
  std::string_view text(const Plan::Template& parts, Slot slot);
  std::string_view text(const Plan::Part& part, std::string& scratch) const;
  int64_t number(uint32_t kind, uint32_t literal) const;
  bool compare(const uint32_t* operands) const;

  bool relay(const Plan::Template& data_parts);
  bool relay_to(PlanOp op, const Plan::Template& data_parts, const Plan::Template& tag_parts);
  bool may_relay(const Plan::Template& parts, Span& made);

  Dispatcher& dispatcher_;
  const Client* client_ = nullptr;
  const ReceivedFrame* frame_ = nullptr;
  std::array<std::string, kSlots> scratch_;
  std::string part_scratch_;
};

}  // namespace evapid
