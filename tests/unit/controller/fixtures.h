#pragma once

#include <string>
#include <vector>

#include "common/stats.h"
#include "controller/testing/fake_agent.h"
#include "db/result_store.h"

namespace edgebench::controller {

inline v1::JobSettings SettingsOf(const std::string& model, v1::Precision precision,
                                  int batch = 1) {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name(model);
  settings.mutable_model()->set_display_name(model);
  settings.set_precision(precision);
  settings.set_batch(batch);
  return settings;
}

// 21 samples from 5 % below to 5 % above a median, in milliseconds, below and above it in
// turns: an interval of about ± 2 %.
inline std::vector<int64_t> SamplesAround(double median_ms) {
  std::vector<int64_t> samples = {static_cast<int64_t>(median_ms * 1e6)};
  for (int i = 1; i <= 10; ++i) {
    samples.push_back(static_cast<int64_t>(median_ms * 1e6 * (1 - 0.005 * i)));
    samples.push_back(static_cast<int64_t>(median_ms * 1e6 * (1 + 0.005 * i)));
  }
  return samples;
}

inline db::Measurement MeasurementFrom(v1::JobResult result, const std::string& device = "local") {
  db::Measurement measurement;
  static int64_t next_id = 1;
  measurement.id = next_id++;
  measurement.job_id = "0b52ee53-0000-4000-8000-000000000001";
  measurement.run_id = "9c1de1f0-0000-4000-8000-000000000002";
  measurement.device = device;
  measurement.stored_time = absl::FromUnixSeconds(1'700'000'000);
  // As three processes would have measured it, which agree.
  const std::vector<int64_t> samples(result.latency().measured_ns().begin(),
                                     result.latency().measured_ns().end());
  measurement.processes = {samples, samples, samples};
  measurement.latency = SummarizeProcesses(measurement.processes);
  measurement.result = std::move(result);
  return measurement;
}

// A measurement such as a real one of mobilenet_v2.
inline db::Measurement TypicalMeasurement(v1::Precision precision, double median_ms,
                                          const std::string& device = "local") {
  v1::JobResult result =
      MakeResult(SettingsOf("mobilenet_v2", precision), SamplesAround(median_ms));
  const bool int8 = precision != v1::PRECISION_FP32;
  result.mutable_model()->set_parameters(3'504'872);
  result.mutable_model()->set_flops(300'774'272);
  result.mutable_model()->set_model_bytes(int8 ? 3'890'000 : 14'370'000);
  result.set_peak_rss_bytes(int8 ? 236'000'000 : 240'000'000);
  if (int8) {
    result.set_engine("onednn");
    result.mutable_parity()->set_sqnr_db(13.125);
    result.mutable_parity()->set_cosine(0.975);
    result.mutable_parity()->set_random_weights(true);
    result.mutable_coverage()->set_int8_ops(53);
    result.mutable_coverage()->set_total_ops(53);
  }
  v1::StageReport* const start = result.add_stages();
  start->set_stage(v1::STAGE_START);
  start->set_duration_ns(350'000'000);
  start->set_peak_rss_bytes(171'000'000);
  v1::StageReport* const load = result.add_stages();
  load->set_stage(v1::STAGE_LOAD);
  load->set_duration_ns(412'000'000);
  v1::StageReport* const measure = result.add_stages();
  measure->set_stage(v1::STAGE_MEASURE);
  measure->set_duration_ns(1'000'000'000);
  measure->set_peak_rss_bytes(result.peak_rss_bytes());
  result.mutable_environment()->set_agent_version("0.1.0");
  result.mutable_environment()->mutable_torch()->set_version("1.13.1");
  result.mutable_environment()->mutable_torch()->set_blas("openblas 0.3.21");
  return MeasurementFrom(std::move(result), device);
}

// The same, measured elsewhere or with a doubt about it.
inline db::Measurement OnTarget(db::Measurement measurement, const std::string& target) {
  measurement.result.mutable_settings()->set_target(target);
  return measurement;
}

inline db::Measurement Marked(db::Measurement measurement, const std::string& reason) {
  measurement.result.mutable_validity()->set_valid(false);
  measurement.result.mutable_validity()->add_reasons(reason);
  return measurement;
}

inline db::Measurement OnProcessor(db::Measurement measurement, const std::string& cpu_model) {
  measurement.result.mutable_environment()->mutable_host()->set_cpu_model(cpu_model);
  return measurement;
}

}  // namespace edgebench::controller
