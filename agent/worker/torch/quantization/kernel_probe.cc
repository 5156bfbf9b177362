#include "agent/worker/torch/quantization/kernel_probe.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/version.h>

#include <functional>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Different numbers of channels: ONEDNN of LibTorch 2.6 confuses them in transposed
// convolutions. Grouped layers have kernels of their own.
constexpr int64_t kIn = 4, kOut = 6, kKernel = 2, kImage = 5, kGroups = 2;

Layer TinyLayer(const Layer& like) {
  Layer layer = like;
  const at::TensorOptions options = at::TensorOptions().dtype(at::kFloat);
  const auto values = [&](std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    // Values that int8 holds exactly, and that are not symmetric.
    return at::arange(count, options).mul(5).remainder(17).sub(6).reshape(shape);
  };
  layer.bias = c10::nullopt;
  if (like.IsLinear()) {
    layer.weight = values({kOut, kIn});
    return layer;
  }
  const size_t dimensions = static_cast<size_t>(like.Dimensions());
  const int64_t groups = like.geometry.groups == 1 ? 1 : kGroups;
  std::vector<int64_t> shape = like.IsTransposed() ? std::vector<int64_t>{kIn, kOut / groups}
                                                   : std::vector<int64_t>{kOut, kIn / groups};
  shape.resize(dimensions + 2, kKernel);
  layer.weight = values(shape);
  layer.geometry.stride.assign(dimensions, 1);
  layer.geometry.padding.assign(dimensions, 0);
  layer.geometry.dilation.assign(dimensions, 1);
  layer.geometry.output_padding.assign(like.IsTransposed() ? dimensions : 0, 0);
  layer.geometry.groups = groups;
  return layer;
}

at::Tensor TinyInput(const Layer& layer) {
  std::vector<int64_t> shape = {1, kIn};
  if (layer.IsConvolution()) shape.resize(layer.weight.dim(), kImage);
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kFloat).mul(3).remainder(11).reshape(shape);
}

at::Tensor InFloat(const Layer& layer, const at::Tensor& input) {
  if (layer.IsLinear()) return at::linear(input, layer.weight);
  const Layer::Geometry& geometry = layer.geometry;
  std::vector<int64_t> output_padding = geometry.output_padding;
  output_padding.resize(geometry.stride.size(), 0);
  return at::convolution(input, layer.weight, {}, geometry.stride, geometry.padding,
                         geometry.dilation, layer.IsTransposed(), output_padding, geometry.groups);
}

// A file holds weights unpacked.
absl::Status CheckStorable(const Layer& layer, const c10::IValue& packed) {
  return Guarded("its weights cannot be stored", absl::StatusCode::kUnimplemented, [&] {
    std::vector<c10::IValue> stack = {packed};
    c10::Dispatcher::singleton()
        .findSchemaOrThrow(absl::StrCat("quantized::", layer.kind, "_unpack").c_str(), "")
        .callBoxed(&stack);
    return absl::OkStatus();
  });
}

absl::StatusOr<at::Tensor> InInt8(const Layer& layer, const at::Tensor& input, double scale) {
  EDGEBENCH_ASSIGN_OR_RETURN(const c10::IValue packed,
                             WeightPacker({WeightScheme::kPerTensor}).Layer(layer));
  EDGEBENCH_RETURN_IF_ERROR(CheckStorable(layer, packed));
  const std::string name = absl::StrCat("quantized::", layer.kind);
  const bool has_overload = layer.kind == "conv2d" || layer.kind == "conv3d";
  std::vector<c10::IValue> stack = {at::quantize_per_tensor(input, 1.0, 0, c10::kQUInt8), packed,
                                    scale, int64_t{128}};
  c10::Dispatcher::singleton()
      .findSchemaOrThrow(name.c_str(), has_overload ? "new" : "")
      .callBoxed(&stack);
  return stack.at(0).toTensor().dequantize();
}

std::string Probe(const Layer& like, const std::string& engine) {
  const std::string what = absl::StrCat("no int8 kernel for ", like.kind, " on ", engine);
  const absl::Status status =
      Guarded(what, absl::StatusCode::kUnimplemented, [&]() -> absl::Status {
        const Layer layer = TinyLayer(like);
        const at::Tensor input = TinyInput(layer);
        const at::Tensor expected = InFloat(layer, input);
        const double scale = expected.abs().max().item<double>() / 127;
        const absl::StatusOr<at::Tensor> ran = InInt8(layer, input, scale);
        if (!ran.ok())
          return absl::UnimplementedError(absl::StrCat(what, ": ", ran.status().message()));
        const at::Tensor& actual = *ran;
        const double error = (actual - expected).abs().max().item<double>();
        if (actual.sizes() == expected.sizes() && error < 2.5 * scale) return absl::OkStatus();
        return absl::UnimplementedError(absl::StrCat("the int8 kernel for ", like.kind, " on ",
                                                     engine, " of LibTorch ", TORCH_VERSION,
                                                     " computes wrong values"));
      });
  return std::string(status.message());
}

// The largest products there are, in pairs: 2 * 255 * 127 is beyond 16 bits.
bool ProbeSums() {
  constexpr int64_t kSize = 64;
  constexpr double kMostActivation = 255, kMostWeight = 127;
  Layer layer;
  layer.kind = "linear";
  layer.weight = at::full({kSize, kSize}, kMostWeight);
  const double expected = kSize * kMostActivation * kMostWeight;
  const double scale = expected / 127;
  const absl::StatusOr<at::Tensor> ran =
      InInt8(layer, at::full({kSize, kSize}, kMostActivation), scale);
  return ran.ok() && ran->min().item<double>() < expected - 2 * scale;
}

// Products of smaller matrices LibTorch computes itself, with kernels that are always
// there; larger ones oneDNN does, which on arm64 without bf16 instructions cannot.
constexpr int64_t kMatrix = 32;

// Runs an operator of the kind on tensors of the type.
using HalfTrial = std::function<void(const at::Tensor& image, const at::Tensor& matrix)>;

const std::map<std::string, HalfTrial>& HalfTrials() {
  using T = at::Tensor;
  const auto convolve = [](int dimensions, bool transposed) -> HalfTrial {
    return [=](const T& image, const T&) {
      const std::vector<int64_t> shape(static_cast<size_t>(dimensions) + 2, 2);
      const std::vector<int64_t> ones(static_cast<size_t>(dimensions), 1);
      const std::vector<int64_t> zeros(static_cast<size_t>(dimensions), 0);
      const T weight = at::ones(shape, image.options());
      at::convolution(at::ones(shape, image.options()), weight, {}, ones, zeros, ones, transposed,
                      zeros, 1);
    };
  };
  static const std::map<std::string, HalfTrial> trials = {
      {"conv1d", convolve(1, false)},
      {"conv2d", convolve(2, false)},
      {"conv3d", convolve(3, false)},
      {"conv_transpose1d", convolve(1, true)},
      {"conv_transpose2d", convolve(2, true)},
      {"conv_transpose3d", convolve(3, true)},
      {"linear", [](const T&, const T& x) { at::linear(x, x, x[0]); }},
      {"matmul", [](const T&, const T& x) { at::matmul(x, x), at::matmul(x[0], x); }},
      {"bmm", [](const T&, const T& x) { at::bmm(x.unsqueeze(0), x.unsqueeze(0)); }},
      {"add", [](const T&, const T& x) { at::add(x, x); }},
      {"sub", [](const T&, const T& x) { at::sub(x, x); }},
      {"mul", [](const T&, const T& x) { at::mul(x, x); }},
      {"div", [](const T&, const T& x) { at::div(x, x); }},
      {"cat",
       [](const T&, const T& x) {
         at::cat({x, x});
       }},
      {"gelu", [](const T&, const T& x) { at::gelu(x); }},
      {"silu", [](const T&, const T& x) { at::silu(x); }},
      {"hardswish", [](const T&, const T& x) { at::hardswish(x); }},
      {"leaky_relu", [](const T&, const T& x) { at::leaky_relu(x); }},
      {"softmax", [](const T&, const T& x) { at::softmax(x, -1); }},
      {"layer_norm", [](const T&, const T& x) { at::layer_norm(x, {kMatrix}, x[0], x[0]); }},
      {"relu", [](const T&, const T& x) { at::relu(x); }},
      {"hardtanh", [](const T&, const T& x) { at::hardtanh(x); }},
      {"clamp", [](const T&, const T& x) { at::clamp(x, 0, 1); }},
      {"sigmoid", [](const T&, const T& x) { at::sigmoid(x); }},
      {"hardsigmoid", [](const T&, const T& x) { at::hardsigmoid(x); }},
      {"tanh", [](const T&, const T& x) { at::tanh(x); }},
      {"max_pool2d",
       [](const T& x, const T&) {
         at::max_pool2d(x, {2, 2});
       }},
      {"avg_pool2d",
       [](const T& x, const T&) {
         at::avg_pool2d(x, {2, 2});
       }},
      {"adaptive_avg_pool2d",
       [](const T& x, const T&) {
         at::adaptive_avg_pool2d(x, {1, 1});
       }},
      {"mean",
       [](const T& x, const T&) {
         at::mean(x, at::IntArrayRef({2, 3}));
       }},
  };
  return trials;
}

std::string ProbeHalf(const std::string& kind, at::ScalarType type) {
  const std::string what =
      absl::StrCat("LibTorch ", TORCH_VERSION, " has no ", type == at::kHalf ? "fp16" : "bf16",
                   " kernel for ", kind, " on the CPU");
  const auto trial = HalfTrials().find(kind);
  if (trial == HalfTrials().end()) return what;
  const absl::Status status =
      Guarded(what, absl::StatusCode::kUnimplemented, [&]() -> absl::Status {
        trial->second(at::ones({2, 4, 4, 4}).to(type), at::ones({kMatrix, kMatrix}).to(type));
        return absl::OkStatus();
      });
  return status.ok() ? "" : what;
}

}  // namespace

std::string Int8KernelObstacle(const Layer& layer, const std::string& engine) {
  static std::map<std::string, std::string> known;
  const std::string key =
      absl::StrCat(engine, " ", layer.kind, layer.geometry.groups == 1 ? "" : " in groups");
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  return known[key] = Probe(layer, engine);
}

bool AddsProductsIn16Bits(const std::string& engine) {
  static std::map<std::string, bool> known;
  const auto found = known.find(engine);
  if (found != known.end()) return found->second;
  return known[engine] = ProbeSums();
}

std::string HalfKernelObstacle(const std::string& kind, at::ScalarType type) {
  static std::map<std::pair<std::string, at::ScalarType>, std::string> known;
  const auto found = known.find({kind, type});
  if (found != known.end()) return found->second;
  return known[{kind, type}] = ProbeHalf(kind, type);
}

bool HasReluKernel(const Layer& layer) { return !layer.IsTransposed(); }

}  // namespace edgebench::worker
