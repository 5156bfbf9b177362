#pragma once

#include <string>

#include "controller/report/table.h"
#include "db/result_store.h"

namespace edgebench::controller {

// What `quantize` says, for people, of a model that was written to `output`: its
// figures, then the operators that stayed fp32, the outputs where there are
// several, and what each operator costs where that was asked for.
std::string QuantizationText(const db::Measurement& measurement, const std::string& output,
                             const Table::Style& style);

}  // namespace edgebench::controller
