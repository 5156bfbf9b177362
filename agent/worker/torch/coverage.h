#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// What is known beforehand of the operators that will run.
struct CoverageContext {
  v1::Precision requested = v1::PRECISION_FP32;
  OperatorNames names = {};                      // before the optimizer: it makes weights anew
  std::vector<OperatorDecision> decisions = {};  // of the quantizer, for the reasons
};

// Runs one inference and looks at the operators as they execute, not as they stand in
// the graph. Counted are those with weights (convolution, linear, recurrent layers,
// embeddings); those between them (add, cat, hardswish ...) are listed only. Each with
// the precision it ran in and the reason where that is fp32. An operator that another
// one calls is the other's business.
//
// A convolution that optimize_for_inference turned into prim::mkldnn_convolution
// calls its kernel without the dispatcher, so these are counted in the graph, once
// each. A module of several branches may then show more than ran.
v1::Coverage MeasureCoverage(torch::jit::Module& module, const ModelInputs& inputs,
                             const CoverageContext& context);

}  // namespace edgebench::worker
