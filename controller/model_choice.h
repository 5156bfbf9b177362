#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/grid.h"
#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::controller {

// What the user means by MODEL: with a '/' or a '.' a TorchScript file, else
// a name of the zoo. Files are read and digested here.
//   NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION  the file cannot be read (usage errors)
absl::StatusOr<ModelChoice> ChooseModel(const std::string& argument);

// NOT_FOUND when the device has no such model in its zoo, with the nearest names.
absl::Status CheckZooHas(const ModelChoice& model, const std::string& device,
                         const v1::Capabilities& capabilities);

// Gives each zoo model what the device says of it.
void LearnFacts(const v1::Capabilities& capabilities, std::vector<ModelChoice>& models);

// A file does not say what its inputs look like. INVALID_ARGUMENT when nobody
// said it, a description is malformed, or a size it needs is not given; also
// when somebody said it of a model of the zoo.
absl::Status CheckInputs(const ModelChoice& model, const v1::JobSettings& settings);

}  // namespace edgebench::controller
