#include "agent/worker/zoo/module_builder.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/worker/zoo/random_weights.h"

namespace edgebench::worker::zoo {
namespace {

struct Attribute {
  std::string name;
  c10::TypePtr type;
  c10::IValue value;
  bool is_parameter = false;
  bool is_buffer = false;
};

// Elements that feed one output: all dimensions but the first.
int64_t FanIn(const std::vector<int64_t>& shape) {
  int64_t fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
  return fan_in;
}

// A multiple of two, see FillUniform.
constexpr int64_t kValuesPerTask = 1 << 16;

at::Tensor Uniform(const TensorSlot& slot, uint64_t stream) {
  at::Tensor tensor = at::empty(slot.shape);
  const float bound = UniformBound(slot.gain, FanIn(slot.shape));
  float* const data = tensor.data_ptr<float>();
  const int64_t tasks = (tensor.numel() + kValuesPerTask - 1) / kValuesPerTask;
  at::parallel_for(0, tasks, 1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kValuesPerTask;
    FillUniform(stream, bound, data, first, std::min(end * kValuesPerTask, tensor.numel()));
  });
  return tensor;
}

at::Tensor MakeTensor(const TensorSlot& slot, uint64_t stream) {
  switch (slot.fill) {
    case Fill::kZeros:
      return at::zeros(slot.shape);
    case Fill::kOnes:
      return at::ones(slot.shape);
    case Fill::kCounter:
      return at::zeros(slot.shape, at::kLong);
    case Fill::kUniform:
      return Uniform(slot, stream);
    case Fill::kAbsent:
      break;
  }
  return at::Tensor();
}

class Builder {
 public:
  explicit Builder(const TensorSource& tensors) : tensors_(tensors) {}

  torch::jit::Module Build(const Layer& layer, const std::string& path) {
    const std::vector<Attribute> attributes = Attributes(layer, path);
    const c10::ClassTypePtr type = TypeOf(layer, attributes);
    auto object = c10::ivalue::Object::create(c10::StrongTypePtr(unit_, type), attributes.size());
    for (size_t i = 0; i < attributes.size(); ++i) object->setSlot(i, attributes[i].value);
    return torch::jit::Module(std::move(object));
  }

 private:
  std::vector<Attribute> Attributes(const Layer& layer, const std::string& path) {
    std::vector<Attribute> attributes = {{"training", c10::BoolType::get(), false}};
    for (const TensorSlot& slot : layer.tensors) {
      if (slot.fill == Fill::kAbsent) {
        // Optional, for FoldConvBatchNorm gives a convolution the bias it lacks.
        attributes.push_back({slot.name, c10::OptionalType::ofTensor(), c10::IValue(), true});
        continue;
      }
      attributes.push_back({slot.name, c10::TensorType::get(), tensors_(path + slot.name, slot),
                            slot.is_parameter, !slot.is_parameter});
    }
    for (const auto& [name, value] : layer.settings) {
      attributes.push_back({name, c10::FloatType::get(), value});
    }
    for (const auto& [name, child] : layer.children) {
      const torch::jit::Module module = Build(child, absl::StrCat(path, name, "."));
      attributes.push_back({name, module.type(), module._ivalue()});
    }
    return attributes;
  }

  // The type for these attributes and this forward, made once.
  c10::ClassTypePtr TypeOf(const Layer& layer, const std::vector<Attribute>& attributes) {
    std::string key = absl::StrCat(layer.type, "\n", layer.forward);
    for (const Attribute& attribute : attributes) {
      absl::StrAppend(&key, "\n", attribute.name, ": ", attribute.type->annotation_str());
    }
    c10::ClassTypePtr& type = types_[key];
    if (!type) type = MakeType(layer, attributes);
    return type;
  }

  c10::ClassTypePtr MakeType(const Layer& layer, const std::vector<Attribute>& attributes) {
    c10::QualifiedName name("__torch__." + layer.type);
    if (unit_->get_type(name)) name = unit_->mangle(name);
    auto type = c10::ClassType::create(name, unit_, /*is_module=*/true);
    for (const Attribute& attribute : attributes) {
      type->addAttribute(attribute.name, attribute.type, attribute.is_parameter,
                         attribute.is_buffer);
    }
    unit_->register_type(type);
    torch::jit::Module(unit_, type).define(layer.forward);
    return type;
  }

  const TensorSource& tensors_;
  const std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::unordered_map<std::string, c10::ClassTypePtr> types_;
};

}  // namespace

TensorSource RandomWeights(int64_t seed) {
  return [seed](const std::string& name, const TensorSlot& slot) {
    return MakeTensor(slot, StreamFor(seed, name));
  };
}

torch::jit::Module BuildModule(const Layer& layer, const TensorSource& tensors) {
  return Builder(tensors).Build(layer, "");
}

}  // namespace edgebench::worker::zoo
