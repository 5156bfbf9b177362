#pragma once

#include <torch/csrc/jit/ir/ir.h>
#include <torch/script.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace edgebench::worker {

// Small tools for the graphs of TorchScript that the methods of quantization rewrite.

c10::Symbol Kind(const char* name);

bool IsOneOf(const torch::jit::Node& node, std::initializer_list<const char*> kinds);

// Visits every node in order, those in branches behind the node that holds them.
// The visitor may destroy its node and insert others beside it.
void ForEachNode(torch::jit::Block& block, const std::function<void(torch::jit::Node&)>& visit);

// The constant behind a value, also one that a list was made of on the spot;
// nullopt when it is computed at run time.
std::optional<c10::IValue> ConstantOf(const torch::jit::Value* value);

std::optional<at::Tensor> ConstantTensor(const torch::jit::Value* value);
std::optional<double> ConstantNumber(const torch::jit::Value* value);
std::optional<std::vector<int64_t>> ConstantIntegers(const torch::jit::Value* value);
std::optional<bool> ConstantFlag(const torch::jit::Value* value);
std::optional<std::vector<at::Tensor>> ConstantTensors(const torch::jit::Value* value);

bool IsNone(const torch::jit::Value* value);

// The path of the module that an operator came from, kept as the node's scope.
void SetOperatorName(torch::jit::Node& node, const std::string& name);
std::string OperatorName(const torch::jit::Node& node);

// A node of one output before `place`, and that output.
torch::jit::Value* InsertBefore(torch::jit::Node& place, const char* kind,
                                const std::vector<torch::jit::Value*>& inputs);
torch::jit::Value* ConstantBefore(torch::jit::Node& place, const c10::IValue& value);

torch::jit::Value* ConvertBefore(torch::jit::Node& place, torch::jit::Value* value,
                                 at::ScalarType type);

// Gives the module an attribute and reads it before `place`. The attribute's name
// starts with `prefix` and tells the operator, so that a stored file does too.
torch::jit::Value* AttributeBefore(torch::jit::Node& place, torch::jit::Module& module,
                                   const std::string& prefix, const std::string& operator_name,
                                   const c10::IValue& value);

// The operator of an attribute that AttributeBefore made with that prefix.
std::optional<std::string> OperatorOfAttribute(const std::string& attribute,
                                               const std::string& prefix);

// Runs the graph as it is written, without LibTorch's optimizing executor.
std::vector<c10::IValue> RunGraph(const std::shared_ptr<torch::jit::Graph>& graph,
                                  std::vector<c10::IValue> inputs);

}  // namespace edgebench::worker
