#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "db/result_store.h"

namespace edgebench::controller {

// A column of the flat forms of a measurement.
struct ExportColumn {
  const char* name;  // as in "latency_median_ns"
  const char* type;  // of Apache Arrow: "string", "int64", "float64", "bool"
  const char* at;    // JSON pointer (RFC 6901) into a measurement of MeasurementsDocument
};

// The columns of MeasurementsCsv, which are added to and never renamed.
const std::vector<ExportColumn>& ExportColumns();

// One row per measurement with a header. Unknown is an empty field, lists are joined by "; ".
std::string MeasurementsCsv(const std::vector<db::Measurement>& measurements);

// One measurement of MeasurementsDocument per line (jsonlines.org), without "schema_version" of
// the document but with one of its own.
std::string MeasurementsJsonLines(const std::vector<db::Measurement>& measurements);

// The JSON of Google Benchmark 1.7, which its compare.py reads: one entry per process as a
// repetition, with the median of its samples, and their mean, median and standard deviation as
// aggregates. Its reader needs cpu_time, which is not measured: it repeats real_time, as
// context.cpu_time says. Only what ended ok with latencies.
nlohmann::ordered_json GoogleBenchmarkDocument(const std::vector<db::Measurement>& measurements,
                                               absl::Time now);

// "measurement,process,position,ns,job_id": one row per measured sample. `job_id` is that of its
// row of MeasurementsCsv, and `measurement` the place of that row, from 0.
void WriteSamplesCsv(const std::vector<db::Measurement>& measurements, std::ostream& out);

// The names and types of the columns of both files, for whoever makes Parquet of them.
nlohmann::ordered_json TableSchemas();

}  // namespace edgebench::controller
