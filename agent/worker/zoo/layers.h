#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace edgebench::worker::zoo {

// The vocabulary that the architectures are written in. A Layer only describes:
// nothing here allocates weights or needs LibTorch, so asking a model for its
// parameter count is cheap. module_builder.h makes a TorchScript module of it.
//
// Types, children and tensors carry the names of torch.nn, torchvision and the
// published checkpoints: the names make official state dicts fit, and LibTorch's
// passes recognize layers by their type's name.

// What a tensor of a layer starts as.
enum class Fill {
  kAbsent,   // the attribute exists and is None: a convolution without bias
  kUniform,  // uniform with variance gain^2 / fan_in, see weights.h; fan_in is the
             // product of all dimensions but the first
  kZeros,
  kOnes,
  kCounter,  // a zero of type int64
};

struct TensorSlot {
  std::string name;
  std::vector<int64_t> shape;
  Fill fill = Fill::kZeros;
  bool is_parameter = true;  // false: a buffer, which is not trained
  double gain = 1.0;         // of kUniform
};

struct Layer {
  std::string type;     // "torch.nn.modules.conv.Conv2d"
  std::string forward;  // TorchScript source of its methods, "def forward(self, ...): ..."
  std::vector<TensorSlot> tensors;
  std::vector<std::pair<std::string, Layer>> children;
  // Numbers that the methods read as self.NAME, and that a user may choose.
  std::vector<std::pair<std::string, double>> settings;
};

// Elements of all parameters; buffers do not count.
int64_t CountParameters(const Layer& layer);

// Geometry of a convolution or pooling window. Unless told otherwise the
// padding keeps the size at stride 1: kernel / 2.
class Window {
 public:
  explicit Window(int kernel) : kernel_(kernel), padding_(kernel / 2) {}
  Window Stride(int stride) const { return With(&Window::stride_, stride); }
  Window Padding(int padding) const { return With(&Window::padding_, padding); }
  Window Groups(int groups) const { return With(&Window::groups_, groups); }

  int kernel() const { return kernel_; }
  int stride() const { return stride_; }
  int padding() const { return padding_; }
  int groups() const { return groups_; }

 private:
  Window With(int Window::*field, int value) const {
    Window copy = *this;
    copy.*field = value;
    return copy;
  }

  int kernel_;
  int stride_ = 1;
  int padding_;
  int groups_ = 1;
};

enum class Bias { kNo, kYes };

// Layers with weights. Names of the tensors: weight, bias, running_mean, ...
Layer Conv1d(int in, int out, Window window, Bias bias);
Layer Conv2d(int in, int out, Window window, Bias bias);
Layer Linear(int in, int out);
Layer BatchNorm1d(int channels, double eps = 1e-5);
Layer BatchNorm2d(int channels, double eps = 1e-5);
Layer LayerNorm(int size, double eps);
// Rows for whole numbers.
Layer Embedding(int rows, int size);

// Layers without.
Layer GELU();
Layer Tanh();
Layer ReLU();
Layer ReLU6();
Layer Hardswish();
Layer Hardsigmoid();
Layer Dropout(double p);
Layer MaxPool2d(Window window, bool ceil_mode);
Layer AdaptiveAvgPool2d(int output_size);

// One after the other, children named "0", "1", ...
Layer Sequential(std::vector<Layer> layers);

// Convolution without bias, batch norm, activation, as a Sequential.
Layer ConvNorm(int in, int out, Window window, double eps = 1e-5);
Layer ConvNormActivation(int in, int out, Window window, Layer activation, double eps = 1e-5);

// Hu et al., Squeeze-and-Excitation Networks, arXiv:1709.01507, with ReLU and
// hard sigmoid as MobileNetV3 has it.
Layer SqueezeExcitation(int channels, int squeezed);

// A layer of one's own: its children and the lines of its forward(self, x), in
// which children are called as in PyTorch, "return self.conv(x)".
Layer Composite(std::string type, std::vector<std::pair<std::string, Layer>> children,
                const std::vector<std::string>& forward_lines);

// The same with methods of any signature, written as in PyTorch:
//   def forward(self, x: Tensor, mask: Tensor) -> Tensor:
//       return self.norm(x * mask)
Layer Module(std::string type, std::vector<std::pair<std::string, Layer>> children,
             const std::string& methods);

// `source` with the calls of children, "self.norm(x)", as TorchScript outside Python
// wants them, "self.norm.forward(x)".
std::string WithForwardCalls(std::string source,
                             const std::vector<std::pair<std::string, Layer>>& children);

}  // namespace edgebench::worker::zoo
