#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "db/result_store.h"

namespace edgebench::controller {

// What people call a run by, as typed or as a plan says it.
struct RunLabelOptions {
  std::string name;  // of the plan
  std::string note;
  std::vector<std::string> tags;
};

// --tag and --note.
void AddRunLabelFlags(CLI::App& command, RunLabelOptions& options);

// Each tag once, sorted.
// INVALID_ARGUMENT  a tag is empty, longer than kMaxTagBytes, or holds a comma or a control
//                   character; a name or note is longer than kMaxNoteBytes
absl::StatusOr<db::RunLabels> LabelsFrom(const RunLabelOptions& options);
inline constexpr size_t kMaxTagBytes = 64;
inline constexpr size_t kMaxNoteBytes = 4096;

}  // namespace edgebench::controller
