#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/report/table.h"

namespace edgebench::controller {

// What `watch` shows of a run, whoever runs it.
struct RunView {
  struct Ended {
    std::string device, cell, what;  // "local", "resnet18 fp32 batch 1", "8.51 ms ± 1.2 %, ok"
  };
  struct OnDevice {
    std::string device;
    int ended = 0, all = 0;  // processes of cells
    std::string now;         // "resnet18 int8-static: measuring, 45 %"; empty: nothing
    std::optional<absl::Duration> left;
    std::optional<double> celsius;  // after its last job
  };
  std::string id, name;
  absl::Time started;
  bool finished = false;
  bool cut_off = false;  // nobody runs it
  std::vector<OnDevice> devices;
  std::vector<Ended> ended;  // in the order they were stored
};

// A heading, a row for each device, the newest results.
std::string RenderRunView(const RunView& view, const Table::Style& style, absl::TimeZone zone);

// A line for each result that `before` did not have, and one where the run ends or is cut off.
std::vector<std::string> NewLines(const RunView& before, const RunView& now);

// What goes on: "[2/16] local: resnet18 fp32: measuring, 45 % · about 50 s left".
std::string StateLine(const RunView& view);

}  // namespace edgebench::controller
