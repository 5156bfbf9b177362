#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/report/table.h"
#include "db/result_store.h"

namespace edgebench::controller {

// A part of a long measurement.
struct CoursePart {
  int64_t from_ns = 0;  // since measuring began, by the samples
  int64_t to_ns = 0;
  double median_ns = 0;
  // Means of what was sampled meanwhile; nullopt where nothing was.
  std::optional<double> clock_hz, temperature_degc;
};

// How latency, clock and temperature changed under sustained load: ten parts that take equally
// long, fewer where there are fewer samples. Empty for measurements of anything else, and for
// those of several processes, which have no common time.
std::vector<CoursePart> CourseOf(const db::Measurement& measurement);

// A table of the parts, and in a sentence how the last compares with the first: the
// median, clock and temperature of both.
std::string RenderCourse(const db::Measurement& measurement, const Table::Style& style);

}  // namespace edgebench::controller
