#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
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
// which device comes first. The first of them that has figures is a block's baseline. Blocks are
// in the order of reports, see InOrderOfReport.
//
// Along kDevice, settings that only one device was measured under are left out where it is compared
// under others; see CountUnmatchedCells.
//
// Along kTarget a block has all precisions and targets of a model on a device, and one that has
// a single target is left out; the baseline is fp32, on the CPU where that was measured. Along
// kRun a block has one cell, its newest measurement and the one before that has figures, which is
// the baseline; times are in `time_zone`.
//
// The intervals of the speed-ups of one block hold together with 95 % confidence.
std::vector<ComparisonBlock> BuildComparison(const std::vector<db::Measurement>& measurements,
                                             Axis axis,
                                             const std::vector<std::string>& device_order,
                                             absl::TimeZone time_zone = absl::UTCTimeZone());

// How many blocks BuildComparison leaves out along kDevice because no other device was measured
// under their settings.
int CountUnmatchedCells(const std::vector<db::Measurement>& measurements,
                        const std::vector<std::string>& device_order);

// "precision", "device", "target", "run".
std::string AxisName(Axis axis);

// Measurements of a block in another precision than fp32 that cannot stand beside fp32 on their
// own target, because it was not measured there.
std::vector<const db::Measurement*> WithoutBaselineOnTheirTarget(const ComparisonBlock& block);

nlohmann::ordered_json ComparisonDocument(const std::vector<ComparisonBlock>& blocks);

}  // namespace edgebench::controller
