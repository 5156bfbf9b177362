#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// One execution of an operator.
struct ExecutedOperator {
  std::string kind;  // as in Coverage
  std::string name;  // empty where its weight is not in `names`
  v1::Precision precision = v1::PRECISION_FP32;
  bool has_weights = true;
};

// Runs the module once, as it is measured, and lists what executed, in order. In
// weights that are stored in a narrow type and widened for the operator behind them,
// that operator counts as INT8_WEIGHT_ONLY, or as fp32 where the type is half precision.
std::vector<ExecutedOperator> ListExecuted(torch::jit::Module& module, const ModelInputs& inputs,
                                           const OperatorNames& names);

}  // namespace edgebench::worker
