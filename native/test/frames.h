// Messages as tests write them down and read them back: an encoder and a decoder of netstrings that share no
// code with ours, and spans to hand to the core.
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "chunk.h"

namespace evapid::test {

inline std::string frame(std::string_view payload) {
  return std::to_string(payload.size()) + ":" + std::string(payload) + ",";
}

// The payloads of a text that consists of whole canonical frames; fails the test if it does not.
inline std::vector<std::string> payloads_of(std::string_view text) {
  std::vector<std::string> payloads;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    REQUIRE(colon != std::string_view::npos && colon > 0 && colon < 10);
    const size_t size = std::stoul(std::string(text.substr(0, colon)));
    REQUIRE(text.size() >= colon + size + 2 && text[colon + 1 + size] == ',');
    payloads.emplace_back(text.substr(colon + 1, size));
    text.remove_prefix(colon + size + 2);
  }
  return payloads;
}

inline std::string_view text_of(const std::byte* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
inline std::string_view text_of(const Span& span) {
  return text_of(span.data(), span.size());
}

// A span of its own chunk.
inline Span span_of(ChunkPool& pool, std::string_view text) {
  ChunkRef chunk = text.size() > ChunkPool::kChunkSize ? pool.take_large(text.size()) : pool.take();
  std::memcpy(chunk->data(), text.data(), text.size());
  return {std::move(chunk), 0, text.size()};
}

using Random = std::mt19937;

// 0 to limit - 1.
inline size_t below(Random& random, size_t limit) {
  return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

inline std::string random_bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Another one for each run, unless EVAPID_SEED asks for the one of a failure.
inline uint32_t fresh_seed() {
  if (const char* const asked = std::getenv("EVAPID_SEED")) return static_cast<uint32_t>(std::stoul(asked));
  return std::random_device{}();
}

}  // namespace evapid::test
