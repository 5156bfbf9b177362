// What torch.save wrote: a zip file with a pickle of the objects and one record
// for each storage of tensors.

#include <caffe2/serialize/inline_container.h>
#include <caffe2/serialize/read_adapter_interface.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "agent/worker/tensor_files/pickle.h"
#include "agent/worker/torch/tensor_file.h"
#include "agent/worker/torch/tensor_types.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using caffe2::serialize::PyTorchStreamReader;
using tensor_files::Pickle;
using tensor_files::PickleValue;
using Kind = PickleValue::Kind;

class RangeAdapter : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit RangeAdapter(FileRange file) : file_(std::move(file)) {}

  size_t size() const override { return file_.size(); }
  size_t read(uint64_t position, void* to, size_t bytes, const char*) const override {
    return file_.Read(position, to, bytes).ok() ? bytes : 0;
  }

 private:
  FileRange file_;
};

// LibTorch's exceptions pass through.
class Archive {
 public:
  explicit Archive(const FileRange& file) : reader_(std::make_shared<RangeAdapter>(file)) {}

  bool Has(const std::string& record) { return reader_.hasRecord(record); }

  std::string Record(const std::string& name) {
    const auto [data, size] = reader_.getRecord(name);
    return std::string(static_cast<const char*>(data.get()), size);
  }

  // The shape is the pickle's; as_strided checks it against the size of the record.
  at::Tensor Tensor(const PickleValue& value) {
    const at::Tensor bytes = Storage(value.text);
    // A byte above 1 is no bool, and operators may do anything with it.
    const bool is_bool = value.type == "bool";
    const at::ScalarType type = is_bool ? at::kByte : *TypeOf(value.type);
    const auto elements = static_cast<int64_t>(bytes.nbytes() / c10::elementSize(type));
    const at::Tensor storage = at::from_blob(
        bytes.data_ptr(), {elements}, [bytes](void*) {}, at::TensorOptions().dtype(type));
    const at::Tensor tensor = storage.as_strided(value.shape, value.strides, value.offset);
    return is_bool ? tensor.ne(0) : tensor;
  }

 private:
  // Read once, however many tensors share it.
  at::Tensor Storage(const std::string& key) {
    at::Tensor& storage = storages_[key];
    if (storage.defined()) return storage;
    at::DataPtr data;
    size_t size = 0;
    std::tie(data, size) = reader_.getRecord("data/" + key);
    auto owner = std::make_shared<at::DataPtr>(std::move(data));
    void* start = owner->get();
    storage = at::from_blob(
        start, {static_cast<int64_t>(size)}, [owner](void*) {},
        at::TensorOptions().dtype(at::kByte));
    return storage;
  }

  PyTorchStreamReader reader_;
  std::map<std::string, at::Tensor> storages_;  // their bytes
};

// Makes sets of what was saved.
class SetMaker {
 public:
  SetMaker(Archive& archive, std::string label, size_t inputs)
      : archive_(archive), label_(std::move(label)), inputs_(inputs) {}

  absl::StatusOr<std::vector<TensorSet>> Make(const PickleValue& saved) {
    const bool is_sequence = saved.kind == Kind::kList || saved.kind == Kind::kTuple;
    const bool all_tensors =
        std::all_of(saved.items.begin(), saved.items.end(),
                    [](const PickleValue* item) { return item->kind == Kind::kTensor; });
    const bool is_one_set = all_tensors && (saved.kind == Kind::kTuple || inputs_ != 1);
    std::vector<TensorSet> sets;
    if (!is_sequence || is_one_set) {
      EDGEBENCH_ASSIGN_OR_RETURN(sets.emplace_back(), MakeSet(saved, label_));
      return sets;
    }
    for (const PickleValue* item : saved.items) {
      EDGEBENCH_ASSIGN_OR_RETURN(sets.emplace_back(),
                                 MakeSet(*item, absl::StrCat(label_, ": batch ", sets.size())));
    }
    return sets;
  }

 private:
  absl::StatusOr<TensorSet> MakeSet(const PickleValue& value, const std::string& label) {
    TensorSet set{label, value.kind == Kind::kDict, {}};
    switch (value.kind) {
      case Kind::kTensor:
        EDGEBENCH_RETURN_IF_ERROR(Add(value, "", set));
        return set;
      case Kind::kList:
      case Kind::kTuple:
        for (const PickleValue* item : value.items) {
          EDGEBENCH_RETURN_IF_ERROR(Add(*item, "", set));
        }
        return set;
      case Kind::kDict:
        for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
          EDGEBENCH_RETURN_IF_ERROR(Add(*value.items[i + 1], value.items[i]->text, set));
        }
        return set;
      default:
        return Unexpected(label, value);
    }
  }

  absl::Status Add(const PickleValue& value, const std::string& name, TensorSet& set) {
    if (value.kind != Kind::kTensor) {
      return Unexpected(name.empty() ? set.label : absl::StrCat(set.label, ": ", name), value);
    }
    set.tensors.emplace_back(name, archive_.Tensor(value));
    return absl::OkStatus();
  }

  static absl::Status Unexpected(const std::string& label, const PickleValue& value) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, " holds ", tensor_files::KindName(value.kind),
                     " where a tensor was expected: save a tensor, a tuple or dict of tensors, or "
                     "a list of these"));
  }

  Archive& archive_;
  const std::string label_;
  const size_t inputs_;
};

absl::StatusOr<std::vector<TensorSet>> ReadArchive(const FileRange& file, const std::string& label,
                                                   size_t inputs) {
  Archive archive(file);
  if (archive.Has("constants.pkl")) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, " is a TorchScript model and holds no inputs for one"));
  }
  if (archive.Has("byteorder") && archive.Record("byteorder") != "little") {
    return absl::InvalidArgumentError(absl::StrCat(label, " was written on a big-endian machine"));
  }
  const std::string bytes = archive.Record("data.pkl");
  const absl::StatusOr<Pickle> pickle = tensor_files::ParsePickle(bytes);
  if (!pickle.ok()) {
    return absl::Status(pickle.status().code(),
                        absl::StrCat(label, " ", pickle.status().message()));
  }
  return SetMaker(archive, label, inputs).Make(*pickle->root);
}

}  // namespace

absl::StatusOr<std::vector<TensorSet>> ReadTorchFile(const FileRange& file,
                                                     const std::string& label, size_t inputs) {
  return Guarded(absl::StrCat("cannot read the tensors of ", label),
                 absl::StatusCode::kInvalidArgument,
                 [&] { return ReadArchive(file, label, inputs); });
}

}  // namespace edgebench::worker
