#include "tap.h"

#include <algorithm>
#include <chrono>

#include "netstring.h"

namespace evapid {

void Tap::open(size_t messages) {
  open_ = true;
  messages_left_ = std::min(messages, kMaxSightings);
  connections_left_ = kMaxSightings;
  missed_ = 0;
  sightings_.clear();
  bytes_.clear();
}

void Tap::shut() {
  *this = {};
}

void Tap::came(const Client& client) {
  connection(client, SightingKind::kCame, 0);
}

void Tap::went(const Client& client, CloseReason reason) {
  connection(client, SightingKind::kWent, static_cast<uint64_t>(reason));
}

void Tap::connection(const Client& client, SightingKind kind, uint64_t detail) {
  if (connections_left_ == 0) {
    ++missed_;
    return;
  }
  --connections_left_;
  add(client, kind, detail, {});
}

void Tap::message(const Client& client, std::span<const std::byte> payload) {
  --messages_left_;
  add(client, SightingKind::kMessage, payload.size(), payload.first(std::min(payload.size(), kMaxBytes)));
}

void Tap::read(const Client& client, std::span<const std::byte> bytes, size_t begin, const Options& options) {
  if (!options.netstring) {
    if (begin < bytes.size()) message(client, bytes.subspan(begin));
    return;
  }
  size_t at = begin;
  while (sees_messages()) {
    const netstring::Decoded decoded = netstring::decode(bytes, at, options.max_message_size);
    if (decoded.status != netstring::Status::kFrame) return;
    message(client, bytes.subspan(decoded.frame.payload, decoded.frame.payload_size()));
    at = decoded.next;
  }
}

void Tap::add(const Client& client, SightingKind kind, uint64_t detail, std::span<const std::byte> bytes) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  sightings_.push_back(
      {kind, client.id, client.peer, static_cast<uint64_t>(at), detail, begin, bytes_.size()});
}

}  // namespace evapid
