#pragma once

#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// A drawing of a report.
struct ReportFigure {
  std::string file;     // "latency-batch-images.svg"
  std::string caption;  // markdown, without its number
  std::string svg;
};

// Everything that there is to draw, in the order of the report.
std::vector<ReportFigure> FiguresOf(const ReportData& report);

// Latency against each axis of which a model has two values or more: a figure for each axis and
// kind of input, a panel for each model; what else could vary is fixed at the setting that has most
// points.
void AddLatencyFigures(const ReportData& report, std::vector<ReportFigure>& figures);

// Speed-ups of each device, and sizes.
void AddBarFigures(const ReportData& report, std::vector<ReportFigure>& figures);

// Latency against size, against the error of the outputs and against energy, each where it was
// measured and differs, with the front marked; a figure for each device and kind of input.
void AddTradeOffFigures(const ReportData& report, std::vector<ReportFigure>& figures);

// Operators of profiles under the roof of the device.
void AddRooflineFigures(const ReportData& report, std::vector<ReportFigure>& figures);

}  // namespace edgebench::controller
