#include "agent/worker/torch/operator_work.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace edgebench::worker {
namespace {

int64_t BytesOf(const std::vector<at::Tensor>& tensors) {
  int64_t bytes = 0;
  for (const at::Tensor& tensor : tensors)
    bytes += tensor.numel() * static_cast<int64_t>(tensor.element_size());
  return bytes;
}

bool HasMemory(const at::Tensor& tensor) { return tensor.has_storage() && tensor.numel() > 0; }

bool ShareMemory(const at::Tensor& a, const at::Tensor& b) {
  if (a.is_same(b)) return true;
  return HasMemory(a) && HasMemory(b) && a.storage().is_alias_of(b.storage());
}

// Whether all that comes out is what went in, seen in another way.
bool AreViews(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs) {
  return !outputs.empty() &&
         std::all_of(outputs.begin(), outputs.end(), [&](const at::Tensor& output) {
           return std::any_of(inputs.begin(), inputs.end(),
                              [&](const at::Tensor& input) { return ShareMemory(output, input); });
         });
}

// "aten::add_" writes into what it is given.
bool WorksInPlace(absl::string_view function) { return absl::EndsWith(function, "_"); }

bool LooksUp(absl::string_view kind) {
  return kind == "embedding" || kind == "index_select" || kind == "gather" || kind == "index";
}

int64_t LastDimension(const at::Tensor& tensor) {
  return tensor.dim() == 0 ? 1 : std::max<int64_t>(tensor.size(-1), 1);
}

// Of the filter of one output channel. oneDNN keeps grouped weights with a dimension more,
// in front.
int64_t FilterElements(const at::Tensor& weight, int64_t spatial) {
  int64_t elements = 1;
  for (int64_t i = weight.dim() - spatial - 1; i < weight.dim(); ++i) elements *= weight.size(i);
  return elements;
}

bool IsRecurrent(absl::string_view kind) {
  return absl::StartsWith(kind, "lstm") || absl::StartsWith(kind, "gru");
}

}  // namespace

int64_t BytesMoved(absl::string_view function, absl::string_view kind, const Operands& operands) {
  const int64_t read = BytesOf(operands.inputs), written = BytesOf(operands.outputs);
  if (AreViews(operands.outputs, operands.inputs))
    return WorksInPlace(function) ? read + written : 0;
  if (!LooksUp(kind)) return read + BytesOf(operands.packed) + written;
  int64_t indices = 0;
  for (const at::Tensor& tensor : operands.inputs)
    if (!tensor.is_floating_point()) indices += BytesOf({tensor});
  // Of packed tables a byte for each number that comes out.
  const int64_t rows = operands.packed.empty() || operands.outputs.empty()
                           ? written
                           : operands.outputs.front().numel();
  return indices + rows + written;
}

int64_t MultiplyAddsOfConvolution(const at::Tensor& weight, int64_t spatial,
                                  const at::Tensor& output) {
  return output.numel() * FilterElements(weight, spatial);
}

std::optional<int64_t> MultiplyAddsOfPacked(absl::string_view kind, const at::Tensor& input,
                                            const std::vector<at::Tensor>& weights,
                                            const at::Tensor& output) {
  const auto matrix = std::find_if(weights.begin(), weights.end(),
                                   [](const at::Tensor& tensor) { return tensor.dim() >= 2; });
  if (matrix == weights.end()) return std::nullopt;
  if (absl::StartsWith(kind, "conv_transpose"))
    return input.numel() * FilterElements(*matrix, matrix->dim() - 2);
  if (absl::StartsWith(kind, "conv"))
    return MultiplyAddsOfConvolution(*matrix, matrix->dim() - 2, output);
  if (kind == "linear") return output.numel() * LastDimension(*matrix);
  if (!IsRecurrent(kind)) return std::nullopt;
  // At every step of every sequence, each matrix once.
  int64_t per_step = 0;
  for (const at::Tensor& tensor : weights) per_step += tensor.dim() >= 2 ? tensor.numel() : 0;
  return input.numel() / LastDimension(input) * per_step;
}

}  // namespace edgebench::worker
