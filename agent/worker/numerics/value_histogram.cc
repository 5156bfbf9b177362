#include "agent/worker/numerics/value_histogram.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/worker/numerics/float_kernels.h"

namespace edgebench::worker {
namespace {

// Read from memory once for the extremes, and again while it is in the cache.
constexpr size_t kBlock = 4096;

int64_t BinAt(float value, int exponent) {
  return static_cast<int64_t>(std::floor(std::ldexp(static_cast<double>(value), -exponent)));
}

int64_t Span(float low, float high, int exponent) {
  return BinAt(high, exponent) - BinAt(low, exponent) + 1;
}

bool Fits(float low, float high, int exponent) {
  // As floating point first: in narrow bins large values have no int64_t.
  return std::ldexp(static_cast<double>(high) - low, -exponent) <= ValueHistogram::kBins &&
         Span(low, high, exponent) <= ValueHistogram::kBins;
}

}  // namespace

double ValueHistogram::width() const { return std::ldexp(1.0, exponent_); }

void ValueHistogram::Add(const float* values, size_t count) {
  std::vector<uint32_t> counters(kBins * kBinCopies);
  for (size_t begin = 0; begin < count && finite_; begin += kBlock) {
    const size_t size = std::min(kBlock, count - begin);
    const FloatExtremes extremes = FindExtremes(values + begin, size);
    finite_ = extremes.finite;
    if (!finite_) return;
    Include(extremes.low, extremes.high, counters);
    zeros_ += CountIntoBins(values + begin, size, static_cast<float>(1 / width()),
                            static_cast<int32_t>(first_), counters.data());
  }
  Collect(counters);
  total_ += count;
}

void ValueHistogram::Merge(const ValueHistogram& other) {
  std::vector<uint32_t> none(kBins * kBinCopies);
  Include(other.low_, other.high_, none);
  ValueHistogram same_bins = other;
  same_bins.Rebin(exponent_, first_);
  for (int bin = 0; bin < kBins; ++bin) bins_[bin] += same_bins.bins_[bin];
  total_ += other.total_;
  zeros_ += other.zeros_;
  finite_ = finite_ && other.finite_;
}

void ValueHistogram::Include(float low, float high, std::vector<uint32_t>& counters) {
  if (low >= low_ && high <= high_) return;
  low_ = std::min(low, low_);
  high_ = std::max(high, high_);
  int exponent = exponent_;
  while (!Fits(low_, high_, exponent)) ++exponent;
  const int64_t lowest = BinAt(low_, exponent);
  const int64_t span = Span(low_, high_, exponent);
  if (exponent == exponent_ && lowest >= first_ && lowest + span <= first_ + kBins) return;
  Collect(counters);
  // Room on both sides, or values in descending order would move it every time.
  Rebin(exponent, lowest - (kBins - span) / 2);
}

void ValueHistogram::Collect(std::vector<uint32_t>& counters) {
  for (size_t counter = 0; counter < counters.size(); ++counter) {
    bins_[counter / kBinCopies] += counters[counter];
  }
  std::fill(counters.begin(), counters.end(), 0);
}

void ValueHistogram::Rebin(int exponent, int64_t first) {
  const int shift = std::min(exponent - exponent_, 62);
  std::vector<uint64_t> bins(kBins);
  for (int bin = 0; bin < kBins; ++bin) {
    if (bins_[bin] != 0) bins[((first_ + bin) >> shift) - first] += bins_[bin];
  }
  bins_ = std::move(bins);
  exponent_ = exponent;
  first_ = first;
}

}  // namespace edgebench::worker
