#include "controller/report/profile_figures.h"

#include <algorithm>
#include <numeric>

#include "common/stats.h"

namespace edgebench::controller {
namespace {

constexpr double kFlopPerMultiplyAdd = 2;

std::optional<double> Ratio(double part, double whole) {
  if (part <= 0 || whole <= 0) return std::nullopt;
  return part / whole;
}

double FlopOf(const v1::ProfileReport::Operator& op) {
  return kFlopPerMultiplyAdd * static_cast<double>(op.multiply_adds());
}

}  // namespace

std::optional<double> FlopsPerNano(const v1::ProfileReport::Operator& op) {
  return Ratio(FlopOf(op), static_cast<double>(op.total_ns()));
}

std::optional<double> BytesPerNano(const v1::ProfileReport::Operator& op) {
  return Ratio(static_cast<double>(op.bytes()), static_cast<double>(op.total_ns()));
}

std::optional<double> Intensity(const v1::ProfileReport::Operator& op) {
  return Ratio(FlopOf(op), static_cast<double>(op.bytes()));
}

std::vector<int> ByShare(const v1::ProfileReport& profile) {
  std::vector<int> places(static_cast<size_t>(profile.operators_size()));
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](int a, int b) {
    return profile.operators(a).share() > profile.operators(b).share();
  });
  return places;
}

double ShareOutsideOperators(const v1::ProfileReport& profile) {
  double inside = 0;
  for (const v1::ProfileReport::Operator& op : profile.operators()) inside += op.share();
  return std::max(1 - inside, 0.0);
}

std::optional<ProfilerOverhead> OverheadOf(const db::Measurement& measurement) {
  const auto& plain = measurement.result.latency().measured_ns();
  const auto& profiled = measurement.result.profile().profiled_ns();
  const int pairs = std::min(plain.size(), profiled.size());
  std::vector<int64_t> differences;
  for (int i = 0; i < pairs; ++i) differences.push_back(profiled[i] - plain[i]);
  const std::optional<double> plain_ns = Median({plain.begin(), plain.begin() + pairs});
  const std::optional<double> profiled_ns = Median({profiled.begin(), profiled.begin() + pairs});
  const std::optional<double> difference_ns = Median(differences);
  if (!plain_ns || !profiled_ns || !difference_ns || *plain_ns <= 0) return std::nullopt;
  return ProfilerOverhead{pairs, *plain_ns, *profiled_ns, *difference_ns / *plain_ns};
}

}  // namespace edgebench::controller
