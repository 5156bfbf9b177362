#pragma once

#include <string>
#include <vector>

#include "controller/measurement_filter.h"
#include "db/result_store.h"

namespace edgebench::controller {

// The commands that would make something to compare, one a line. `measured` are
// benchmarks of the chosen models in the order they were stored: what was measured can
// be measured again, a file with the inputs it had. Of models that were never measured
// it is only said where to look, because a name may be none.
std::string MeasuringAdvice(const MeasurementChoice& choice,
                            const std::vector<db::Measurement>& measured);

// The command that measures fp32 under the settings of `other`.
std::string BaselineCommand(const db::Measurement& other, const MeasurementChoice& choice);

}  // namespace edgebench::controller
