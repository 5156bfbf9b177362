#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controller/bench_options.h"
#include "controller/run_labels.h"

namespace edgebench::controller {

// What a file of YAML says is to be measured. docs/plans.md describes it for people.
//
//   name: vision               the name of the run
//   notes: first try           a sentence that stays with the results
//   tags: [lab, vision]
//   defaults:                  of each study; a study may say otherwise
//     devices: [local, pi]
//     repeats: 3               fresh processes for each cell
//   studies:
//     - models: [mobilenet_v2, resnet18]
//       precisions: [fp32, int8-static]
//       sweep: {batch: [1, 8], image-size: [64, 224]}
//   quick:                     what --quick puts in place of it, in each study
//     sweep: {image-size: [64]}
//
// A study has as keys the long flags of `bench` without their dashes, in `sweep` those of axes, and
// models, devices, precisions, engines and repeats (processes). A plan without `studies` is one
// study itself. Models, weights and data that are files are looked for beside the plan.
struct PlannedStudy {
  struct Value {
    std::string text, place;  // "plan.yaml:3:19"
  };
  struct Key {
    std::string word, place;
    std::vector<Value> values;
  };
  BenchOptions options;
  std::string place;                // "plan.yaml, study 2"
  std::map<std::string, Key> keys;  // by the flag's name

  // An error in the words of `bench`, with the place of what it is about.
  absl::Status Locate(const absl::Status& status) const;
};

struct Plan {
  RunLabelOptions labels;
  std::vector<PlannedStudy> studies;
};

// What a study takes with --quick, unless the plan's `quick` says otherwise.
inline constexpr char kQuickMaxTime[] = "1s";
inline constexpr int kQuickRepeats = 1;

// INVALID_ARGUMENT  no YAML, an unknown key, a value that does not fit: with FILE:LINE:COLUMN and
//                   the nearest word
absl::StatusOr<Plan> ParsePlan(absl::string_view text, const std::string& path, bool quick);

// Errors of ParsePlan, and of reading the file.
absl::StatusOr<Plan> ReadPlan(const std::string& path, bool quick);

}  // namespace edgebench::controller
