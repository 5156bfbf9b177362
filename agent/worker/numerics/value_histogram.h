#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edgebench::worker {

// How often values occur, in bins of equal width that grow with the range of
// what is seen. The width is a power of two and zero is an edge, so a wider bin
// is the union of narrow ones: growing loses nothing but resolution, and the
// result is the same in whatever order and on however many threads values come.
class ValueHistogram {
 public:
  // Half of them at least cover the range of the values seen.
  static constexpr int kBins = 4096;

  void Add(const float* values, size_t count);
  void Merge(const ValueHistogram& other);

  bool finite() const { return finite_; }  // no NaN or infinity among the values
  uint64_t total() const { return total_; }
  uint64_t zeros() const { return zeros_; }

  // Of the values and zero.
  float low() const { return low_; }
  float high() const { return high_; }

  // bins()[i] values lie in [Edge(i), Edge(i + 1)), zeros among them.
  const std::vector<uint64_t>& bins() const { return bins_; }
  double Edge(int bin) const { return static_cast<double>(first_ + bin) * width(); }
  double width() const;

 private:
  void Include(float low, float high, std::vector<uint32_t>& counters);
  void Collect(std::vector<uint32_t>& counters);
  void Rebin(int exponent, int64_t first);

  // Of widths whose reciprocal is a float still.
  static constexpr int kSmallestExponent = -126;

  std::vector<uint64_t> bins_ = std::vector<uint64_t>(kBins);
  int exponent_ = kSmallestExponent;  // the width is 2^exponent_
  int64_t first_ = 0;                 // the first bin starts at first_ widths
  float low_ = 0;
  float high_ = 0;
  uint64_t total_ = 0;
  uint64_t zeros_ = 0;
  bool finite_ = true;
};

}  // namespace edgebench::worker
