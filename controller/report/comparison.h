#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/report/comparability.h"
#include "db/result_store.h"

namespace edgebench::controller {

// One measurement set beside the baseline of its block.
struct ComparedColumn {
  std::string name;  // of the precision or the device, and what else tells it apart
  db::Measurement measurement;
  bool is_baseline = false;
  std::optional<SpeedUp> speed_up;
  std::vector<std::string> forbidding;  // why there is no speed-up
  std::vector<std::string> notable;
};

// Measurements that differ along one axis only, the baseline first where there
// is one.
struct ComparisonBlock {
  Axis axis = Axis::kPrecision;
  std::string title;  // "resnet18 on local (cpu, 2 threads, batch 1, image 224)"
  std::vector<ComparedColumn> columns;

  bool has_finding() const;
};

// Blocks along an axis from the newest measurement of each cell. Those that differ
// in how they were quantized or by which engine they ran are columns of their own;
// of those that differ in what is no part of a column, the newest with figures. A cell whose
// baseline was measured under other settings only is shown with what forbids the comparison. Blocks
// of one column are left out. `measurements` are in the order they were stored; `device_order` says
// which device comes first. The first of them that has figures is a block's baseline.
std::vector<ComparisonBlock> BuildComparison(const std::vector<db::Measurement>& measurements,
                                             Axis axis,
                                             const std::vector<std::string>& device_order);

nlohmann::ordered_json ComparisonDocument(const std::vector<ComparisonBlock>& blocks);

}  // namespace edgebench::controller
