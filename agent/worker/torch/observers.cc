#include "agent/worker/torch/observers.h"

#include <memory>

#include "absl/strings/str_format.h"

namespace edgebench::worker {
namespace {

// The smallest scale: float's epsilon, as in PyTorch. A tensor of zeros has it.
constexpr char kEpsilon[] = "1.1920928955078125e-07";

// LibTorch's passes know a dynamic observer by this part of its name.
constexpr char kNamespace[] = "__torch__.edgebench.";

torch::jit::Module NewObserver(const std::string& name, c10::ScalarType type, c10::QScheme scheme) {
  torch::jit::Module observer(c10::QualifiedName(kNamespace + name),
                              std::make_shared<torch::jit::CompilationUnit>());
  observer.register_attribute("training", c10::BoolType::get(), false);
  observer.register_attribute("dtype", c10::IntType::get(), static_cast<int64_t>(type));
  observer.register_attribute("qscheme", c10::QSchemeType::get(), static_cast<int64_t>(scheme));
  return observer;
}

// Weights stay the same, so one look is enough however many batches calibrate.
void DefineWeightObserver(torch::jit::Module& observer, const std::string& ranges) {
  observer.register_buffer("max_abs", at::empty({0}));
  observer.define(absl::StrFormat(R"(
def forward(self, x: Tensor) -> Tensor:
    if self.max_abs.numel() == 0:
        low, high = %s
        self.max_abs = torch.max(-low, high)
    return x
)",
                                  ranges));
  observer.define(absl::StrFormat(R"(
def calculate_qparams(self) -> Tuple[Tensor, Tensor]:
    scale = torch.clamp(self.max_abs / 127., %s)
    return scale, torch.zeros_like(scale).long()
)",
                                  kEpsilon));
}

}  // namespace

std::vector<std::string> ActivationObserverNames() { return {"min-max"}; }

torch::jit::Module MinMaxObserver(bool reduce_range) {
  torch::jit::Module observer = NewObserver("MinMaxObserver", c10::kQUInt8, c10::kPerTensorAffine);
  // Zero must be exact (padding, ReLU), so the range starts as [0, 0].
  observer.register_buffer("min_val", at::zeros({}));
  observer.register_buffer("max_val", at::zeros({}));
  observer.define(R"(
def forward(self, x: Tensor) -> Tensor:
    if x.numel() > 0:
        low, high = torch.aminmax(x)
        self.min_val = torch.min(self.min_val, low)
        self.max_val = torch.max(self.max_val, high)
    return x
)");
  observer.define(absl::StrFormat(R"(
def calculate_qparams(self) -> Tuple[Tensor, Tensor]:
    scale = torch.clamp((self.max_val - self.min_val) / %1$d., %2$s)
    zero_point = torch.clamp(torch.round(-self.min_val / scale), 0, %1$d)
    return scale.reshape([1]), zero_point.reshape([1]).long()
)",
                                  reduce_range ? 127 : 255, kEpsilon));
  return observer;
}

torch::jit::Module PerChannelWeightObserver() {
  torch::jit::Module observer =
      NewObserver("PerChannelWeightObserver", c10::kQInt8, c10::kPerChannelSymmetric);
  observer.register_attribute("ch_axis", c10::IntType::get(), int64_t{0});
  DefineWeightObserver(observer, "torch.aminmax(x.flatten(1), dim=1)");
  return observer;
}

torch::jit::Module PerTensorWeightObserver() {
  torch::jit::Module observer =
      NewObserver("PerTensorWeightObserver", c10::kQInt8, c10::kPerTensorSymmetric);
  DefineWeightObserver(observer, "torch.aminmax(x.reshape([1, -1]), dim=1)");
  return observer;
}

torch::jit::Module DynamicActivationObserver() {
  torch::jit::Module observer =
      NewObserver("PlaceholderObserver", c10::kFloat, c10::kPerTensorAffine);
  observer.register_attribute("compute_dtype", c10::IntType::get(),
                              static_cast<int64_t>(c10::kQUInt8));
  observer.define(R"(
def forward(self, x: Tensor) -> Tensor:
    return x
)");
  // Never asked: the scale is computed at run time.
  observer.define(R"(
def calculate_qparams(self) -> Tuple[Tensor, Tensor]:
    return torch.ones([1]), torch.zeros([1]).long()
)");
  return observer;
}

}  // namespace edgebench::worker
