#pragma once

#include <string>
#include <vector>

#include "controller/device_run.h"

namespace edgebench::controller {

// How latency goes along each axis of a sweep that has three values or more, as a sparkline for
// each device, model and precision whose other settings are the same:
//
//   along batch 1, 2, 4, 8
//     resnet18 fp32         ▁▂▄█  8.5 ms to 62 ms
//     resnet18 int8-static  ▂▃▅×  3.1 ms to 12 ms
//
// Empty where no axis has as many.
std::string RenderSweepLines(const std::vector<CellReport>& reports);

}  // namespace edgebench::controller
