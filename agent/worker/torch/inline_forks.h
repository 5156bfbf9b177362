#pragma once

#include <torch/script.h>

#include "agent/worker/torch/quantizer.h"

namespace torch::jit {
struct GraphFunction;
}

namespace edgebench::worker {

// Inferences whose tasks of torch.jit.fork run on this thread, one after the other where they are
// forked, instead of on LibTorch's threads beside it: for whoever counts or times the operators of
// one thread (operator_tally.h). What is measured runs as LibTorch would have it.
c10::IValue ForwardInline(torch::jit::Module& module, const ModelInputs& inputs);
// Of a function: `stack` has all its inputs.
c10::IValue RunInline(torch::jit::GraphFunction& function, torch::jit::Stack stack);

}  // namespace edgebench::worker
