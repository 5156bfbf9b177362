#include "agent/worker/torch/tensor_file.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/images/decode.h"
#include "agent/worker/torch/tensor_types.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using tensor_files::StoredTensor;

absl::Status Labelled(const std::string& label, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(label, " ", status.message()));
}

absl::Status UnknownFormat(const std::string& label, absl::string_view start) {
  if (images::FormatOf(start) != images::Format::kUnknown) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, " is a single image: give the folder that it lies in"));
  }
  if (absl::StartsWith(start, "\x80\x02")) {
    return absl::InvalidArgumentError(
        absl::StrCat(label,
                     " is a pickle: write it with torch.save of PyTorch 1.6 or newer, as a zip "
                     "file, which is its default"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      label,
      " is no calibration data: expected a file by torch.save, a .npy or .safetensors file, or a "
      "folder or uncompressed tar file of images (JPEG, PNG) or of such files"));
}

absl::StatusOr<std::vector<StoredTensor>> ReadHeader(const FileRange& file, bool is_npy) {
  if (!is_npy) return tensor_files::ReadSafetensorsHeader(file);
  EDGEBENCH_ASSIGN_OR_RETURN(StoredTensor tensor, tensor_files::ReadNpyHeader(file));
  return std::vector<StoredTensor>{std::move(tensor)};
}

}  // namespace

FileTensor::FileTensor(std::string name, at::Tensor values)
    : stored_{std::move(name), TypeName(values.scalar_type()), values.sizes().vec(), {}},
      values_(std::move(values)) {}

FileTensor::FileTensor(StoredTensor stored) : stored_(std::move(stored)) {}

absl::StatusOr<at::Tensor> FileTensor::Rows(int64_t begin, int64_t count) const {
  if (values_.defined()) {
    return values_.narrow(0, begin, count).clone(at::MemoryFormat::Contiguous);
  }
  std::vector<int64_t> shape = stored_.shape;
  const uint64_t row_bytes =
      shape[0] == 0 ? 0 : stored_.content.size() / static_cast<uint64_t>(shape[0]);
  shape[0] = count;
  return Read(std::move(shape), static_cast<uint64_t>(begin) * row_bytes);
}

absl::StatusOr<at::Tensor> FileTensor::All() const {
  if (values_.defined()) return values_.clone(at::MemoryFormat::Contiguous);
  return Read(stored_.shape, 0);
}

absl::StatusOr<at::Tensor> FileTensor::Read(std::vector<int64_t> shape, uint64_t offset) const {
  const at::ScalarType type = *TypeOf(stored_.type);
  at::Tensor values = at::empty(shape, at::TensorOptions().dtype(type));
  EDGEBENCH_RETURN_IF_ERROR(stored_.content.Read(offset, values.data_ptr(), values.nbytes()));
  // A byte above 1 is no bool, and operators may do anything with it.
  if (type == at::kBool) values = values.view(at::kByte).ne(0);
  return values;
}

absl::StatusOr<std::vector<TensorSet>> ReadTensorFile(const FileRange& file,
                                                      const std::string& label, size_t inputs) {
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::string start,
      file.Start(std::max(tensor_files::kTensorSignatureBytes, images::kSignatureBytes)));
  if (absl::StartsWith(start, "PK\x03\x04")) return ReadTorchFile(file, label, inputs);
  const bool is_npy = tensor_files::IsNpy(start);
  if (!is_npy && !tensor_files::IsSafetensors(start)) return UnknownFormat(label, start);
  auto stored = ReadHeader(file, is_npy);
  if (!stored.ok()) return Labelled(label, stored.status());
  TensorSet set{label, /*named=*/!is_npy, {}};
  for (StoredTensor& tensor : *stored) set.tensors.emplace_back(std::move(tensor));
  return std::vector<TensorSet>{std::move(set)};
}

}  // namespace edgebench::worker
