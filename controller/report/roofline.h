#pragma once

#include <cstdint>
#include <optional>

#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/profile.pb.h"

namespace edgebench::controller {

// The roofline model: no program runs faster than min(peak, intensity * bandwidth), where
// the intensity is its FLOP per byte. Williams, Waterman, Patterson: Roofline: An Insightful
// Visual Performance Model for Multicore Architectures, 2009, Communications of the ACM 52(4).
// A multiply-add is two FLOP, also one of whole numbers.

// In multiply-adds or bytes per second.
struct PeakSummary {
  double median = 0, min = 0, max = 0;
  int runs = 0;
};

// nullopt of a peak without runs.
std::optional<PeakSummary> SummaryOf(const v1::RooflinePeaks::Peak& peak);

// The roofs above one setting; nullopt where they were not measured.
struct Roof {
  std::optional<double> fp32_flops, int8_flops;  // FLOP/s
  std::optional<double> bandwidth;               // bytes/s

  // For arithmetic of a precision: that of int8 for the int8 precisions, and of fp32 for
  // fp32 and for weights that are only stored in int8. No other was measured.
  std::optional<double> FlopsOf(v1::Precision precision) const;
};

// The medians of the peaks with so many threads.
Roof RoofOf(const v1::RooflinePeaks& peaks, int threads);

// What ran.
struct Work {
  std::optional<int64_t> multiply_adds, bytes;
  double nanos = 0;
  v1::Precision precision = v1::PRECISION_UNSPECIFIED;
};

struct RooflinePoint {
  enum class Limit { kUnknown, kCompute, kMemory };
  std::optional<double> flops;      // attained, FLOP/s
  std::optional<double> bandwidth;  // attained, bytes/s
  std::optional<double> intensity;  // FLOP/byte
  std::optional<double> bound;      // FLOP/s
  // Attained over what the bound allows; where nothing multiplies, over the bandwidth.
  // Beyond 1 where operands come from the caches.
  std::optional<double> share_of_bound;
  Limit limit = Limit::kUnknown;
};

RooflinePoint PlaceUnder(const Roof& roof, const Work& work);

// Whether stored peaks are the roof of a profile: of its machine, threads, and engine where one
// was used.
bool PeaksHoldFor(const v1::JobResult& peaks, const v1::JobResult& profile);

// Whether peaks that were measured in one environment hold in the other: the same machine,
// its system and libraries. What differs from moment to moment is not compared.
bool SameMachine(const v1::Environment& a, const v1::Environment& b);

}  // namespace edgebench::controller
