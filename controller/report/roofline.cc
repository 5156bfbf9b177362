#include "controller/report/roofline.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace edgebench::controller {
namespace {

constexpr double kFlopPerMultiplyAdd = 2;

std::optional<double> MedianOf(const v1::RooflinePeaks& peaks, v1::RooflinePeaks::Quantity quantity,
                               int threads) {
  for (const v1::RooflinePeaks::Peak& peak : peaks.peaks()) {
    if (peak.quantity() != quantity || peak.threads() != threads) continue;
    if (const auto summary = SummaryOf(peak)) return summary->median;
  }
  return std::nullopt;
}

std::optional<double> Times(const std::optional<double>& value, double factor) {
  if (!value) return std::nullopt;
  return *value * factor;
}

std::optional<double> Positive(const std::optional<int64_t>& count) {
  if (!count || *count <= 0) return std::nullopt;
  return static_cast<double>(*count);
}

auto Identity(const v1::Environment& environment) {
  const v1::HostInfo& host = environment.host();
  const v1::TorchInfo& torch = environment.torch();
  return std::make_tuple(host.hostname(), host.architecture(), host.cpu_model(),
                         host.physical_cores(), host.logical_cores(), host.usable_cores(),
                         host.memory_bytes(), host.kernel(), host.governor(), torch.version(),
                         torch.build(), torch.blas(), torch.cpu_capability());
}

}  // namespace

std::optional<PeakSummary> SummaryOf(const v1::RooflinePeaks::Peak& peak) {
  if (peak.per_second().empty()) return std::nullopt;
  std::vector<double> rates(peak.per_second().begin(), peak.per_second().end());
  std::sort(rates.begin(), rates.end());
  const size_t middle = rates.size() / 2;
  PeakSummary summary;
  summary.median = rates.size() % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
  summary.min = rates.front();
  summary.max = rates.back();
  summary.runs = static_cast<int>(rates.size());
  return summary;
}

std::optional<double> Roof::FlopsOf(v1::Precision precision) const {
  switch (precision) {
    case v1::PRECISION_FP32:
    case v1::PRECISION_INT8_WEIGHT_ONLY:
      return fp32_flops;
    case v1::PRECISION_INT8_DYNAMIC:
    case v1::PRECISION_INT8_STATIC:
    case v1::PRECISION_INT8_QAT:
      return int8_flops;
    default:
      return std::nullopt;
  }
}

Roof RoofOf(const v1::RooflinePeaks& peaks, int threads) {
  Roof roof;
  roof.fp32_flops =
      Times(MedianOf(peaks, v1::RooflinePeaks::QUANTITY_FP32, threads), kFlopPerMultiplyAdd);
  roof.int8_flops =
      Times(MedianOf(peaks, v1::RooflinePeaks::QUANTITY_INT8, threads), kFlopPerMultiplyAdd);
  roof.bandwidth = MedianOf(peaks, v1::RooflinePeaks::QUANTITY_BANDWIDTH, threads);
  return roof;
}

RooflinePoint PlaceUnder(const Roof& roof, const Work& work) {
  RooflinePoint point;
  if (work.nanos <= 0) return point;
  const std::optional<double> flop = Times(Positive(work.multiply_adds), kFlopPerMultiplyAdd);
  const std::optional<double> bytes = Positive(work.bytes);
  point.flops = Times(flop, 1e9 / work.nanos);
  point.bandwidth = Times(bytes, 1e9 / work.nanos);
  if (flop && bytes) point.intensity = *flop / *bytes;
  const bool multiplies_nothing = work.multiply_adds == 0;
  if (multiplies_nothing && point.bandwidth && roof.bandwidth) {
    point.limit = RooflinePoint::Limit::kMemory;
    point.share_of_bound = *point.bandwidth / *roof.bandwidth;
  }
  const std::optional<double> peak = roof.FlopsOf(work.precision);
  if (!point.intensity || !peak || !roof.bandwidth) return point;
  const double by_memory = *point.intensity * *roof.bandwidth;
  point.limit = by_memory < *peak ? RooflinePoint::Limit::kMemory : RooflinePoint::Limit::kCompute;
  point.bound = std::min(*peak, by_memory);
  point.share_of_bound = *point.flops / *point.bound;
  return point;
}

bool SameMachine(const v1::Environment& a, const v1::Environment& b) {
  return Identity(a) == Identity(b);
}

bool PeaksHoldFor(const v1::JobResult& peaks, const v1::JobResult& profile) {
  return peaks.outcome() == v1::OUTCOME_OK && peaks.threads() == profile.threads() &&
         SameMachine(peaks.environment(), profile.environment()) &&
         (profile.engine().empty() || profile.engine() == peaks.engine());
}

}  // namespace edgebench::controller
