#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// What tells apart results of one model, device, precision and shape: the engine
// that ran it, and the settings by which it was quantized.
using Variant = std::vector<std::string>;

Variant VariantOf(const v1::JobResult& result);

// In words, for each of these, what is not the same in all: "onednn mse", "qnnpack".
std::vector<std::string> Distinctions(const std::vector<Variant>& variants);

// Of MethodOf, the indices of those that two of one precision have differently.
std::vector<size_t> MethodSettingsThatDiffer(const std::vector<v1::JobSettings>& all);

}  // namespace edgebench::controller
