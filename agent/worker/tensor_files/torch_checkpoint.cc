// What torch.save wrote: a zip file of one folder, with a pickle of the objects in
// data.pkl and the elements of each storage in data/KEY.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "agent/worker/files/zip_directory.h"
#include "agent/worker/tensor_files/checkpoint.h"
#include "agent/worker/tensor_files/pickle.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::tensor_files {
namespace {

using worker::FileMapping;
using worker::ZipRecord;
using Kind = PickleValue::Kind;

constexpr absl::string_view kPickle = "/data.pkl";
// A pickle has some hundred bytes for each tensor.
constexpr uint64_t kMaxPickleBytes = 32 << 20;

// Keys that training scripts put a state dict under, and how deep.
constexpr absl::string_view kWrappers[] = {"state_dict", "model_state_dict", "model"};
constexpr int kMaxWrappers = 3;

// Of keys that an error lists.
constexpr size_t kListedKeys = 10;
constexpr size_t kShownBytes = 100;

std::string Shown(absl::string_view name) { return ValidUtf8(name.substr(0, kShownBytes)); }

// The records of the archive's one folder, by their names in it.
class Archive {
 public:
  static absl::StatusOr<Archive> Open(const FileMapping& file) {
    auto records = worker::ReadZipDirectory(file.data(), file.size());
    if (!records.has_value())
      return absl::InvalidArgumentError("is a damaged zip file, or one that is cut short");
    EDGEBENCH_RETURN_IF_ERROR(CheckApart(*records));
    Archive archive(file);
    const std::string root = RootOf(*records);
    for (ZipRecord& record : *records) {
      if (!absl::StartsWith(record.name, root)) continue;
      std::string name = record.name.substr(root.size());
      if (!archive.records_.emplace(name, std::move(record)).second)
        return absl::InvalidArgumentError(absl::StrCat("has the record ", Shown(name), " twice"));
    }
    return archive;
  }

  bool Has(const std::string& name) const { return records_.count(name) > 0; }

  // INVALID_ARGUMENT when it is not there, or not stored as it is.
  absl::StatusOr<absl::string_view> Record(const std::string& name) const {
    const auto found = records_.find(name);
    if (found == records_.end())
      return absl::InvalidArgumentError(absl::StrCat("lacks its record ", Shown(name)));
    const ZipRecord& record = found->second;
    if (!record.stored) {
      return absl::InvalidArgumentError(
          absl::StrCat("has its record ", Shown(name),
                       " compressed or encrypted, which torch.save never does: write the file anew "
                       "with torch.save"));
    }
    return absl::string_view(reinterpret_cast<const char*>(file_.data()) + record.offset,
                             record.size);
  }

 private:
  explicit Archive(const FileMapping& file) : file_(file) {}

  // "archive/" where there is archive/data.pkl.
  static std::string RootOf(const std::vector<ZipRecord>& records) {
    for (const ZipRecord& record : records) {
      if (!absl::EndsWith(record.name, kPickle)) continue;
      const size_t slash = record.name.find('/');
      if (slash + kPickle.size() == record.name.size()) return record.name.substr(0, slash + 1);
    }
    return "";
  }

  static absl::Status CheckApart(const std::vector<ZipRecord>& records) {
    std::vector<const ZipRecord*> sorted;
    for (const ZipRecord& record : records) {
      if (record.stored && record.size > 0) sorted.push_back(&record);
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const ZipRecord* a, const ZipRecord* b) { return a->offset < b->offset; });
    for (size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i]->offset >= sorted[i - 1]->offset + sorted[i - 1]->size) continue;
      return absl::InvalidArgumentError(absl::StrCat("is a damaged zip file: its records ",
                                                     Shown(sorted[i - 1]->name), " and ",
                                                     Shown(sorted[i]->name), " overlap"));
    }
    return absl::OkStatus();
  }

  const FileMapping& file_;
  std::map<std::string, ZipRecord> records_;
};

absl::Status CheckIsCheckpoint(const Archive& archive) {
  if (archive.Has("constants.pkl")) {
    return absl::InvalidArgumentError(
        "is a TorchScript model, not weights for one: give it in place of the model, or save "
        "weights with torch.save(model.state_dict(), FILE)");
  }
  if (!archive.Has("data.pkl"))
    return absl::InvalidArgumentError("is a zip file, but none that torch.save wrote");
  if (!archive.Has("byteorder")) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view order, archive.Record("byteorder"));
  if (order == "little") return absl::OkStatus();
  return absl::InvalidArgumentError("was written on a big-endian machine");
}

absl::StatusOr<Pickle> ReadPickle(const Archive& archive) {
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view bytes, archive.Record("data.pkl"));
  if (bytes.size() > kMaxPickleBytes) {
    return absl::InvalidArgumentError(absl::StrCat("has a pickle of ", bytes.size(),
                                                   " bytes, at most ", FormatBytes(kMaxPickleBytes),
                                                   " are read: save the state dict only"));
  }
  absl::StatusOr<Pickle> pickle = ParsePickle(bytes);
  if (pickle.ok() || !absl::StrContains(pickle.status().message(), "Python object")) return pickle;
  return absl::InvalidArgumentError(absl::StrCat(pickle.status().message(),
                                                 "; nothing in a file is run: save weights with "
                                                 "torch.save(model.state_dict(), FILE)"));
}

bool HoldsTensors(const PickleValue& dict) {
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    if (dict.items[i]->kind == Kind::kTensor) return true;
  }
  return false;
}

const PickleValue* Find(const PickleValue& dict, absl::string_view key) {
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const bool is_dict = dict.items[i + 1]->kind == Kind::kDict;
    if (is_dict && dict.items[i]->kind == Kind::kText && dict.items[i]->text == key)
      return dict.items[i + 1];
  }
  return nullptr;
}

// The dict of tensors in, or under a wrapper in, this one; null where there is none. What
// is wrapped comes first: an accuracy beside it may be a tensor as well.
const PickleValue* FindStateDict(const PickleValue& dict, int wrappers) {
  for (const absl::string_view key : kWrappers) {
    const PickleValue* inner = wrappers > 0 ? Find(dict, key) : nullptr;
    if (inner == nullptr) continue;
    if (const PickleValue* found = FindStateDict(*inner, wrappers - 1)) return found;
  }
  return HoldsTensors(dict) ? &dict : nullptr;
}

absl::Status NoStateDict(const PickleValue& root) {
  const std::string expected =
      "expected a state dict, or a dict with one under state_dict, model or model_state_dict";
  if (root.kind != Kind::kDict) {
    return absl::InvalidArgumentError(absl::StrCat("holds ", KindName(root.kind), ": ", expected));
  }
  std::vector<std::string> keys;
  for (size_t i = 0; i < root.items.size() && keys.size() < kListedKeys; i += 2) {
    if (root.items[i]->kind == Kind::kText) keys.push_back(Shown(root.items[i]->text));
  }
  return absl::InvalidArgumentError(absl::StrCat("holds a dict without tensors: ", expected,
                                                 keys.empty() ? "" : "; it has ",
                                                 absl::StrJoin(keys, ", ")));
}

// Elements from the first of the storage to the last one that the tensor has, plus one;
// nullopt where this cannot be counted.
std::optional<uint64_t> Reach(const PickleValue& tensor) {
  int64_t last = tensor.offset;
  if (last < 0) return std::nullopt;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    int64_t span = 0;
    if (tensor.strides[i] < 0 || tensor.shape[i] < 1 ||
        __builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &span) ||
        __builtin_add_overflow(last, span, &last)) {
      return std::nullopt;
    }
  }
  return static_cast<uint64_t>(last) + 1;
}

absl::Status CheckBounds(absl::string_view name, size_t tensors) {
  if (name.size() > kMaxTensorNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("has a tensor whose name has ", name.size(),
                                                   " bytes, at most ", kMaxTensorNameBytes,
                                                   " are read"));
  }
  if (tensors < kMaxTensors) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("has more than ", kMaxTensors, " tensors"));
}

absl::StatusOr<CheckpointTensor> Locate(const std::string& name, const PickleValue& value,
                                        const Archive& archive) {
  EDGEBENCH_ASSIGN_OR_RETURN(const absl::string_view storage,
                             archive.Record(absl::StrCat("data/", value.text)));
  const absl::StatusOr<uint64_t> bytes = BytesOf(value.type, value.shape);
  const std::string label = absl::StrCat("has a damaged tensor ", Shown(name), ": ");
  if (!bytes.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(label, "it ", bytes.status().message()));
  }
  const auto* data = reinterpret_cast<const uint8_t*>(storage.data());
  CheckpointTensor tensor{name, value.type, value.shape, value.strides, data};
  if (*bytes == 0) {
    tensor.strides = ContiguousStrides(tensor.shape);
    return tensor;
  }
  const auto element = static_cast<uint64_t>(ElementBytes(value.type));
  const std::optional<uint64_t> reach = Reach(value);
  if (!reach.has_value() || *reach > storage.size() / element) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, "by its shape, strides and offset it reaches beyond the ",
                     storage.size(), " bytes of its record ", Shown(value.text)));
  }
  tensor.data += static_cast<uint64_t>(value.offset) * element;
  return tensor;
}

}  // namespace

absl::StatusOr<std::vector<CheckpointTensor>> ReadTorchCheckpoint(const FileMapping& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Archive archive, Archive::Open(file));
  EDGEBENCH_RETURN_IF_ERROR(CheckIsCheckpoint(archive));
  EDGEBENCH_ASSIGN_OR_RETURN(const Pickle pickle, ReadPickle(archive));
  const PickleValue& root = *pickle.root;
  const PickleValue* const found =
      root.kind == Kind::kDict ? FindStateDict(root, kMaxWrappers) : nullptr;
  if (found == nullptr) return NoStateDict(root);
  std::vector<CheckpointTensor> tensors;
  for (size_t i = 0; i + 1 < found->items.size(); i += 2) {
    const PickleValue& key = *found->items[i];
    const PickleValue& value = *found->items[i + 1];
    if (value.kind != Kind::kTensor || key.kind != Kind::kText) continue;
    EDGEBENCH_RETURN_IF_ERROR(CheckBounds(key.text, tensors.size()));
    EDGEBENCH_ASSIGN_OR_RETURN(tensors.emplace_back(), Locate(key.text, value, archive));
  }
  return tensors;
}

}  // namespace edgebench::tensor_files
