#pragma once

#include <torch/script.h>

#include <map>
#include <string>

namespace edgebench::worker {

// Which operator of a model a weight belongs to, by the memory of the weight or by the
// object that holds it packed: what an operator is known by when it runs.
using OperatorNames = std::map<const void*, std::string>;

// Of a module's parameters, of the constants of a frozen graph, and of packed weights.
OperatorNames NamesOfOperators(const torch::jit::Module& module);

// What a weight is looked up by; null for what is none.
const void* KeyOf(const c10::IValue& weight);

// Whether the module holds weights in a narrow type that are widened to be used.
bool StoresNarrowWeights(const torch::jit::Module& module);

// "encoder.0" of the parameter "encoder.0.weight"; empty for the model's own weight.
std::string OwnerOf(const std::string& parameter);

}  // namespace edgebench::worker
