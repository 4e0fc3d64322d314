// Latencies in nanoseconds, counted in log-linear buckets: 64 to an octave, so a percentile is right to 1.6
// %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Histogram {
 public:
  static constexpr int kSubBits = 6;
  static constexpr size_t kBuckets = size_t{44} << kSubBits;

  void add(int64_t nanoseconds) {
    const auto value = static_cast<uint64_t>(std::max<int64_t>(nanoseconds, 0));
    ++buckets_[std::min(bucket_of(value), kBuckets - 1)];
    ++count_;
    sum_ += static_cast<double>(value);
    max_ = std::max(max_, value);
  }

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  // The smallest bucket bound that at least `fraction` of the values do not exceed.
  uint64_t quantile(double fraction) const {
    const auto wanted = static_cast<uint64_t>(fraction * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > wanted) return std::min(upper_bound(i), max_);
    }
    return max_;
  }

  uint64_t in_bucket(size_t index) const { return buckets_[index]; }

  static constexpr uint64_t upper_bound(size_t index) {
    if (index < (size_t{1} << kSubBits)) return index;
    const size_t octave = (index >> kSubBits) - 1;
    const uint64_t sub = (index & ((size_t{1} << kSubBits) - 1)) | (uint64_t{1} << kSubBits);
    return ((sub + 1) << octave) - 1;
  }

 private:
  static constexpr size_t bucket_of(uint64_t value) {
    if (value < (uint64_t{1} << kSubBits)) return value;
    const int octave = std::bit_width(value) - kSubBits - 1;
    const uint64_t sub = (value >> octave) & ((uint64_t{1} << kSubBits) - 1);
    return (static_cast<size_t>(octave + 1) << kSubBits) + sub;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace bench
