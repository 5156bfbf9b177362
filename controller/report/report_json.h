#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// Details may take so many bytes of JSON. Compressed and encoded in base64 that is about a quarter.
inline constexpr size_t kMostBytesOfDetails = 1'500'000;

// The document that the page of a report shows; docs/schemas/report.schema.json describes it.
// Distributions and courses are left out, the last ones first, of as many entries as it takes to
// stay below so many bytes; then "omitted" says so.
nlohmann::ordered_json ReportDocument(const ReportData& report,
                                      size_t most_bytes_of_details = kMostBytesOfDetails);

}  // namespace edgebench::controller
