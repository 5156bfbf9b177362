#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/grid.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// The file that --weights names, which is sent like that of a model.
struct WeightsChoice {
  v1::Digest digest;
  std::string name;  // for people: the file's base name
  std::string path;  // empty: none was chosen
  bool allow_missing = false;
};

// Digests the file. "" chooses none.
//   INVALID_ARGUMENT   not with one model of the zoo, empty, or allow_missing without a file
//   NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION  it cannot be read (usage errors)
absl::StatusOr<WeightsChoice> ChooseWeights(const std::string& argument, bool allow_missing,
                                            const std::vector<ModelChoice>& models);

void UseWeights(const WeightsChoice& choice, Cell& cell);

}  // namespace edgebench::controller
