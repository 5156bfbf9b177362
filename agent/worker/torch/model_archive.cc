#include "agent/worker/torch/model_archive.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/version.h>

#include <optional>
#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/worker/torch/torch_errors.h"
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

absl::StatusOr<torch::jit::Module> Read(const std::string& name, const std::string& writer,
                                        const std::function<torch::jit::Module()>& read) {
  const std::string what =
      absl::StrCat("cannot load ", name, " (", writer, ") with LibTorch ", TORCH_VERSION);
  return Guarded(what, absl::StatusCode::kInvalidArgument,
                 [&]() -> absl::StatusOr<torch::jit::Module> {
                   try {
                     return read();
                   } catch (const torch::jit::ErrorReport& error) {
                     const std::optional<std::string> missing = MissingOperator(error.what());
                     if (missing.has_value()) return LacksOperator(name, *missing, writer);
                     throw;
                   }
                 });
}

}  // namespace

absl::StatusOr<torch::jit::Module> ReadModelArchive(
    const std::string& path, const std::string& name,
    const std::function<torch::jit::Module()>& read) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string writer, CheckArchive(path, name));
  EDGEBENCH_ASSIGN_OR_RETURN(torch::jit::Module module, Read(name, writer, read));
  if (!module.find_method("forward")) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no forward method, so there is nothing to run"));
  }
  module.eval();
  return module;
}

}  // namespace edgebench::worker
