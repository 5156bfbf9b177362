#include "agent/worker/zoo/layers.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace edgebench::worker::zoo {
namespace {

// Keeps the variance through a rectifier: He et al., arXiv:1502.01852.
const double kRectifierGain = std::sqrt(2.0);

std::string Forward(const std::vector<std::string>& lines) {
  return absl::StrCat("def forward(self, x: Tensor) -> Tensor:\n    ",
                      absl::StrJoin(lines, "\n    "), "\n");
}

Layer Function(const std::string& type, const std::string& expression) {
  return Layer{type, Forward({absl::StrCat("return ", expression)}), {}, {}, {}};
}

Layer BatchNorm(const std::string& type, int channels, double eps) {
  Layer layer = Function(
      type, absl::StrFormat("torch.batch_norm(x, self.weight, self.bias, self.running_mean, "
                            "self.running_var, self.training, 0.1, %g, True)",
                            eps));
  layer.tensors = {
      {"weight", {channels}, Fill::kOnes},
      {"bias", {channels}, Fill::kZeros},
      {"running_mean", {channels}, Fill::kZeros, false},
      {"running_var", {channels}, Fill::kOnes, false},
      {"num_batches_tracked", {}, Fill::kCounter, false},
  };
  return layer;
}

std::string Pair(int value) { return absl::StrCat("[", value, ", ", value, "]"); }

}  // namespace

int64_t CountParameters(const Layer& layer) {
  int64_t count = 0;
  for (const TensorSlot& slot : layer.tensors) {
    if (!slot.is_parameter || slot.fill == Fill::kAbsent) continue;
    count += std::accumulate(slot.shape.begin(), slot.shape.end(), int64_t{1}, std::multiplies<>());
  }
  for (const auto& [name, child] : layer.children) count += CountParameters(child);
  return count;
}

Layer Conv1d(int in, int out, Window window, Bias bias) {
  const std::string call =
      absl::StrFormat("torch.conv1d(x, self.weight, self.bias, [%d], [%d], [1], %d)",
                      window.stride(), window.padding(), window.groups());
  Layer layer = Function("torch.nn.modules.conv.Conv1d", call);
  layer.tensors = {
      {"weight",
       {out, in / window.groups(), window.kernel()},
       Fill::kUniform,
       true,
       kRectifierGain},
      {"bias", {out}, bias == Bias::kYes ? Fill::kZeros : Fill::kAbsent},
  };
  return layer;
}

Layer Conv2d(int in, int out, Window window, Bias bias) {
  const std::string call =
      absl::StrFormat("torch.conv2d(x, self.weight, self.bias, %s, %s, [1, 1], %d)",
                      Pair(window.stride()), Pair(window.padding()), window.groups());
  Layer layer = Function("torch.nn.modules.conv.Conv2d", call);
  layer.tensors = {
      {"weight",
       {out, in / window.groups(), window.kernel(), window.kernel()},
       Fill::kUniform,
       true,
       kRectifierGain},
      {"bias", {out}, bias == Bias::kYes ? Fill::kZeros : Fill::kAbsent},
  };
  return layer;
}

Layer Linear(int in, int out) {
  Layer layer =
      Function("torch.nn.modules.linear.Linear", "torch.linear(x, self.weight, self.bias)");
  layer.tensors = {{"weight", {out, in}, Fill::kUniform}, {"bias", {out}, Fill::kZeros}};
  return layer;
}

Layer BatchNorm1d(int channels, double eps) {
  return BatchNorm("torch.nn.modules.batchnorm.BatchNorm1d", channels, eps);
}

Layer BatchNorm2d(int channels, double eps) {
  return BatchNorm("torch.nn.modules.batchnorm.BatchNorm2d", channels, eps);
}

Layer LayerNorm(int size, double eps) {
  Layer layer =
      Function("torch.nn.modules.normalization.LayerNorm",
               absl::StrFormat("torch.layer_norm(x, [%d], self.weight, self.bias, %g)", size, eps));
  layer.tensors = {{"weight", {size}, Fill::kOnes}, {"bias", {size}, Fill::kZeros}};
  return layer;
}

Layer Embedding(int rows, int size) {
  Layer layer = Function("torch.nn.modules.sparse.Embedding", "torch.embedding(self.weight, x)");
  layer.tensors = {{"weight", {rows, size}, Fill::kUniform}};
  return layer;
}

Layer GELU() { return Function("torch.nn.modules.activation.GELU", "torch.gelu(x)"); }

Layer Tanh() { return Function("torch.nn.modules.activation.Tanh", "torch.tanh(x)"); }

Layer ReLU() { return Function("torch.nn.modules.activation.ReLU", "torch.relu_(x)"); }

Layer ReLU6() {
  return Function("torch.nn.modules.activation.ReLU6", "torch.hardtanh_(x, 0., 6.)");
}

Layer Hardswish() {
  return Function("torch.nn.modules.activation.Hardswish", "torch.hardswish_(x)");
}

Layer Hardsigmoid() {
  return Function("torch.nn.modules.activation.Hardsigmoid", "torch.hardsigmoid(x)");
}

Layer Dropout(double p) {
  return Function("torch.nn.modules.dropout.Dropout",
                  absl::StrFormat("torch.dropout(x, %g, self.training)", p));
}

Layer MaxPool2d(Window window, bool ceil_mode) {
  return Function(
      "torch.nn.modules.pooling.MaxPool2d",
      absl::StrFormat("torch.max_pool2d(x, %s, %s, %s, [1, 1], %s)", Pair(window.kernel()),
                      Pair(window.stride()), Pair(window.padding()), ceil_mode ? "True" : "False"));
}

Layer AdaptiveAvgPool2d(int output_size) {
  return Function("torch.nn.modules.pooling.AdaptiveAvgPool2d",
                  absl::StrCat("torch.adaptive_avg_pool2d(x, ", Pair(output_size), ")"));
}

Layer Sequential(std::vector<Layer> layers) {
  std::vector<std::pair<std::string, Layer>> children;
  std::vector<std::string> lines;
  for (Layer& layer : layers) {
    const std::string name = absl::StrCat(children.size());
    lines.push_back(absl::StrCat("x = getattr(self, \"", name, "\").forward(x)"));
    children.emplace_back(name, std::move(layer));
  }
  lines.push_back("return x");
  return Composite("torch.nn.modules.container.Sequential", std::move(children), lines);
}

Layer ConvNorm(int in, int out, Window window, double eps) {
  return Sequential({Conv2d(in, out, window, Bias::kNo), BatchNorm2d(out, eps)});
}

Layer ConvNormActivation(int in, int out, Window window, Layer activation, double eps) {
  return Sequential(
      {Conv2d(in, out, window, Bias::kNo), BatchNorm2d(out, eps), std::move(activation)});
}

Layer SqueezeExcitation(int channels, int squeezed) {
  return Composite("torchvision.ops.misc.SqueezeExcitation",
                   {{"avgpool", AdaptiveAvgPool2d(1)},
                    {"fc1", Conv2d(channels, squeezed, Window(1), Bias::kYes)},
                    {"fc2", Conv2d(squeezed, channels, Window(1), Bias::kYes)},
                    {"activation", ReLU()},
                    {"scale_activation", Hardsigmoid()}},
                   {"scale = "
                    "self.fc2(self.activation(self.fc1(self.avgpool(x))))",
                    "return self.scale_activation(scale) * x"});
}

Layer Composite(std::string type, std::vector<std::pair<std::string, Layer>> children,
                const std::vector<std::string>& forward_lines) {
  return Module(std::move(type), std::move(children), Forward(forward_lines));
}

Layer Module(std::string type, std::vector<std::pair<std::string, Layer>> children,
             const std::string& methods) {
  std::string source = WithForwardCalls(methods, children);
  return Layer{std::move(type), std::move(source), {}, std::move(children), {}};
}

std::string WithForwardCalls(std::string source,
                             const std::vector<std::pair<std::string, Layer>>& children) {
  for (const auto& [name, child] : children) {
    const std::string self = absl::StrCat("self.", name);
    absl::StrReplaceAll({{absl::StrCat(self, "("), absl::StrCat(self, ".forward(")}}, &source);
  }
  return source;
}

}  // namespace edgebench::worker::zoo
