#include "agent/worker/zoo/registry.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/zoo/conditioning.h"
#include "agent/worker/zoo/models.h"
#include "agent/worker/zoo/module_builder.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::worker::zoo {
namespace {

absl::StatusOr<const Model*> Find(const std::string& name) {
  std::vector<std::string> names;
  for (const Model& model : TableOfModels()) {
    if (name == model.facts.name()) return &model;
    names.push_back(model.facts.name());
  }
  return absl::NotFoundError(absl::StrCat("no zoo model is called \"", name, "\".",
                                          DidYouMean(name, names),
                                          " There are: ", absl::StrJoin(names, ", ")));
}

void Condition(const Model& model, const Layer& layer, const torch::jit::Module& module,
               int64_t seed) {
  if (model.conditioned_child.empty()) {
    ConditionBatchNorms(layer, module, model.conditioning_shape, seed);
    return;
  }
  for (const auto& [name, child] : layer.children) {
    if (name != model.conditioned_child) continue;
    ConditionBatchNorms(child, module.attr(name).toModule(), model.conditioning_shape, seed);
  }
}

void ApplyDecoding(const v1::Decoding& decoding, torch::jit::Module& module) {
  if (decoding.has_ctc_weight()) module.setattr("ctc_weight", decoding.ctc_weight());
  if (decoding.has_lm_weight()) module.setattr("lm_weight", decoding.lm_weight());
  if (decoding.has_beam()) module.setattr("beam", static_cast<double>(decoding.beam()));
}

// Trained weights know where an utterance ends; with random ones the number of tokens is
// fixed by that of the frames.
void LetHypothesesEnd(torch::jit::Module& module) {
  module.setattr("min_length_ratio", 0.0);
  module.setattr("max_length_ratio", 1.0);
}

}  // namespace

std::vector<v1::ZooModel> Models() {
  std::vector<v1::ZooModel> models;
  for (const Model& model : TableOfModels()) {
    models.push_back(model.facts);
    models.back().set_parameters(CountParameters(model.architecture()));
  }
  return models;
}

absl::StatusOr<Layer> Describe(const std::string& name) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Model* const model, Find(name));
  return model->architecture();
}

absl::StatusOr<torch::jit::Module> Build(const std::string& name, const BuildOptions& options) {
  EDGEBENCH_ASSIGN_OR_RETURN(const Model* const model, Find(name));
  const Layer layer = model->architecture();
  const GivenWeights* const given = options.weights;
  TensorSource tensors = RandomWeights(options.seed);
  absl::Status read;
  if (given != nullptr) tensors = WeightsFrom(*given, std::move(tensors), read);
  torch::jit::Module module = BuildModule(layer, tensors);
  EDGEBENCH_RETURN_IF_ERROR(read);
  // Given weights bring their own statistics.
  if (options.condition && (given == nullptr || !given->has_statistics())) {
    Condition(*model, layer, module, options.seed);
  }
  if (!model->facts.decodes()) return module;
  ApplyDecoding(options.decoding, module);
  if (given != nullptr && given->complete()) LetHypothesesEnd(module);
  return module;
}

}  // namespace edgebench::worker::zoo
