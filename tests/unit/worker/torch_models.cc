#include "tests/unit/worker/torch_models.h"

#include "agent/worker/torch/fuser_guard.h"

namespace edgebench::worker {
namespace {

// As the worker does when it starts.
const bool kFuserIsOff = (KeepFuserOff(), true);

}  // namespace

torch::jit::Module ScriptedModule(const std::string& source) {
  torch::jit::Module module("Test");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(source + "\n");
  module.eval();
  return module;
}

torch::jit::Module SmallModel() {
  torch::manual_seed(0);
  torch::jit::Module module("Small");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("filter", at::randn({8, 3, 3, 3}), /*is_buffer=*/false);
  module.register_parameter("filter_bias", at::randn({8}), /*is_buffer=*/false);
  module.register_parameter("scale", at::rand({8}) + 0.5, /*is_buffer=*/false);
  module.register_parameter("shift", at::randn({8}), /*is_buffer=*/false);
  module.register_parameter("mean", at::randn({8}), /*is_buffer=*/true);
  module.register_parameter("variance", at::rand({8}) + 0.5, /*is_buffer=*/true);
  module.register_parameter("weight", at::randn({10, 8}), /*is_buffer=*/false);
  module.register_parameter("bias", at::randn({10}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        y = torch.conv2d(x, self.filter, self.filter_bias, [1, 1], [1, 1])
        y = torch.batch_norm(y, self.scale, self.shift, self.mean, self.variance, False, 0.1, 1e-5, True)
        y = torch.mean(torch.relu(y), [2, 3])
        return torch.addmm(self.bias, y, self.weight.t())
  )");
  module.eval();
  return module;
}

void SaveSmallModel(const std::string& path) { SmallModel().save(path); }

}  // namespace edgebench::worker
