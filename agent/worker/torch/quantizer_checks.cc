#include "agent/worker/torch/quantizer_checks.h"

#include <torch/csrc/jit/ir/ir.h>

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

absl::Status AlreadyQuantized(const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the model is quantized already: it holds ", what,
                   ". Quantize the fp32 model it was made from, or benchmark it as it is stored"));
}

bool IsQuantizedOperator(const torch::jit::Node& node) {
  const c10::Symbol kind = node.kind();
  const std::string domain = kind.ns().toUnqualString();
  return domain == "quantized" || kind == c10::Symbol::aten("quantize_per_tensor") ||
         kind == c10::Symbol::aten("quantize_per_channel");
}

absl::Status CheckBlock(const torch::jit::Block& block) {
  for (const torch::jit::Node* node : block.nodes()) {
    if (IsQuantizedOperator(*node)) return AlreadyQuantized(node->kind().toQualString());
    for (const torch::jit::Block* inner : node->blocks()) {
      EDGEBENCH_RETURN_IF_ERROR(CheckBlock(*inner));
    }
  }
  return absl::OkStatus();
}

constexpr int64_t kPartSize = int64_t{16} << 20;

bool IsFinite(const at::Tensor& values) {
  const auto [low, high] = at::aminmax(values);  // NaN anywhere makes both NaN
  return std::isfinite(low.item<double>()) && std::isfinite(high.item<double>());
}

absl::Status CheckTensor(const std::string& name, const at::Tensor& tensor,
                         const std::function<void()>& on_part_read) {
  if (!tensor.defined() || tensor.numel() == 0) return absl::OkStatus();
  if (tensor.is_quantized()) return AlreadyQuantized(absl::StrCat("the quantized tensor ", name));
  if (!tensor.is_floating_point()) return absl::OkStatus();
  for (const at::Tensor& part : tensor.flatten().split(kPartSize)) {
    if (!IsFinite(part)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the model's tensor ", name, " holds NaN or infinity; no scale fits it"));
    }
    if (on_part_read && part.numel() == kPartSize) on_part_read();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckQuantizable(const torch::jit::Module& module,
                              const std::function<void()>& on_part_read) {
  if (!module.find_method("forward")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model ", module.type()->name()->name(), " has no method forward"));
  }
  for (const torch::jit::Module& part : module.modules()) {
    for (const torch::jit::Method& method : part.get_methods()) {
      EDGEBENCH_RETURN_IF_ERROR(CheckBlock(*method.graph()->block()));
    }
  }
  for (const auto& named : module.named_attributes()) {
    if (named.value.isTensor()) {
      EDGEBENCH_RETURN_IF_ERROR(CheckTensor(named.name, named.value.toTensor(), on_part_read));
    }
  }
  return absl::OkStatus();
}

}  // namespace edgebench::worker
