#include "agent/worker/tensor_files/checkpoint.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/worker/files/file_range.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::tensor_files {
namespace {

using worker::FileMapping;

absl::StatusOr<std::vector<CheckpointTensor>> ReadSafetensors(const std::string& path,
                                                              const FileMapping& file) {
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange range, FileRange::Open(path));
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<StoredTensor> stored, ReadSafetensorsHeader(range));
  std::vector<CheckpointTensor> tensors;
  for (StoredTensor& one : stored) {
    if (one.content.begin() + one.content.size() > file.size())
      return absl::InvalidArgumentError("became shorter while it was read");
    std::vector<int64_t> strides = ContiguousStrides(one.shape);
    tensors.push_back({std::move(one.name), std::move(one.type), std::move(one.shape),
                       std::move(strides), file.data() + one.content.begin()});
  }
  return tensors;
}

absl::Status UnknownFormat(absl::string_view start) {
  // A protocol, and the number that torch.save began its files with before PyTorch 1.6.
  if (absl::StartsWith(start, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")) {
    return absl::InvalidArgumentError(
        "was written in the format that PyTorch had before version 1.6; write it anew with "
        "torch.save(torch.load(OLD, map_location='cpu'), NEW)");
  }
  if (absl::StartsWith(start, "\x80")) {
    return absl::InvalidArgumentError(
        "is a bare pickle: write it with torch.save of PyTorch 1.6 or newer, in its default, "
        "_use_new_zipfile_serialization=True");
  }
  return absl::InvalidArgumentError(
      "holds no weights: expected a state dict by torch.save (.pt, .pth) or a .safetensors file");
}

absl::StatusOr<std::vector<CheckpointTensor>> ReadTensors(const std::string& path,
                                                          const FileMapping& file) {
  const absl::string_view start(reinterpret_cast<const char*>(file.data()),
                                std::min<uint64_t>(file.size(), kTensorSignatureBytes));
  if (absl::StartsWith(start, "PK\x03\x04")) return ReadTorchCheckpoint(file);
  if (IsSafetensors(start)) return ReadSafetensors(path, file);
  return UnknownFormat(start);
}

absl::Status CheckNames(const std::vector<CheckpointTensor>& sorted) {
  if (sorted.empty()) return absl::InvalidArgumentError("holds no tensors");
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].name != sorted[i - 1].name) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("has the tensor ", ValidUtf8(sorted[i].name), " twice"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<int64_t> ContiguousStrides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

bool IsContiguous(const CheckpointTensor& tensor) {
  const std::vector<int64_t> expected = ContiguousStrides(tensor.shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected[i]) return false;
  }
  return true;
}

absl::StatusOr<Checkpoint> Checkpoint::Open(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(std::shared_ptr<const FileMapping> file, FileMapping::Open(path));
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<CheckpointTensor> tensors, ReadTensors(path, *file));
  std::sort(tensors.begin(), tensors.end(),
            [](const CheckpointTensor& a, const CheckpointTensor& b) { return a.name < b.name; });
  EDGEBENCH_RETURN_IF_ERROR(CheckNames(tensors));
  return Checkpoint(std::move(file), std::move(tensors));
}

}  // namespace edgebench::tensor_files
