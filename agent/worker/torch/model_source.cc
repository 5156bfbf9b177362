#include "agent/worker/torch/model_source.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/mapped_model.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/zoo/given_weights.h"
#include "agent/worker/zoo/registry.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

bool IsInt8(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_DYNAMIC || precision == v1::PRECISION_INT8_STATIC ||
         precision == v1::PRECISION_INT8_WEIGHT_ONLY;
}

// Training leaves no trace in a file.
bool IsStoredAs(v1::Precision asked, v1::Precision stored) {
  return asked == stored ||
         (asked == v1::PRECISION_INT8_QAT && stored == v1::PRECISION_INT8_STATIC);
}

bool LeavesItToTheModel(v1::Precision precision) {
  return precision == v1::PRECISION_UNSPECIFIED || precision == v1::PRECISION_FP32 ||
         precision == v1::PRECISION_AS_STORED;
}

absl::StatusOr<v1::ZooModel> FindZooModel(const std::string& name) {
  for (v1::ZooModel& model : zoo::Models()) {
    if (model.name() == name) return std::move(model);
  }
  return absl::InternalError(absl::StrCat("the zoo builds ", name, " but does not list it"));
}

bool WillQuantize(const v1::JobSettings& settings) {
  return settings.kind() != v1::JOB_KIND_INSPECT && !LeavesItToTheModel(settings.precision());
}

std::optional<int64_t> SizeOf(const std::string& path) {
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  if (unknown) return std::nullopt;
  return static_cast<int64_t>(bytes);
}

absl::StatusOr<zoo::GivenWeights> OpenWeights(const v1::WorkerRequest::RunJob& job,
                                              const v1::ZooModel& model) {
  const v1::JobSettings& settings = job.settings();
  EDGEBENCH_ASSIGN_OR_RETURN(const zoo::Layer layer, zoo::Describe(model.name()));
  zoo::WeightsFile file;
  file.path = job.weights_path();
  file.name = settings.weights_name();
  file.allow_missing = settings.allow_missing_weights();
  // They are read once then, and only what is made of them stays.
  file.keep_mapped = WillQuantize(settings) &&
                     SizeOf(file.path).value_or(0) >= static_cast<int64_t>(kWorthMapping);
  return zoo::GivenWeights::Open(file, layer, model);
}

void UseInputsOf(const v1::ZooModel& facts, SourceModel& model) {
  model.input_specs.assign(facts.inputs().begin(), facts.inputs().end());
  if (facts.has_default_image_size()) model.sizes.image_size = facts.default_image_size();
  if (facts.has_default_seq_len()) model.sizes.seq_len = facts.default_seq_len();
  if (facts.has_default_frames()) model.sizes.frames = facts.default_frames();
  model.takes_speech = facts.has_default_frames();
}

void UseInputsOf(const v1::JobSettings& settings, SourceModel& model) {
  model.input_specs.assign(settings.input_specs().begin(), settings.input_specs().end());
}

// What the settings say instead of the model's own.
void UseSizesOf(const v1::JobSettings& settings, SourceModel& model) {
  if (settings.has_batch()) model.sizes.batch = settings.batch();
  if (settings.has_image_size()) model.sizes.image_size = settings.image_size();
  if (settings.has_seq_len()) model.sizes.seq_len = settings.seq_len();
  if (settings.has_frames()) model.sizes.frames = settings.frames();
}

absl::StatusOr<SourceModel> BuildFromZoo(const v1::WorkerRequest::RunJob& job, bool condition) {
  const v1::JobSettings& settings = job.settings();
  const std::string& name = settings.model().zoo_name();
  if (const auto known = zoo::Describe(name); absl::IsNotFound(known.status())) {
    return absl::InvalidArgumentError(known.status().message());
  }
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::ZooModel facts, FindZooModel(name));
  zoo::BuildOptions options;
  options.seed = settings.seed();
  options.condition = condition;
  options.decoding = settings.decoding();
  std::optional<zoo::GivenWeights> weights;
  if (!job.weights_path().empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(weights, OpenWeights(job, facts));
    options.weights = &*weights;
  }
  SourceModel model;
  EDGEBENCH_ASSIGN_OR_RETURN(model.module, zoo::Build(name, options));
  model.random_weights = !weights.has_value() || !weights->complete();
  if (weights.has_value()) {
    model.notes = weights->notes();
    model.drop_pages = weights->drop_pages();
  }
  UseInputsOf(facts, model);
  return model;
}

std::string NameOf(const v1::ModelReference& reference) {
  if (!reference.display_name().empty()) return reference.display_name();
  return reference.artifact().sha256();
}

absl::StatusOr<SourceModel> LoadFromFile(const v1::WorkerRequest::RunJob& job) {
  SourceModel model;
  const std::string name = NameOf(job.settings().model());
  if (WillQuantize(job.settings())) {
    // It is read once, and only what is made of it stays.
    EDGEBENCH_ASSIGN_OR_RETURN(const MappedModel mapped, LoadMapped(job.model_path(), name));
    model.module = mapped.module;
    if (mapped.mapping != nullptr) {
      model.drop_pages = [mapping = mapped.mapping] { mapping->DropPages(); };
    }
  } else {
    EDGEBENCH_ASSIGN_OR_RETURN(model.module, LoadModelFile(job.model_path(), name));
  }
  model.stored = StoredPrecision(model.module);
  model.file_bytes = SizeOf(job.model_path());
  UseInputsOf(job.settings(), model);
  return model;
}

PrecisionPlan AsStored(v1::Precision asked, v1::Precision stored) {
  PrecisionPlan plan;
  plan.precision = stored;
  if (asked == v1::PRECISION_FP32 && stored != v1::PRECISION_FP32) {
    plan.note =
        absl::StrCat("the file is stored in ", PrecisionName(stored), " and was run as it is");
  }
  return plan;
}

}  // namespace

absl::StatusOr<SourceModel> OpenModel(const v1::WorkerRequest::RunJob& job, bool condition) {
  const v1::JobSettings& settings = job.settings();
  const bool from_zoo = settings.model().has_zoo_name();
  EDGEBENCH_ASSIGN_OR_RETURN(SourceModel model,
                             from_zoo ? BuildFromZoo(job, condition) : LoadFromFile(job));
  UseSizesOf(settings, model);
  return model;
}

absl::StatusOr<SourceModel> DescribeInputs(const v1::WorkerRequest::RunJob& job) {
  const v1::JobSettings& settings = job.settings();
  SourceModel model;
  if (settings.model().has_zoo_name()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const v1::ZooModel facts, FindZooModel(settings.model().zoo_name()));
    UseInputsOf(facts, model);
  } else {
    UseInputsOf(settings, model);
  }
  UseSizesOf(settings, model);
  return model;
}

absl::StatusOr<PrecisionPlan> PlanPrecision(v1::JobKind kind, v1::Precision asked,
                                            v1::Precision stored) {
  const bool runs = kind != v1::JOB_KIND_QUANTIZE;
  if (runs && IsStoredAs(asked, stored)) return AsStored(asked, stored);
  if (IsInt8(stored)) {
    if (LeavesItToTheModel(asked) && runs) return AsStored(asked, stored);
    return absl::InvalidArgumentError(absl::StrCat("the model is already quantized (",
                                                   PrecisionName(stored),
                                                   "); give the fp32 model it was made from"));
  }
  if (LeavesItToTheModel(asked)) return AsStored(asked, stored);
  if (stored != v1::PRECISION_FP32) {
    return absl::InvalidArgumentError(absl::StrCat("the model is stored in ", PrecisionName(stored),
                                                   "; quantizing to ", PrecisionName(asked),
                                                   " starts from fp32"));
  }
  PrecisionPlan plan;
  plan.quantize = true;
  plan.precision = asked;
  return plan;
}

}  // namespace edgebench::worker
