#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/run_cells.h"
#include "db/result_store.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::controller {

// How long cells will take on one device, before anything is run: what the same cell took before,
// else what its stages need by the work of the model and by the speed of the device, which
// earlier measurements tell, else its processor. Meant to be right within a factor of two.
class Estimator {
 public:
  // `history`: earlier jobs on the device, newest first. `capabilities` outlives this.
  Estimator(const v1::Capabilities& capabilities, std::vector<db::JobDuration> history);

  // Of one process of a cell.
  absl::Duration Estimate(const v1::JobSettings& settings) const;

  // Of all cells in all their processes, without what has been measured.
  absl::Duration Estimate(const DeviceWork& work) const;

  // The newest job that measured the same cell, whatever came of it; nullptr where none did. One
  // that only tried a plan counts where `trials_count`.
  const db::JobDuration* FindSame(const v1::JobSettings& asked, bool trials_count) const;

 private:
  const v1::ZooModel* FactsOf(const v1::JobSettings& settings) const;
  std::optional<double> RateOfLikeJobs(double flops, const std::string& family) const;
  absl::Duration Latency(const v1::JobSettings& settings, const v1::ZooModel* facts) const;
  absl::Duration Measuring(const v1::JobSettings& settings, absl::Duration latency) const;

  const v1::Capabilities& capabilities_;
  const std::vector<db::JobDuration> history_;
};

// "8 s", "2 min", "1 h 10 min": no more digits than an estimate has.
std::string RoughDuration(absl::Duration duration);

}  // namespace edgebench::controller
