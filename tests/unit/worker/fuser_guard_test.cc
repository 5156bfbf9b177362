#include "agent/worker/torch/fuser_guard.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

// The first call is profiled, the second is what the fuser would have compiled:
// with LLVM, LibTorch 2.6 of Debian 13 then rounds to 0.
TEST(FuserGuard, RoundingGivesTheSameAtEveryCall) {
  const at::NoGradGuard no_grad;
  torch::jit::Module module = ModuleOf(R"(
def forward(self, x):
    return torch.clamp(torch.round(-x / 0.1), 0, 255)
)",
                                       at::zeros({1}), at::zeros({1}));
  const at::Tensor x = at::tensor({-5.0F, -0.32F, 1.0F});
  const at::Tensor expected = at::tensor({50.0F, 3.0F, 0.0F});
  for (int call = 1; call <= 4; ++call) {
    EXPECT_TRUE(module.forward({x}).toTensor().equal(expected)) << "call " << call;
  }
}

}  // namespace
}  // namespace edgebench::worker
