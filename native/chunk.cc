#include "chunk.h"

namespace evapid {

ChunkPool::~ChunkPool() {
  if (free_hook_ == nullptr) return;
  for (const auto& chunk : chunks_) {
    if (chunk) free_hook_(free_hook_context_, *chunk);
  }
}

ChunkRef ChunkPool::take() {
  if (kept_.empty()) return ChunkRef(allocate(kChunkSize));
  Chunk* const chunk = kept_.back();
  kept_.pop_back();
  return ChunkRef(chunk);
}

ChunkRef ChunkPool::take_large(size_t capacity) {
  return ChunkRef(allocate(capacity));
}

Chunk* ChunkPool::allocate(size_t capacity) {
  uint32_t id;
  if (free_ids_.empty()) {
    id = static_cast<uint32_t>(chunks_.size());
    chunks_.emplace_back();
  } else {
    id = free_ids_.back();
    free_ids_.pop_back();
  }
  chunks_[id] = std::make_unique<Chunk>(*this, id, capacity);
  allocated_bytes_ += capacity;
  ++allocations_;
  return chunks_[id].get();
}

void ChunkPool::give_back(Chunk& chunk) {
  if (chunk.capacity() == kChunkSize && kept_.size() < kKept) {
    kept_.push_back(&chunk);
  } else {
    destroy(chunk);
  }
}

void ChunkPool::destroy(Chunk& chunk) {
  if (free_hook_ != nullptr) free_hook_(free_hook_context_, chunk);
  allocated_bytes_ -= chunk.capacity();
  const uint32_t id = chunk.id();
  free_ids_.push_back(id);
  chunks_[id].reset();
}

}  // namespace evapid
