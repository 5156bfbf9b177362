#include "agent/worker/torch/held_out.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/page_release.h"
#include "agent/worker/torch/parity.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr int64_t kOneIn = 4;
constexpr int64_t kMost = 8;

std::string SourceText(int64_t held_out, int64_t batches, const std::string& name,
                       bool calibrates) {
  if (held_out == 0) {
    return absl::StrCat(batches, batches == 1 ? " batch of " : " batches of ", name,
                        calibrates ? ", which calibrated it too" : "");
  }
  return absl::StrCat(held_out, " of the ", batches, " batches of ", name,
                      calibrates ? ", held out" : "");
}

}  // namespace

std::vector<int64_t> HeldOutBatches(int64_t batches) {
  const int64_t count = std::min(batches / kOneIn, kMost);
  std::vector<int64_t> indices;
  // The last of each stretch: folders are often sorted by class.
  for (int64_t i = 1; i <= count; ++i) indices.push_back(i * batches / count - 1);
  return indices;
}

absl::StatusOr<HeldOut> HoldOut(const torch::jit::Module& fp32, const CalibrationData& data,
                                const std::string& name, bool calibrates,
                                const std::function<void()>& on_weights_read) {
  std::optional<ReleaseAfterOperators> release;
  if (on_weights_read) release.emplace(on_weights_read);
  std::vector<int64_t> indices = HeldOutBatches(data.batches());
  HeldOut held_out;
  held_out.source =
      SourceText(static_cast<int64_t>(indices.size()), data.batches(), name, calibrates);
  if (indices.empty()) {
    indices.resize(static_cast<size_t>(data.batches()));
    std::iota(indices.begin(), indices.end(), 0);
  }
  torch::jit::Module model = fp32;
  for (const int64_t index : indices) {
    HeldOut::Example example;
    EDGEBENCH_ASSIGN_OR_RETURN(example.inputs, data.Batch(index));
    EDGEBENCH_ASSIGN_OR_RETURN(example.reference, RunModule(model, CopyInputs(example.inputs)));
    held_out.examples.push_back(std::move(example));
  }
  return held_out;
}

absl::StatusOr<v1::Parity> ParityOn(const HeldOut& held_out, torch::jit::Module& quantized,
                                    const std::string& engine) {
  ParityMeter meter;
  for (const HeldOut::Example& example : held_out.examples) {
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<at::Tensor> outputs,
                               RunQuantized(quantized, CopyInputs(example.inputs), engine));
    EDGEBENCH_RETURN_IF_ERROR(meter.Add(example.reference, outputs));
  }
  v1::Parity parity = meter.Parity();
  parity.set_source(held_out.source);
  return parity;
}

}  // namespace edgebench::worker
