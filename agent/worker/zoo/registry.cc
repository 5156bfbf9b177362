#include "agent/worker/zoo/registry.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/zoo/architectures.h"
#include "agent/worker/zoo/conditioning.h"
#include "agent/worker/zoo/module_builder.h"
#include "common/suggest.h"

namespace edgebench::worker::zoo {
namespace {

struct Row {
  const char* name;
  const char* family;
  Layer (*architecture)();
  int image_size;
  int64_t flops;        // multiply-adds at image_size and batch 1
  int64_t model_bytes;  // serialized
  const char* description;
};

// To add a model: its architecture in a file, and a row here.
constexpr Row kRows[] = {
    {"mobilenet_v2", "vision", MobileNetV2, 224, 300774272, 14294562,
     "MobileNetV2 1.0 (Sandler et al. 2018)"},
    {"mobilenet_v3_small", "vision", MobileNetV3Small, 224, 56510400, 10338822,
     "MobileNetV3-Small 1.0 (Howard et al. 2019)"},
    {"resnet18", "vision", ResNet18, 224, 1814073344, 46841386, "ResNet-18 (He et al. 2015)"},
    {"squeezenet1_0", "vision", SqueezeNet1_0, 224, 818924576, 5017880,
     "SqueezeNet 1.0 (Iandola et al. 2016)"},
};

// Small, as conditioning is part of building: 2 images of 128 x 128 pixels.
const std::vector<int64_t> kConditioningShape = {2, 3, 128, 128};

v1::ZooModel Describe(const Row& row) {
  v1::ZooModel model;
  model.set_name(row.name);
  model.set_family(row.family);
  model.set_parameters(CountParameters(row.architecture()));
  model.set_flops(row.flops);
  model.set_model_bytes(row.model_bytes);
  model.add_inputs("float32[N,3,H,W]");
  model.set_default_image_size(row.image_size);
  model.add_sweepable("batch");
  model.add_sweepable("image-size");
  model.set_description(row.description);
  return model;
}

absl::Status NotFound(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.name);
  return absl::NotFoundError(absl::StrCat("no zoo model is called \"", name, "\".",
                                          DidYouMean(name, names),
                                          " There are: ", absl::StrJoin(names, ", ")));
}

}  // namespace

std::vector<v1::ZooModel> Models() {
  std::vector<v1::ZooModel> models;
  for (const Row& row : kRows) models.push_back(Describe(row));
  return models;
}

absl::StatusOr<torch::jit::Module> Build(const std::string& name, const BuildOptions& options) {
  for (const Row& row : kRows) {
    if (name != row.name) continue;
    torch::jit::Module module = BuildModule(row.architecture(), options.seed);
    if (options.condition) ConditionBatchNorms(module, kConditioningShape, options.seed);
    return module;
  }
  return NotFound(name);
}

}  // namespace edgebench::worker::zoo
