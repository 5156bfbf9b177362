#include "agent/worker/zoo/given_weights.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/status_macros.h"
#include "common/valid_text.h"

namespace edgebench::worker::zoo {
namespace {

using tensor_files::CheckpointTensor;

// Of those that FitWeights lets pass.
at::ScalarType TypeOf(const CheckpointTensor& tensor) {
  if (tensor.type == "float64") return at::kDouble;
  if (tensor.type == "float16") return at::kHalf;
  if (tensor.type == "bfloat16") return at::kBFloat16;
  return at::kFloat;
}

bool IsAligned(const CheckpointTensor& tensor) {
  const auto bytes = static_cast<uintptr_t>(tensor_files::ElementBytes(tensor.type));
  return reinterpret_cast<uintptr_t>(tensor.data) % bytes == 0;
}

// From the first element to behind the last.
size_t Extent(const CheckpointTensor& tensor) {
  int64_t elements = 1;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) return 0;
    elements += (tensor.shape[i] - 1) * tensor.strides[i];
  }
  return static_cast<size_t>(elements * tensor_files::ElementBytes(tensor.type));
}

// A tensor at `data`; nobody writes to what lies in a mapping.
at::Tensor ViewOf(const CheckpointTensor& tensor, const uint8_t* data) {
  return at::from_blob(
      const_cast<uint8_t*>(data), tensor.shape, tensor.strides, [](void*) {},
      at::TensorOptions().dtype(TypeOf(tensor)));
}

at::Tensor Copied(const CheckpointTensor& tensor) {
  at::Tensor aligned;  // where the file's own place is not
  const uint8_t* data = tensor.data;
  if (!IsAligned(tensor)) {
    aligned = at::empty({static_cast<int64_t>(Extent(tensor))}, at::kByte);
    std::memcpy(aligned.data_ptr(), tensor.data, Extent(tensor));
    data = aligned.data_ptr<uint8_t>();
  }
  at::Tensor own = at::empty(tensor.shape);
  own.copy_(ViewOf(tensor, data));
  return own;
}

// The tensor keeps the mapping alive.
at::Tensor Mapped(const CheckpointTensor& tensor, std::shared_ptr<const FileMapping> file) {
  return at::from_blob(
      const_cast<uint8_t*>(tensor.data), tensor.shape, [file = std::move(file)](void*) {},
      at::TensorOptions().dtype(at::kFloat));
}

// By the bits, as the compiler may take comparisons with NaN to be false.
bool IsFinite(const at::Tensor& tensor) {
  constexpr uint32_t kExponent = 0x7f800000;
  const auto* bits = reinterpret_cast<const uint32_t*>(tensor.data_ptr<float>());
  uint32_t found = 0;
  for (int64_t i = 0; i < tensor.numel(); ++i) found |= (bits[i] & kExponent) == kExponent ? 1 : 0;
  return found == 0;
}

}  // namespace

absl::StatusOr<GivenWeights> GivenWeights::Open(const WeightsFile& file, const Layer& layer,
                                                const v1::ZooModel& model) {
  auto checkpoint = tensor_files::Checkpoint::Open(file.path);
  if (!checkpoint.ok()) {
    return absl::Status(checkpoint.status().code(),
                        absl::StrCat(file.name, " ", checkpoint.status().message()));
  }
  EDGEBENCH_ASSIGN_OR_RETURN(WeightsFit fit,
                             FitWeights(layer, model, *checkpoint, file.name, file.allow_missing));
  return GivenWeights(file, *std::move(checkpoint), std::move(fit));
}

absl::StatusOr<at::Tensor> GivenWeights::Load(const std::string& name) const {
  const auto found = fit_.given.find(name);
  if (found == fit_.given.end()) return at::Tensor();
  const CheckpointTensor& stored = *found->second;
  const bool stays = file_.keep_mapped && stored.type == "float32" && IsAligned(stored) &&
                     tensor_files::IsContiguous(stored);
  at::Tensor tensor = stays ? Mapped(stored, checkpoint_.file()) : Copied(stored);
  const bool is_finite = IsFinite(tensor);
  checkpoint_.file()->DropPages();
  if (is_finite) return tensor;
  return absl::InvalidArgumentError(absl::StrCat("tensor ", ValidUtf8(stored.name), " of ",
                                                 file_.name,
                                                 " holds NaN, infinity or what fp32 cannot hold"));
}

std::function<void()> GivenWeights::drop_pages() const {
  if (!file_.keep_mapped) return {};
  return [file = checkpoint_.file()] { file->DropPages(); };
}

TensorSource WeightsFrom(const GivenWeights& given, TensorSource otherwise, absl::Status& error) {
  return [&given, otherwise = std::move(otherwise), &error](const std::string& name,
                                                            const TensorSlot& slot) {
    if (!error.ok()) return at::empty(slot.shape);
    absl::StatusOr<at::Tensor> tensor = given.Load(name);
    if (!tensor.ok()) {
      error = tensor.status();
      return at::empty(slot.shape);
    }
    return tensor->defined() ? *tensor : otherwise(name, slot);
  };
}

}  // namespace edgebench::worker::zoo
