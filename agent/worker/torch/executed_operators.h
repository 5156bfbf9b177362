#pragma once

#include <ATen/record_function.h>
#include <torch/script.h>

#include <optional>
#include <string>
#include <utility>
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

// Tells what the operators of one inference are, as they begin, in order.
class OperatorRecognizer {
 public:
  // Not owned; outlives the recognizer.
  explicit OperatorRecognizer(const OperatorNames& names) : names_(names) {}

  // Of an operator that none calls which was recognized; nullopt where it is none that
  // Coverage lists. In weights that are stored in a narrow type and widened for the
  // operator behind them, that operator counts as INT8_WEIGHT_ONLY, or as fp32 where the
  // type is half precision.
  std::optional<ExecutedOperator> Recognize(const at::RecordFunction& function);

 private:
  const OperatorNames& names_;
  // The last weight that was widened, waiting for its operator.
  std::optional<std::pair<std::string, bool /*int8*/>> widened_;
};

// Runs the module once, as it is measured, and lists what executed, in order.
std::vector<ExecutedOperator> ListExecuted(torch::jit::Module& module, const ModelInputs& inputs,
                                           const OperatorNames& names);

}  // namespace edgebench::worker
