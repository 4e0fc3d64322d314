#include "sip_caller.h"

#include <algorithm>

#include "clock.h"

namespace bench {
namespace {

// RFC 3261's T1 and T2.
constexpr int64_t kT1 = 500'000'000;
constexpr int64_t kT2 = 4'000'000'000;
constexpr uint16_t kRequestTimeout = 408;
constexpr int kFirstFinal = 200;

// How long to wait after a request was sent again `stage` times.
int64_t pause(size_t stage, SipMethod method) {
  const int64_t doubled = kT1 << stage;
  return method == SipMethod::kInvite ? doubled : std::min(doubled, kT2);
}

// FNV-1a: to tell whether two replies have the same tag.
uint32_t hash(std::string_view text) {
  uint32_t value = 2166136261;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619;
  return value;
}

}  // namespace

Caller::Caller(Datagrams& datagrams, const SipParties& parties)
    : datagrams_(datagrams), run_(parties.run), requests_(parties) {}

void Caller::call(SipMethod method, uint16_t expected, int64_t due) {
  const auto number = static_cast<uint32_t>(calls_.size());
  calls_.push_back({.due = due,
                    .ended = 0,
                    .tag = 0,
                    .expected = expected,
                    .code = 0,
                    .method = method,
                    .tried = false,
                    .excuses = 0});
  waiting_[0].push_back({.time = now_ns() + kT1, .number = number});
  ++counts_.started;
  if (method == SipMethod::kInvite) ++untried_;
  datagrams_.queue(requests_.write_request(datagrams_.room(), method, number));
}

bool Caller::receive() {
  int64_t now = 0;
  return datagrams_.receive([&](std::string_view text) {
    // The time at which the batch was there.
    if (now == 0) now = now_ns();
    take(text, now);
  });
}

void Caller::take(std::string_view text, int64_t now) {
  const std::optional<SipReply> reply = parse_sip_reply(text, run_);
  if (!reply || reply->number >= calls_.size() || calls_[reply->number].method != reply->method) {
    ++counts_.strange;
    return complain("no reply to anything", text);
  }
  last_progress_ = now;
  Call& call = calls_[reply->number];
  if (reply->code < kFirstFinal) {
    ++counts_.provisional;
    if (call.tried || call.ended != 0 || call.method != SipMethod::kInvite) return;
    call.tried = true;
    --untried_;
    ++suspended_;
    return;
  }
  // Every final reply of an INVITE is acknowledged, also one that comes again.
  if (call.method == SipMethod::kInvite) {
    datagrams_.queue(requests_.write_ack(datagrams_.room(), reply->number, reply->code, reply->to_tag));
  }
  const uint32_t tag = hash(reply->to_tag);
  if (call.ended == 0) {
    end(call, *reply, tag, now);
    if (reply->code != call.expected) complain("not the expected reply", text);
  } else {
    take_again(call, *reply, tag, now);
  }
}

void Caller::end(Call& call, const SipReply& reply, uint32_t tag, int64_t now) {
  call.ended = now;
  call.tag = tag;
  call.code = static_cast<uint16_t>(reply.code);
  ++counts_.ended;
  if (call.method == SipMethod::kInvite) --(call.tried ? suspended_ : untried_);
  if (call.code != call.expected) {
    ++counts_.wrong;
  } else if (call.expected == kRequestTimeout) {
    time_outs_.add(now - call.due);
    shortest_time_out_ = std::min(shortest_time_out_, now - call.due);
  } else if (latencies_ != nullptr && call.due >= count_from_ && call.due < count_until_) {
    latencies_->add(now - call.due);
  }
}

// The same reply is no second answer when the request had been sent again, or when it comes so late that an
// ACK may not have been seen in time.
void Caller::take_again(Call& call, const SipReply& reply, uint32_t tag, int64_t now) {
  const bool same = reply.code == call.code && tag == call.tag;
  if (same && call.excuses > 0) {
    --call.excuses;
    ++counts_.repeated;
  } else if (same && call.method == SipMethod::kInvite && now - call.ended >= kT1 * 9 / 10) {
    ++counts_.repeated;
  } else {
    ++counts_.doubled;
    complain("a second final reply", std::to_string(reply.code));
  }
}

void Caller::retransmit(int64_t now) {
  for (size_t stage = 0; stage + 1 < waiting_.size(); ++stage) {
    std::deque<Retransmission>& queue = waiting_[stage];
    while (!queue.empty() && queue.front().time <= now) {
      const uint32_t number = queue.front().number;
      queue.pop_front();
      Call& call = calls_[number];
      if (call.ended != 0 || call.tried) continue;
      ++call.excuses;
      ++counts_.retransmitted;
      datagrams_.queue(requests_.write_request(datagrams_.room(), call.method, number));
      waiting_[stage + 1].push_back({.time = now + pause(stage + 1, call.method), .number = number});
    }
  }
}

void Caller::count_latencies(Histogram& latencies, int64_t from, int64_t until) {
  latencies_ = &latencies;
  count_from_ = from;
  count_until_ = until;
}

void Caller::complain(std::string_view what, std::string_view text) {
  if (!complaint_.empty()) return;
  complaint_ = std::string(what) + ": " + std::string(text.substr(0, text.find('\r')));
}

}  // namespace bench
