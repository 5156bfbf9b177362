#include "agent/worker/torch/outputs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/inline_forks.h"
#include "agent/worker/torch/tensor_types.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

absl::Status Append(const c10::IValue& value, std::vector<at::Tensor>& tensors);

template <typename Values>
absl::Status AppendAll(const Values& values, std::vector<at::Tensor>& tensors) {
  for (const c10::IValue& value : values) EDGEBENCH_RETURN_IF_ERROR(Append(value, tensors));
  return absl::OkStatus();
}

absl::Status Append(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isNone()) return absl::OkStatus();
  if (value.isTensor()) {
    tensors.push_back(value.toTensor());
    return absl::OkStatus();
  }
  if (value.isScalar()) {
    tensors.push_back(at::scalar_tensor(value.toScalar(), value.toScalar().type()));
    return absl::OkStatus();
  }
  if (value.isTuple()) return AppendAll(value.toTupleRef().elements(), tensors);
  if (value.isList()) return AppendAll(value.toListRef(), tensors);
  if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      EDGEBENCH_RETURN_IF_ERROR(Append(entry.value(), tensors));
    }
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the model returns a ", value.type()->repr_str(),
                   "; an output may be a tensor, or a tuple, list or dict of tensors"));
}

absl::StatusOr<std::vector<at::Tensor>> Infer(torch::jit::Module& module, const ModelInputs& inputs,
                                              const std::string& what, absl::StatusCode otherwise) {
  return Guarded(what, otherwise, [&]() -> absl::StatusOr<std::vector<at::Tensor>> {
    const c10::InferenceMode no_gradients;
    return FlattenOutputs(ForwardInline(module, inputs));
  });
}

}  // namespace

absl::StatusOr<std::vector<at::Tensor>> FlattenOutputs(const c10::IValue& output) {
  std::vector<at::Tensor> tensors;
  EDGEBENCH_RETURN_IF_ERROR(Append(output, tensors));
  return tensors;
}

ModelInputs CopyInputs(const ModelInputs& inputs) {
  ModelInputs copies;
  copies.reserve(inputs.size());
  for (const c10::IValue& input : inputs) copies.emplace_back(input.toTensor().clone());
  return copies;
}

bool SameInputs(const ModelInputs& a, const ModelInputs& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const c10::IValue& left, const c10::IValue& right) {
                      return left.toTensor().equal(right.toTensor());
                    });
}

absl::StatusOr<std::vector<at::Tensor>> RunModule(torch::jit::Module& module,
                                                  const ModelInputs& inputs) {
  return Infer(module, inputs, "the model cannot run on its inputs",
               absl::StatusCode::kInvalidArgument);
}

absl::StatusOr<std::vector<at::Tensor>> RunQuantized(torch::jit::Module& module,
                                                     const ModelInputs& inputs,
                                                     const std::string& engine) {
  return Infer(module, inputs, absl::StrCat("the quantized model cannot run on ", engine),
               absl::StatusCode::kUnimplemented);
}

std::string DescribeTensor(const at::Tensor& tensor) {
  return absl::StrCat(TypeName(tensor.scalar_type()), "[", absl::StrJoin(tensor.sizes().vec(), ","),
                      "]");
}

}  // namespace edgebench::worker
