#include "agent/worker/torch/model_loader.h"

#include <caffe2/serialize/inline_container.h>
#include <fcntl.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <regex>
#include <set>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/worker/model_runner.h"
#include "agent/worker/torch/quantization/weight_storage.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using caffe2::serialize::PyTorchStreamReader;

// What the archive tells of the PyTorch that wrote it. There is no version of
// PyTorch inside, only that of the file format and records by which newer
// releases can be known.
std::string DescribeWriter(PyTorchStreamReader& archive) {
  std::string text = absl::StrCat("a file of format ", archive.version());
  if (archive.hasRecord(".data/serialization_id") || archive.hasRecord("byteorder")) {
    absl::StrAppend(&text, ", written by PyTorch 2.1 or newer");
  }
  return text;
}

std::string NotTorchScript(const std::string& name) {
  return absl::StrCat(name,
                      " is no TorchScript file; write one with "
                      "torch.jit.script(model).save('model.pt') or torch.jit.trace");
}

// Tells apart what torch.load would read from what torch.jit.load does.
absl::StatusOr<std::string> CheckArchive(const std::string& path, const std::string& name) {
  return Guarded(
      NotTorchScript(name), absl::StatusCode::kInvalidArgument,
      [&]() -> absl::StatusOr<std::string> {
        PyTorchStreamReader archive(path);
        if (!archive.hasRecord("constants.pkl")) {
          return absl::InvalidArgumentError(absl::StrCat(
              name, " holds a state dict or a pickled Python module: ", NotTorchScript(name)));
        }
        return DescribeWriter(archive);
      });
}

// The operator that LibTorch does not know, or knows with other arguments.
std::optional<std::string> MissingOperator(const std::string& text) {
  // A name may hold a dot ("aten::add.Tensor"), but a sentence ends with one too.
  static const std::regex patterns[] = {
      std::regex(R"(Unknown builtin op: ([\w:]+(?:\.\w+)*))"),
      std::regex(R"(following variants are available:\s+([\w:]+(?:\.\w+)*)\()"),
      std::regex(
          R"((?:Couldn't|Could not|Cannot) find (?:an )?operator (?:for )?([\w:]+(?:\.\w+)*))"),
  };
  std::smatch match;
  for (const std::regex& pattern : patterns) {
    if (std::regex_search(text, match, pattern)) return match[1].str();
  }
  return std::nullopt;
}

absl::Status NewerThanHere(const std::string& name, const std::string& missing,
                           const std::string& writer) {
  return absl::InvalidArgumentError(absl::StrCat(
      name, " needs the operator ", missing, ", which LibTorch ", TORCH_VERSION,
      " does not have in this form (", writer, "); export the model with PyTorch ",
      TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR, " or use a device with a newer LibTorch"));
}

constexpr absl::string_view kNamespacesOfLibTorch[] = {"aten",      "prim",   "prims",
                                                       "quantized", "mkldnn", "onednn"};

// "torchvision" of "torchvision::nms"; nullopt for LibTorch's own.
std::optional<std::string> ExtensionOf(const std::string& missing) {
  const std::string extension = missing.substr(0, missing.find("::"));
  for (const absl::string_view known : kNamespacesOfLibTorch) {
    if (extension == known) return std::nullopt;
  }
  return extension;
}

absl::Status LacksOperator(const std::string& name, const std::string& missing,
                           const std::string& writer) {
  const std::optional<std::string> extension = ExtensionOf(missing);
  if (!extension.has_value()) return NewerThanHere(name, missing, writer);
  return absl::InvalidArgumentError(absl::StrCat(
      name, " needs the operator ", missing, ", which belongs to the extension library ",
      *extension, " and not to LibTorch; the worker loads no extensions: export the model without ",
      missing));
}

absl::StatusOr<torch::jit::Module> Load(const std::string& path, const std::string& name,
                                        const std::string& writer) {
  const std::string what =
      absl::StrCat("cannot load ", name, " (", writer, ") with LibTorch ", TORCH_VERSION);
  return Guarded(what, absl::StatusCode::kInvalidArgument,
                 [&]() -> absl::StatusOr<torch::jit::Module> {
                   try {
                     return torch::jit::load(path, at::kCPU);
                   } catch (const torch::jit::ErrorReport& error) {
                     const std::optional<std::string> missing = MissingOperator(error.what());
                     if (missing.has_value()) return LacksOperator(name, *missing, writer);
                     throw;
                   }
                 });
}

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
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string writer, CheckArchive(path, name));
  EDGEBENCH_ASSIGN_OR_RETURN(torch::jit::Module module, Load(path, name, writer));
  if (!module.find_method("forward")) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no forward method, so there is nothing to run"));
  }
  module.eval();
  return module;
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

int64_t SerializedSize(const torch::jit::Module& module) {
  int64_t size = 0;
  torch::jit::ExportModule(module, [&size](const void*, size_t bytes) {
    size += static_cast<int64_t>(bytes);
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
