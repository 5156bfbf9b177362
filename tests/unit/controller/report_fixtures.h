#pragma once

#include <vector>

#include "tests/unit/controller/profile_fixtures.h"

namespace edgebench::controller {

inline db::Measurement AtBatch(db::Measurement measurement, int batch) {
  measurement.result.mutable_settings()->set_batch(batch);
  measurement.result.mutable_settings()->set_image_size(224);
  measurement.result.mutable_settings()->set_target("cpu");
  return measurement;
}

// One model in two precisions at two batches on two devices, a cell that failed, one that is
// marked, a profile and the peaks of its device.
inline std::vector<db::Measurement> MeasurementsOfAReport() {
  std::vector<db::Measurement> all;
  for (const char* device : {"local", "pi"}) {
    const double factor = device == std::string("pi") ? 3 : 1;
    for (const int batch : {1, 4}) {
      const double ms = factor * batch;
      all.push_back(AtBatch(TypicalMeasurement(v1::PRECISION_FP32, 8 * ms, device), batch));
      all.push_back(AtBatch(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4 * ms, device), batch));
    }
  }
  all.back() = Marked(all.back(), "foreign load: other processes used 0.4 cores");
  db::Measurement failed = AtBatch(TypicalMeasurement(v1::PRECISION_FP32, 1, "pi"), 16);
  failed.result.set_outcome(v1::OUTCOME_OOM);
  failed.result.set_stage(v1::STAGE_WARM_UP);
  failed.result.set_message("the memory limit of 512 MB was reached");
  failed.result.clear_latency();
  failed.processes.clear();
  failed.latency = Summarize({});
  all.push_back(std::move(failed));
  all.push_back(TypicalProfile());
  all.push_back(TypicalPeaks());
  return all;
}

}  // namespace edgebench::controller
