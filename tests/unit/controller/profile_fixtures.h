#pragma once

#include <string>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {

inline v1::ProfileReport::Operator& AddOperator(v1::ProfileReport& profile, const std::string& name,
                                                const std::string& kind, v1::Precision precision,
                                                int64_t total_ns, double share) {
  v1::ProfileReport::Operator& op = *profile.add_operators();
  op.set_name(name);
  op.set_kind(kind);
  op.set_precision(precision);
  op.set_calls(1);
  op.set_total_ns(total_ns);
  op.set_min_ns(total_ns - 1000);
  op.set_self_ns(total_ns / 10);
  op.set_share(share);
  op.set_input_shape("1x32x112x112");
  op.set_output_shape("1x16x112x112");
  return op;
}

inline void AddEvent(v1::ProfileReport& profile, int row, const std::string& kind, int64_t start_ns,
                     int64_t duration_ns, int depth) {
  v1::ProfileReport::Event& event = *profile.add_timeline();
  event.set_row(row);
  event.set_kind(kind);
  event.set_start_ns(start_ns);
  event.set_duration_ns(duration_ns);
  event.set_depth(depth);
  event.set_thread(4711);
}

// A model of four operators: an int8 convolution that takes half of the time, one in
// fp32, an activation without a name, and one whose work is unknown.
inline db::Measurement TypicalProfile(v1::Precision precision = v1::PRECISION_INT8_STATIC) {
  db::Measurement m = TypicalMeasurement(precision, 4.0);
  m.result.mutable_settings()->set_kind(v1::JOB_KIND_PROFILE);
  m.result.mutable_settings()->set_target("cpu");
  m.result.mutable_settings()->set_image_size(224);
  m.result.set_threads(2);
  m.result.set_precision(precision);
  v1::ProfileReport& profile = *m.result.mutable_profile();
  auto& small = AddOperator(profile, "features.0.0", "conv2d", v1::PRECISION_FP32, 400'000, 0.1);
  small.set_multiply_adds(10'000'000);
  small.set_bytes(2'000'000);
  auto& large = AddOperator(profile, "features.1.0", "conv2d", precision, 2'000'000, 0.5);
  large.set_multiply_adds(200'000'000);
  large.set_bytes(1'000'000);
  auto& activation = AddOperator(profile, "", "hardswish", v1::PRECISION_FP32, 1'000'000, 0.25);
  activation.set_calls(3);
  activation.set_multiply_adds(0);
  activation.set_bytes(4'000'000);
  AddOperator(profile, "attention", "multi_head_attention", v1::PRECISION_FP32, 200'000, 0.05);
  for (const int64_t plain_ns : m.result.latency().measured_ns())
    profile.add_profiled_ns(plain_ns + 100'000);
  AddEvent(profile, 0, "prim::mkldnn_convolution", 10'500, 400'000, 0);
  AddEvent(profile, 1, "quantized::conv2d", 420'000, 2'000'000, 0);
  AddEvent(profile, 2, "aten::hardswish", 2'500'000, 900'000, 0);
  AddEvent(profile, 2, "aten::empty", 2'500'250, 1'000, 1);
  return m;
}

inline void AddPeak(v1::RooflinePeaks& peaks, v1::RooflinePeaks::Quantity quantity, int threads,
                    double per_second, const std::string& workload) {
  v1::RooflinePeaks::Peak& peak = *peaks.add_peaks();
  peak.set_quantity(quantity);
  peak.set_threads(threads);
  peak.set_workload(workload);
  for (const double factor : {0.5, 1.0, 1.25}) peak.add_per_second(factor * per_second);
}

// With two threads 100 GFLOP/s in fp32, 400 in int8, and 20 GB/s; half of that with one.
inline db::Measurement TypicalPeaks() {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  result.mutable_settings()->set_kind(v1::JOB_KIND_ROOFLINE);
  result.mutable_settings()->set_target("cpu");
  result.set_threads(2);
  result.set_engine("onednn");
  v1::RooflinePeaks& peaks = *result.mutable_peaks();
  for (const int threads : {1, 2}) {
    AddPeak(peaks, v1::RooflinePeaks::QUANTITY_FP32, threads, 25e9 * threads,
            "matmul 1024x1024x1024");
    AddPeak(peaks, v1::RooflinePeaks::QUANTITY_INT8, threads, 100e9 * threads,
            "quantized linear 512x512x512");
    AddPeak(peaks, v1::RooflinePeaks::QUANTITY_BANDWIDTH, threads, 10e9 * threads,
            "triad of 3 arrays of 256 MB");
  }
  return MeasurementFrom(std::move(result));
}

}  // namespace edgebench::controller
