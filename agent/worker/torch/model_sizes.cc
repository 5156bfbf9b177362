#include "agent/worker/torch/model_sizes.h"

#include <malloc.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "agent/worker/torch/operator_names.h"
#include "agent/worker/torch/quantization/graph.h"

namespace edgebench::worker {
namespace {

std::string NameOfType(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "fp32";
    case at::kDouble:
      return "fp64";
    case at::kHalf:
      return "fp16";
    case at::kBFloat16:
      return "bf16";
    case at::kChar:
    case at::kQInt8:
    case at::kByte:
    case at::kQUInt8:
      return "int8";
    case at::kShort:
      return "int16";
    case at::kInt:
    case at::kQInt32:
      return "int32";
    case at::kLong:
      return "int64";
    default:
      return c10::toString(type);
  }
}

// What __getstate__ makes of packed weights, which is how they are stored; None where the
// object has no such method.
c10::IValue Unpacked(const c10::IValue& object) {
  torch::jit::Function* get_state =
      object.type()->expect<c10::ClassType>()->findMethod("__getstate__");
  return get_state == nullptr ? c10::IValue() : (*get_state)({object});
}

// Strides and paddings, beside the weights of a packed convolution.
bool HoldsSettings(const at::Tensor& tensor) { return tensor.scalar_type() == at::kShort; }

void CollectTensors(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor() && value.toTensor().defined() && !HoldsSettings(value.toTensor()))
    tensors.push_back(value.toTensor());
  if (value.isTuple()) {
    for (const c10::IValue& part : value.toTupleRef().elements()) CollectTensors(part, tensors);
  } else if (value.isList()) {
    for (const c10::IValue& part : value.toListRef()) CollectTensors(part, tensors);
  } else if (value.isObject() && value.isCustomClass()) {
    CollectTensors(Unpacked(value), tensors);
  }
}

class Tally {
 public:
  void Add(const c10::IValue& value) {
    if (value.isTensor()) return AddTensor(value.toTensor());
    if (value.isTuple()) return AddAll(value.toTupleRef().elements());
    if (value.isList()) return AddAll(value.toListRef());
    if (value.isObject()) AddObject(value);
  }

  v1::ModelSizes Sizes() const {
    v1::ModelSizes sizes;
    for (const auto& [precision, count] : counts_) {
      v1::ModelSizes::Part& part = *sizes.add_parts();
      part.set_precision(precision);
      part.set_elements(count.first);
      part.set_bytes(count.second);
    }
    return sizes;
  }

 private:
  template <typename Values>
  void AddAll(const Values& values) {
    for (const c10::IValue& value : values) Add(value);
  }

  void AddTensor(const at::Tensor& tensor) {
    if (!tensor.defined() || tensor.numel() == 0) return;
    if (unpacking_ && HoldsSettings(tensor)) return;
    // What was unpacked for this moment shares its place with what is unpacked next.
    const bool is_new = seen_.emplace(tensor.storage().data(), tensor.storage_offset()).second;
    if (!is_new && !unpacking_) return;
    auto& [elements, bytes] = counts_[NameOfType(tensor.scalar_type())];
    elements += tensor.numel();
    bytes += tensor.numel() * static_cast<int64_t>(tensor.element_size());
  }

  void AddObject(const c10::IValue& object) {
    const void* key = KeyOf(object);
    if (key == nullptr || (!unpacking_ && !seen_.emplace(key, 0).second)) return;
    const bool was_unpacking = std::exchange(unpacking_, true);
    Add(Unpacked(object));
    unpacking_ = was_unpacking;
  }

  std::map<std::string, std::pair<int64_t, int64_t>> counts_;
  std::set<std::pair<const void*, int64_t>> seen_;
  bool unpacking_ = false;
};

}  // namespace

v1::ModelSizes SizesOf(const torch::jit::Module& module) {
  Tally tally;
  for (const auto& attribute : module.named_attributes(/*recurse=*/true)) {
    tally.Add(attribute.value);
  }
  ForEachNode(*module.get_method("forward").graph()->block(), [&](torch::jit::Node& node) {
    for (const torch::jit::Value* output : node.outputs()) {
      if (const auto constant = ConstantOf(output)) tally.Add(*constant);
    }
  });
  return tally.Sizes();
}

std::vector<at::Tensor> UnpackedWeights(const c10::IValue& packed) {
  const bool holds_objects = packed.isObject() || (packed.isList() && !packed.isTensorList());
  std::vector<at::Tensor> tensors;
  if (holds_objects) CollectTensors(packed, tensors);
  return tensors;
}

std::optional<int64_t> HeapInUse() {
#if defined(__GLIBC__)
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
#else
  return std::nullopt;
#endif
}

}  // namespace edgebench::worker
