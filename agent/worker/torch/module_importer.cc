#include "agent/worker/torch/module_importer.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import_read.h>
#include <torch/csrc/jit/serialization/import_source.h>
#include <torch/csrc/jit/serialization/storage_context.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace edgebench::worker {
namespace {

using caffe2::serialize::PyTorchStreamReader;

// Elements from the start of the storage to the last one that the tensor has.
// Sizes and strides are those of a file, so they may be anything.
bool LiesInItsStorage(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) return true;
  int64_t last = tensor.storage_offset();
  bool overflows = last < 0;
  for (int64_t dimension = 0; dimension < tensor.dim(); ++dimension) {
    int64_t reach = 0;
    overflows |= tensor.size(dimension) < 0 || tensor.stride(dimension) < 0;
    overflows |=
        __builtin_mul_overflow(tensor.size(dimension) - 1, tensor.stride(dimension), &reach);
    overflows |= __builtin_add_overflow(last, reach, &last);
  }
  const auto elements = static_cast<int64_t>(tensor.storage().nbytes() / tensor.itemsize());
  return !overflows && last < elements;
}

// Of all tensors but those in objects, which were checked when they were made.
void CheckTensors(const c10::IValue& value) {
  value.visit([](const c10::IValue& part) {
    TORCH_CHECK(!part.isTensor() || LiesInItsStorage(part.toTensor()),
                "a tensor reaches beyond its record");
    return part.isObject();
  });
}

void CheckIsComplete(const c10::ivalue::Object& object) {
  const auto type = object.type();
  for (size_t i = 0; i < type->numAttributes(); ++i) {
    const c10::TypeKind kind = type->getAttribute(i)->kind();
    const bool may_be_none = kind == c10::TypeKind::OptionalType || kind == c10::TypeKind::NoneType;
    TORCH_CHECK(may_be_none || !object.getSlot(i).isNone(), "__setstate__ of ", type->repr_str(),
                " leaves ", type->getAttributeName(i), " without a value");
  }
}

class Importer {
 public:
  explicit Importer(PyTorchStreamReader& archive)
      : archive_(archive),
        sources_(
            unit_, &constants_, [this](const std::string& name) { return FindSource(name); },
            archive.version()) {}

  // Code refers to constants by their place, so they come first.
  torch::jit::Module Import(const StoragesOf& storages_of) {
    const c10::IValue constants = Read("constants", storages_of);
    CheckTensors(constants);
    for (const c10::IValue& constant : constants.toTuple()->elements()) {
      constants_.push_back(constant);
    }
    return torch::jit::Module(Read("data", storages_of).toObject());
  }

 private:
  // "__torch__.net.Net" is in code/__torch__/net/Net.py; null when it is not there.
  std::shared_ptr<torch::jit::Source> FindSource(const std::string& name) {
    std::string path = "code/" + name + ".py";
    std::replace(path.begin(), path.end() - 3, '.', '/');
    if (!archive_.hasRecord(path)) return nullptr;
    const auto [data, size] = archive_.getRecord(path);
    return std::make_shared<torch::jit::Source>(
        std::string(static_cast<const char*>(data.get()), size), path, 1);
  }

  c10::IValue Read(const std::string& name, const StoragesOf& storages_of) {
    return torch::jit::readArchiveAndTensors(
        name, /*pickle_prefix=*/"", /*tensor_prefix=*/"",
        [this](const c10::QualifiedName& type) {
          return c10::StrongTypePtr(unit_, sources_.loadType(type));
        },
        [this](const c10::StrongTypePtr& type, c10::IValue state) {
          return MakeObject(type, std::move(state));
        },
        at::Device(at::kCPU), archive_, torch::jit::Unpickler::defaultTypeParser,
        storages_of(name));
  }

  c10::intrusive_ptr<c10::ivalue::Object> MakeObject(const c10::StrongTypePtr& type,
                                                     c10::IValue state) {
    CheckTensors(state);
    const auto class_type = type.type_->expect<c10::ClassType>();
    const size_t attributes = class_type->numAttributes();
    auto object = c10::ivalue::Object::create(type, attributes);
    if (class_type->findMethod("__getstate__") && class_type->findMethod("__setstate__")) {
      // Optimized code would be specialized for the object as it is not yet.
      const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
      class_type->getMethod("__setstate__")({object, std::move(state)});
      CheckIsComplete(*object);
      return object;
    }
    const auto values = std::move(state).toGenericDict();
    for (size_t i = 0; i < attributes; ++i) {
      object->setSlot(i, values.at(class_type->getAttributeName(i)));
    }
    return object;
  }

  PyTorchStreamReader& archive_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::vector<c10::IValue> constants_;
  torch::jit::SourceImporter sources_;
};

}  // namespace

torch::jit::Module ImportModule(PyTorchStreamReader& archive, const StoragesOf& storages_of) {
  return Importer(archive).Import(storages_of);
}

bool CanImport(PyTorchStreamReader& archive) {
  // Without types of lists and dictionaries in the pickle, or without a pickle.
  return archive.version() > 2 && !archive.hasRecord("model.json");
}

}  // namespace edgebench::worker
