#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/result_store.h"

namespace edgebench::controller {

// What may differ between two measurements that are set side by side. kTarget: the precision
// as well, so that int8 on the CPU stands beside fp32 on the GPU where one wants to see that.
// kThreads: nothing but the number of threads. kRun: nothing but when it was measured.
enum class Axis { kPrecision, kDevice, kTarget, kThreads, kRun };

// How many times as fast as the baseline something is.
struct SpeedUp {
  double ratio = 0;  // of the medians
  // See CompareMedians in common/process_stats.h.
  std::optional<double> low, high;
  // Of the interval: 0.95, and more where several comparisons are to hold together.
  double confidence = 0.95;
  // Whether the interval excludes 1 and both figures are to be trusted: otherwise
  // no difference is resolved.
  bool resolved = false;
  // What either figure is marked with of which an interval knows nothing: "the
  // baseline is marked unsettled". One that is unconverged has a wide interval.
  std::vector<std::string> doubts;

  bool trusted() const { return doubts.empty(); }
};

// nullopt unless both have a latency. `comparisons`: how many a reader sees together, this
// one among them; their intervals hold together with 95 % confidence.
std::optional<SpeedUp> CompareLatency(const db::Measurement& baseline, const db::Measurement& other,
                                      int comparisons);

// Settings that differ and forbid a comparison along the axis, for example
// "target differs (cuda:0, cpu)". Empty: comparable.
std::vector<std::string> ForbiddingDifferences(const db::Measurement& baseline,
                                               const db::Measurement& other, Axis axis);

// What differs besides and may explain part of the figure: LibTorch, the
// optimization that was really applied, on different devices the threads and the
// engine, on one device the machine that had its name.
std::vector<std::string> NotableDifferences(const db::Measurement& baseline,
                                            const db::Measurement& other, Axis axis);

// What tells models apart: the zoo name with the digest of given weights, or the digest of
// a file.
std::string ModelKey(const v1::JobResult& result);

// "resnet18.pth 1a2b3c4d5e6f", weights that were given to a model of the zoo; "" where none
// were. With the digest, because files of one name lie in many folders.
std::string GivenWeightsText(const v1::JobSettings& settings);

// "resnet18", "resnet18 with resnet18.pth 1a2b3c4d5e6f".
std::string ModelText(const v1::JobSettings& settings);

// What a file was given: "float32[N,3,224,224] and int64[N,L]"; "" for the zoo.
std::string InputsText(const v1::JobSettings& settings);

// "1.85×"; "≈ 1×" when the interval lies between 0.9 and 1.1, and "unresolved" when it
// is wider and includes 1; "1.85×?" when there are too few samples to know, or the
// figures are not to be trusted.
std::string SpeedUpText(const SpeedUp& speed_up);

}  // namespace edgebench::controller
