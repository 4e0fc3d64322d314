// Chunks: reference-counted blocks of memory that bytes are received into and sent from, and the pool they
// come from.
//
// A byte that arrived is never copied to be sent on: whoever still needs it holds a reference to its chunk.
// Counts are plain integers because a chunk belongs to one loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace evapid {

class ChunkPool;

class Chunk {
 public:
  Chunk(ChunkPool& pool, uint32_t id, size_t capacity)
      : pool_(pool), id_(id), capacity_(capacity), data_(new std::byte[capacity]) {}

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t capacity() const { return capacity_; }
  // Small number that names this chunk among the living ones: how JavaScript refers to it.
  uint32_t id() const { return id_; }
  uint32_t references() const { return references_; }

 private:
  friend class ChunkRef;
  friend class ChunkPool;

  ChunkPool& pool_;
  uint32_t id_;
  uint32_t references_ = 0;
  size_t capacity_;
  std::unique_ptr<std::byte[]> data_;
};

// One reference to a chunk.
class ChunkRef {
 public:
  ChunkRef() = default;
  explicit ChunkRef(Chunk* chunk) : chunk_(chunk) { retain(); }
  ChunkRef(const ChunkRef& other) : chunk_(other.chunk_) { retain(); }
  ChunkRef(ChunkRef&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkRef() { release(); }

  Chunk* get() const { return chunk_; }
  Chunk* operator->() const { return chunk_; }
  Chunk& operator*() const { return *chunk_; }
  explicit operator bool() const { return chunk_ != nullptr; }
  void reset() {
    release();
    chunk_ = nullptr;
  }

 private:
  void retain() const {
    if (chunk_ != nullptr) ++chunk_->references_;
  }
  void release() const;

  Chunk* chunk_ = nullptr;
};

class ChunkPool {
 public:
  // Called just before a chunk's memory is given back to the system.
  using FreeHook = void (*)(void* context, Chunk& chunk);

  static constexpr size_t kChunkSize = 256 * 1024;
  // Chunks kept for reuse: enough that a busy bus never asks the system, small enough to forget about (16
  // MiB).
  static constexpr size_t kKept = 64;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // A chunk of kChunkSize bytes.
  ChunkRef take();
  // A chunk of its own size, for what does not fit an ordinary one; freed, not kept, after use.
  ChunkRef take_large(size_t capacity);
  // The living chunk of that id, or nullptr.
  Chunk* find(uint32_t id) const { return id < chunks_.size() ? chunks_[id].get() : nullptr; }

  void set_free_hook(FreeHook hook, void* context) {
    free_hook_ = hook;
    free_hook_context_ = context;
  }

  // Bytes of all chunks, in use or kept.
  size_t allocated_bytes() const { return allocated_bytes_; }
  // Of these, those of chunks that are kept for reuse.
  size_t kept_bytes() const { return kept_.size() * kChunkSize; }
  // How often the system was asked for memory.
  uint64_t allocations() const { return allocations_; }

 private:
  friend class ChunkRef;

  Chunk* allocate(size_t capacity);
  void give_back(Chunk& chunk);
  void destroy(Chunk& chunk);

  std::vector<std::unique_ptr<Chunk>> chunks_;  // by id
  std::vector<uint32_t> free_ids_;
  std::vector<Chunk*> kept_;
  size_t allocated_bytes_ = 0;
  uint64_t allocations_ = 0;
  FreeHook free_hook_ = nullptr;
  void* free_hook_context_ = nullptr;
};

inline void ChunkRef::release() const {
  if (chunk_ != nullptr && --chunk_->references_ == 0) chunk_->pool_.give_back(*chunk_);
}

// A run of bytes inside a chunk that keeps the chunk alive.
struct Span {
  ChunkRef chunk;
  size_t begin = 0;
  size_t end = 0;

  size_t size() const { return end - begin; }
  const std::byte* data() const { return chunk->data() + begin; }
  bool continued_by(const Chunk* other, size_t other_begin) const {
    return chunk.get() == other && end == other_begin;
  }
};

}  // namespace evapid
