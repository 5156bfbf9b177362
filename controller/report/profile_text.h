#pragma once

#include <string>

#include "controller/report/table.h"
#include "db/result_store.h"

namespace edgebench::controller {

// One profile for people: a line that says what ran, its operators by their share of the
// time, the `top` first ones each and the rest added up, and what the profiler itself cost.
std::string ProfileText(const db::Measurement& measurement, int top, const Table::Style& style);

// "mobilenet_v2 int8-static on local: cpu, 2 threads, batch 1, image 224, engine onednn":
// what a profile is of.
std::string ProfileTitle(const db::Measurement& measurement);

// "features.0.0", or the output's shape in parentheses where an operator has no name.
std::string OperatorLabel(const v1::ProfileReport::Operator& op);

// "12.3", three significant digits; "-" for what is unknown.
std::string FigureText(std::optional<double> value);

// "0.04 %".
std::string ShareText(double share);

}  // namespace edgebench::controller
