#pragma once

#include <torch/script.h>

#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Runs one inference and counts the operators of a kind that int8 exists for
// (convolution, linear, LSTM, GRU, RNN) as they execute, not as they stand in
// the graph: those that were int8 ("quantized::conv2d_relu"), and those that ran in
// floating point, with the reason, which depends on the precision that was
// asked for. An operator that another one calls is counted once.
//
// A convolution that optimize_for_inference turned into prim::mkldnn_convolution
// calls its kernel without the dispatcher, so these are counted in the graph, once
// each. A module of several branches may then show more than ran.
v1::Coverage MeasureCoverage(torch::jit::Module& module, const ModelInputs& inputs,
                             v1::Precision requested);

}  // namespace edgebench::worker
