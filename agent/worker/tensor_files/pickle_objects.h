#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent/worker/tensor_files/pickle.h"

namespace edgebench::tensor_files {

// The classes and functions that tensors and ordered dicts are made of. Nothing
// is called: what each would return is known here.

// "torch.FloatStorage". INVALID_ARGUMENT for any that is not known; names it.
absl::StatusOr<PickleValue> MakeGlobal(std::string name);

// What a reference into the archive stands for: ("storage", class, key, device,
// elements).
absl::StatusOr<PickleValue> MakeStorage(const PickleValue& reference);

// What function(*arguments) returns.
absl::StatusOr<PickleValue> MakeResult(const PickleValue& function, const PickleValue& arguments);

}  // namespace edgebench::tensor_files
