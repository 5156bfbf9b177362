#include "agent/worker/torch/layer_table.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/outputs.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// "features.0" of "features.0.bias".
std::string ModuleOf(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

struct Parameters {
  std::map<const void*, std::string> module_of;  // by the memory of each
  std::map<std::string, int64_t> elements_of;    // by module
};

Parameters ParametersOf(const torch::jit::Module& module) {
  Parameters parameters;
  for (const auto& named : module.named_parameters()) {
    const std::string owner = ModuleOf(named.name);
    parameters.module_of[KeyOf(named.value)] = owner;
    parameters.elements_of[owner] += named.value.numel();
  }
  return parameters;
}

std::string ShapeText(const OperatorCost& cost) { return absl::StrJoin(cost.output_shape, "x"); }

// The same for executions that share a row.
using RowKey = std::pair<std::string, std::string>;

class Listing {
 public:
  explicit Listing(Parameters parameters) : parameters_(std::move(parameters)) {}

  void Add(const OperatorCost& cost) {
    const auto owner = parameters_.module_of.find(cost.weight);
    const bool owned = cost.weight != nullptr && owner != parameters_.module_of.end();
    const RowKey key = owned ? RowKey{owner->second, cost.kind}
                             : RowKey{"", absl::StrCat(cost.kind, " ", ShapeText(cost))};
    const auto [place, is_new] = row_of_.emplace(key, rows_.size());
    if (is_new) rows_.push_back(NewRow(cost, owned ? owner->second : ""));
    v1::ModelFacts::Layer& row = rows_[place->second];
    row.set_count(row.count() + 1);
    if (!cost.multiply_adds) row.clear_flops();
    if (row.has_flops()) row.set_flops(row.flops() + *cost.multiply_adds);
  }

  std::vector<v1::ModelFacts::Layer> Take() { return std::move(rows_); }

 private:
  v1::ModelFacts::Layer NewRow(const OperatorCost& cost, const std::string& owner) {
    v1::ModelFacts::Layer row;
    row.set_name(owner);
    row.set_kind(cost.kind);
    row.set_output_shape(ShapeText(cost));
    row.set_flops(0);
    // Where one module runs several operators, the first has its parameters.
    if (cost.weight != nullptr)
      row.set_parameters(std::exchange(parameters_.elements_of[owner], 0));
    return row;
  }

  Parameters parameters_;
  std::map<RowKey, size_t> row_of_;
  std::vector<v1::ModelFacts::Layer> rows_;
};

}  // namespace

absl::StatusOr<std::vector<v1::ModelFacts::Layer>> ListLayers(torch::jit::Module& module,
                                                              const ModelInputs& inputs) {
  absl::Status status;
  const std::vector<OperatorCost> costs =
      ListCosts([&] { status = RunModule(module, CopyInputs(inputs)).status(); });
  EDGEBENCH_RETURN_IF_ERROR(status);
  Listing listing(ParametersOf(module));
  for (const OperatorCost& cost : costs) listing.Add(cost);
  return listing.Take();
}

}  // namespace edgebench::worker
