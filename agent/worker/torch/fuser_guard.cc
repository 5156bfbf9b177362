#include "agent/worker/torch/fuser_guard.h"

#include <torch/csrc/jit/passes/tensorexpr_fuser.h>

namespace edgebench::worker {

void KeepFuserOff() { torch::jit::setTensorExprFuserEnabled(false); }

}  // namespace edgebench::worker
