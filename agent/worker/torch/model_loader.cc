#include "agent/worker/torch/model_loader.h"

#include <fcntl.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/export.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/torch/model_archive.h"
#include "agent/worker/torch/quantization/weight_storage.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/file.h"

namespace edgebench::worker {
namespace {

template <typename Visit>
void VisitNodes(torch::jit::Block* block, const Visit& visit) {
  for (torch::jit::Node* node : block->nodes()) {
    visit(*node);
    for (torch::jit::Block* inner : node->blocks()) VisitNodes(inner, visit);
  }
}

enum class QuantizedKind { kNone, kHalf, kWeightOnly, kDynamic, kStatic };

QuantizedKind KindOf(const torch::jit::Node& node) {
  const std::string name = node.kind().toQualString();
  if (absl::StartsWith(name, "aten::quantize_per_")) return QuantizedKind::kStatic;
  if (absl::StartsWith(name, "aten::quantized_")) return QuantizedKind::kDynamic;
  if (!absl::StartsWith(name, "quantized::")) return QuantizedKind::kNone;
  if (absl::StrContains(name, "_fp16")) return QuantizedKind::kHalf;
  if (absl::StartsWith(name, "quantized::embedding")) return QuantizedKind::kDynamic;
  return absl::StrContains(name, "dynamic") ? QuantizedKind::kDynamic : QuantizedKind::kStatic;
}

// A constant that freezing made of a parameter; a scalar is one of the code.
bool IsWeight(const torch::jit::Node& node) {
  return node.kind() == c10::prim::Constant && node.hasAttribute(c10::attr::value) &&
         node.kindOf(c10::attr::value) == torch::jit::AttributeKind::t &&
         node.t(c10::attr::value).dim() > 0;
}

v1::Precision PrecisionOf(const std::vector<at::Tensor>& weights) {
  for (const at::Tensor& weight : weights) {
    if (weight.scalar_type() == at::kHalf) return v1::PRECISION_FP16;
    if (weight.scalar_type() == at::kBFloat16) return v1::PRECISION_BF16;
  }
  return v1::PRECISION_FP32;
}

// The first error. The archive's writer is not to see it: its destructor writes
// the end of the archive, and an exception there would end the process.
absl::Status Export(const torch::jit::Module& module, int fd, const std::string& what) {
  absl::Status written;
  torch::jit::ExportModule(module, [&](const void* data, size_t size) {
    const absl::string_view content(static_cast<const char*>(data), size);
    if (written.ok()) written = WriteAll(fd, content, what);
    return size;
  });
  if (written.ok() && fsync(fd) != 0) written = ErrnoStatus(errno, what);
  return written;
}

}  // namespace

absl::StatusOr<torch::jit::Module> LoadModelFile(const std::string& path, const std::string& name) {
  return ReadModelArchive(path, name, [&] { return torch::jit::load(path, at::kCPU); });
}

v1::Precision StoredPrecision(const torch::jit::Module& module) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  QuantizedKind kind = QuantizedKind::kNone;
  std::vector<at::Tensor> weights;
  for (const at::Tensor& parameter : module.parameters()) weights.push_back(parameter);
  const bool is_frozen = weights.empty();
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
    if (!absl::StartsWith(attribute.name, kStoredPrefix) || !attribute.value.isTensor()) continue;
    const at::Tensor& weight = attribute.value.toTensor();
    if (weight.is_quantized()) kind = QuantizedKind::kWeightOnly;
    weights.push_back(weight);
  }
  VisitNodes(graph->block(), [&](const torch::jit::Node& node) {
    kind = std::max(kind, KindOf(node));
    if (is_frozen && IsWeight(node)) weights.push_back(node.t(c10::attr::value));
  });
  switch (kind) {
    case QuantizedKind::kStatic:
      return v1::PRECISION_INT8_STATIC;
    case QuantizedKind::kDynamic:
      return v1::PRECISION_INT8_DYNAMIC;
    case QuantizedKind::kWeightOnly:
      return v1::PRECISION_INT8_WEIGHT_ONLY;
    case QuantizedKind::kHalf:
      return v1::PRECISION_FP16;
    case QuantizedKind::kNone:
      return PrecisionOf(weights);
  }
  return v1::PRECISION_FP32;
}

std::optional<int64_t> CountParameters(const torch::jit::Module& module) {
  // Tied weights are listed under each of their names, and exist once.
  using Place = std::tuple<const void*, int64_t, std::vector<int64_t>>;
  std::set<Place> seen;
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    if (parameter.numel() == 0) continue;
    const Place place(parameter.storage().unsafeGetStorageImpl(), parameter.storage_offset(),
                      parameter.sizes().vec());
    if (seen.insert(place).second) count += parameter.numel();
  }
  if (count == 0) return std::nullopt;
  return count;
}

int64_t SerializedSize(const torch::jit::Module& module,
                       const std::function<void()>& on_weights_read) {
  constexpr int64_t kPart = 16 << 20;
  int64_t size = 0, told = 0;
  torch::jit::ExportModule(module, [&](const void*, size_t bytes) {
    size += static_cast<int64_t>(bytes);
    if (on_weights_read && size - told >= kPart) {
      on_weights_read();
      told = size;
    }
    return bytes;
  });
  return size;
}

absl::Status SaveModel(const torch::jit::Module& module, const std::string& path) {
  const std::string what = absl::StrCat("cannot write ", path);
  return Guarded(what, absl::StatusCode::kInternal, [&]() -> absl::Status {
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) return NotWritten(ErrnoStatus(errno, what));
    const absl::Status written = Export(module, file.get(), what);
    return written.ok() ? written : NotWritten(written);
  });
}

}  // namespace edgebench::worker
