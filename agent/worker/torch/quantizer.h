#pragma once

#include <torch/script.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

struct QuantizeOptions {
  v1::Precision precision = v1::PRECISION_INT8_DYNAMIC;
  std::string engine;                  // already chosen, one of QuantizedEngines()
  std::string observer = "histogram";  // of static and qat
  std::string weight_scheme = "per-channel";
  bool embeddings = false;                  // of dynamic and weight-only
  std::vector<std::string> keep_fp32 = {};  // names of operators, or "encoder.*"
  // Called when fp32 weights were read and will hardly be so again soon.
  std::function<void()> on_weights_read = {};
};

// One set of inputs of the model's forward.
using ModelInputs = std::vector<c10::IValue>;

// Hands every batch to a function, and stops at its first error.
using BatchConsumer = std::function<absl::Status(const ModelInputs&)>;
using CalibrationBatches = std::function<absl::Status(const BatchConsumer&)>;

// What became of an operator with weights.
struct OperatorDecision {
  std::string name;    // the path of its module
  std::string kind;    // "conv2d", as in Coverage
  std::string reason;  // why it stays fp32; empty when it has the precision asked for
};

struct QuantizedModel {
  torch::jit::Module module;
  // In the order of the graph; an operator that is used twice is there twice.
  std::vector<OperatorDecision> decisions;
  // What the packed weights take in memory; nullopt where that is not known, or where
  // the engine packs them later (QNNPACK).
  std::optional<int64_t> packed_bytes = std::nullopt;
};

struct TrainOptions {
  int steps = 100;
  double learning_rate = 1e-6;     // at the start; falls along half a cosine
  std::string optimizer = "adam";  // or "sgd", with momentum 0.9
  // Called after each step, from 1, with its loss; false ends the training.
  std::function<bool(int step, double loss)> on_step = [](int, double) { return true; };
};

// A model on its way to a precision. The module it was made of is not changed, and
// shares its parameters with it. Called with gradients off; catches nothing (the
// runner does).
class Quantizer {
 public:
  //   UNIMPLEMENTED     no such precision, engine or observer here
  //   INVALID_ARGUMENT  the module has no forward, is quantized already, its parameters
  //                     hold NaN or infinity, or keep_fp32 names what it does not have
  static absl::StatusOr<std::unique_ptr<Quantizer>> Create(const torch::jit::Module& module,
                                                           const QuantizeOptions& options);
  virtual ~Quantizer() = default;

  // For int8-static and int8-qat, before Convert; nothing for the others.
  //   INVALID_ARGUMENT  no batch; or NaN or infinity in the activations, names where
  virtual absl::Status Calibrate(const CalibrationBatches& batches) = 0;

  // For int8-qat, after Calibrate: trains weights and biases so that the outputs of the
  // quantized model come near those of the fp32 model on the batches given, which are
  // gone through again and again. Returns the loss of each step: the mean over outputs
  // of sum (q - r)^2 / sum r^2.
  //   UNIMPLEMENTED     the graph cannot be trained; says what LibTorch says
  virtual absl::StatusOr<std::vector<double>> Train(const CalibrationBatches& batches,
                                                    const TrainOptions& options) = 0;

  // The quantized model; operators whose names `keep` holds stay fp32. May be called
  // again and again.
  virtual absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) = 0;
};

// All of the above in one go.
absl::StatusOr<QuantizedModel> Quantize(const torch::jit::Module& module,
                                        const QuantizeOptions& options,
                                        const std::vector<ModelInputs>& calibration);

// Names of at::globalContext().supportedQEngines() in lower case, without
// "noqengine" and those made for another processor: "onednn", "qnnpack", "fbgemm", "x86".
std::vector<std::string> QuantizedEngines();

// The engine "auto" stands for here: the fastest that exists, in the order
// x86, onednn, fbgemm, qnnpack on amd64, and qnnpack, onednn on arm64. See docs.
std::string DefaultQuantizedEngine();

// Makes LibTorch use it. INVALID_ARGUMENT never: call with one of QuantizedEngines().
void UseQuantizedEngine(const std::string& engine);

}  // namespace edgebench::worker
