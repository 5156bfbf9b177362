#pragma once

namespace edgebench::worker {

// Turns off the fuser that compiles chains of elementwise operators with LLVM.
// In Debian 13's LibTorch 2.6, the first of them built with LLVM, what it compiles
// is wrong: torch.round gives 0, so that all zero points of int8-static became 0;
// and a model then takes seconds to minutes to compile. Debian 12's LibTorch has
// no LLVM and never fused on a CPU, so this changes nothing there, and the same
// graph is measured everywhere. Call before the first graph runs.
void KeepFuserOff();

}  // namespace edgebench::worker
