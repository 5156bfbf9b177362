#include "controller/quantization_options.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "common/version.h"
#include "controller/exit_code.h"
#include "controller/job_options.h"

namespace edgebench::controller {
namespace {

constexpr char kKept[] = "fp32:";

bool IsTrained(v1::Precision precision) { return precision == v1::PRECISION_INT8_QAT; }

// "" stands for the default.
absl::Status CheckWord(const char* flag, const std::string& word,
                       const std::vector<std::string>& allowed) {
  if (word.empty() || std::find(allowed.begin(), allowed.end(), word) != allowed.end())
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(flag, ": '", word, "' is none of ",
                                                 absl::StrJoin(allowed, ", "), ".",
                                                 DidYouMean(word, allowed)));
}

absl::Status AddKept(const std::string& list, v1::JobSettings& settings) {
  if (!absl::StartsWith(list, kKept)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--keep: '", list,
                     "' does not begin with fp32:, the precision in which the operators "
                     "stay; for example --keep fp32:classifier.1,features.0.*"));
  }
  for (absl::string_view name : absl::StrSplit(list, ',')) {
    absl::ConsumePrefix(&name, kKept);
    if (name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--keep: '", list, "' has an empty name of an operator"));
    }
    settings.add_keep_fp32(std::string(name));
  }
  return absl::OkStatus();
}

absl::Status ParseColors(const char* flag, const std::string& text,
                         google::protobuf::RepeatedField<double>& values) {
  if (text.empty()) return absl::OkStatus();
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  bool numbers = parts.size() == 3;
  for (const std::string& part : parts) {
    double value = 0;
    numbers = numbers && absl::SimpleAtod(part, &value);
    values.Add(value);
  }
  if (numbers) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      flag, ": '", text, "' is not three numbers, for red, green and blue: 0.485,0.456,0.406"));
}

absl::Status ApplyImages(const QuantizationOptions& options, v1::JobSettings& settings) {
  if (options.image_resize)
    settings.mutable_image_preprocessing()->set_resize_shorter_side(*options.image_resize);
  v1::ImagePreprocessing colors;
  EDGEBENCH_RETURN_IF_ERROR(
      ParseColors("--image-mean", options.image_mean, *colors.mutable_mean()));
  EDGEBENCH_RETURN_IF_ERROR(ParseColors("--image-std", options.image_std, *colors.mutable_std()));
  if (colors.mean_size() + colors.std_size() > 0)
    settings.mutable_image_preprocessing()->MergeFrom(colors);
  return absl::OkStatus();
}

absl::Status ApplyTraining(const QuantizationOptions& options, v1::JobSettings& settings) {
  EDGEBENCH_RETURN_IF_ERROR(CheckWord("--optimizer", options.optimizer, TrainingOptimizerNames()));
  if (options.qat_steps) settings.mutable_training()->set_steps(*options.qat_steps);
  if (options.learning_rate) settings.mutable_training()->set_learning_rate(*options.learning_rate);
  if (!options.optimizer.empty()) settings.mutable_training()->set_optimizer(options.optimizer);
  return absl::OkStatus();
}

void AddMethodFlags(CLI::App& command, QuantizationOptions& options) {
  command
      .add_option("--observer", options.observer,
                  "what finds the ranges of int8-static, int8-qat: min-max, moving-average, "
                  "histogram (default), percentile, mse")
      ->type_name("OBSERVER");
  command
      .add_option("--weight-scheme", options.weight_scheme,
                  "what has one int8 scale: each channel (default) or the whole weight")
      ->type_name(absl::StrJoin(WeightSchemeNames(), "|"));
  command
      .add_option("--embeddings", options.embeddings,
                  "of int8-dynamic, int8-weight-only; default: fp32")
      ->type_name("int8|fp32");
  command
      .add_option(
          "--keep", options.keep,
          "operators that stay fp32, as coverage names them: fp32:classifier.1,features.0.*")
      ->type_name("fp32:NAME,..")
      ->allow_extra_args(false);
  command
      .add_option("--min-sqnr", options.min_sqnr_db,
                  "keep in fp32 what hurts most, until parity has so many dB")
      ->type_name("DB")
      ->check(CLI::Range(1e-6, 200.0).description(""));
  command.add_flag("--sensitivity", options.sensitivity, "rank operators by what each costs");
}

void AddCalibrationFlags(CLI::App& command, QuantizationOptions& options) {
  command
      .add_option("--calibration", options.calibration,
                  "a file or folder of images or tensors that calibrates, and on a part of which "
                  "parity is measured; default: seeded random inputs")
      ->type_name("FILE");
  command
      .add_option("--calibration-batches", options.calibration_batches,
                  "batches of random inputs, for int8-static and int8-qat; default: 2")
      ->type_name("N")
      ->check(UpTo(1'000'000));
  command
      .add_option("--image-resize", options.image_resize,
                  "pixels of the shorter side, before the middle is cut out; default: 256/224 of "
                  "the image size")
      ->type_name("N")
      ->check(UpTo(8192));
  command
      .add_option("--image-mean", options.image_mean,
                  "subtracted from colors; default: 0.485,0.456,0.406 (ImageNet)")
      ->type_name("R,G,B");
  command
      .add_option("--image-std", options.image_std,
                  "colors are divided by it; default: 0.229,0.224,0.225 (ImageNet)")
      ->type_name("R,G,B");
}

void AddTrainingFlags(CLI::App& command, QuantizationOptions& options) {
  command.add_option("--qat-steps", options.qat_steps, "steps of training; default: 100")
      ->type_name("N")
      ->check(UpTo(100'000));
  command
      .add_option("--learning-rate", options.learning_rate,
                  "at the start; default: 1e-6 with adam, 1e-4 with sgd")
      ->type_name("X")
      ->check(CLI::Range(1e-12, 1.0).description(""));
  command.add_option("--optimizer", options.optimizer, "what changes the weights; default: adam")
      ->type_name(absl::StrJoin(TrainingOptimizerNames(), "|"));
}

// What a flag is good for.
struct Use {
  const char* flag;
  bool given;
  bool (*takes)(v1::Precision);
  const char* precisions;
};

std::vector<Use> UsesOf(const QuantizationOptions& options) {
  static constexpr char kAnyQuantizing[] = "a precision that quantizes";
  static constexpr char kCalibrated[] = "int8-static, int8-qat";
  return {
      {"--observer", !options.observer.empty(), IsCalibrated, kCalibrated},
      {"--weight-scheme", !options.weight_scheme.empty(), IsInt8, "the precisions int8-.."},
      {"--embeddings", !options.embeddings.empty(), TakesEmbeddings,
       "int8-dynamic, int8-weight-only"},
      {"--keep", !options.keep.empty(), IsQuantizing, kAnyQuantizing},
      {"--min-sqnr", options.min_sqnr_db.has_value(), IsQuantizing, kAnyQuantizing},
      {"--sensitivity", options.sensitivity, IsQuantizing, kAnyQuantizing},
      {"--calibration", !options.calibration.empty(), IsQuantizing, kAnyQuantizing},
      {"--calibration-batches", options.calibration_batches.has_value(), IsCalibrated, kCalibrated},
      {"--image-resize", options.image_resize.has_value(), IsQuantizing, kAnyQuantizing},
      {"--image-mean", !options.image_mean.empty(), IsQuantizing, kAnyQuantizing},
      {"--image-std", !options.image_std.empty(), IsQuantizing, kAnyQuantizing},
      {"--qat-steps", options.qat_steps.has_value(), IsTrained, "int8-qat"},
      {"--learning-rate", options.learning_rate.has_value(), IsTrained, "int8-qat"},
      {"--optimizer", !options.optimizer.empty(), IsTrained, "int8-qat"},
  };
}

}  // namespace

void AddQuantizationFlags(CLI::App& command, QuantizationOptions& options) {
  InGroup(command, "Quantization", [&] { AddMethodFlags(command, options); });
  InGroup(command, "Data, for calibration and parity",
          [&] { AddCalibrationFlags(command, options); });
  InGroup(command, "Training, of int8-qat", [&] { AddTrainingFlags(command, options); });
}

absl::Status ApplyQuantization(const QuantizationOptions& options, v1::JobSettings& settings) {
  EDGEBENCH_RETURN_IF_ERROR(CheckWord("--observer", options.observer, ObserverNames()));
  EDGEBENCH_RETURN_IF_ERROR(
      CheckWord("--weight-scheme", options.weight_scheme, WeightSchemeNames()));
  EDGEBENCH_RETURN_IF_ERROR(CheckWord("--embeddings", options.embeddings, {"int8", "fp32"}));
  settings.set_observer(options.observer);
  settings.set_weight_scheme(options.weight_scheme);
  settings.set_quantize_embeddings(options.embeddings == "int8");
  for (const std::string& list : options.keep) EDGEBENCH_RETURN_IF_ERROR(AddKept(list, settings));
  if (options.min_sqnr_db) settings.set_min_sqnr_db(*options.min_sqnr_db);
  settings.set_sensitivity(options.sensitivity);
  if (options.calibration_batches) settings.set_calibration_batches(*options.calibration_batches);
  EDGEBENCH_RETURN_IF_ERROR(ApplyImages(options, settings));
  return ApplyTraining(options, settings);
}

absl::Status CheckUseOf(const QuantizationOptions& options,
                        const std::vector<v1::Precision>& precisions) {
  for (const Use& use : UsesOf(options)) {
    if (!use.given || std::any_of(precisions.begin(), precisions.end(), use.takes)) continue;
    std::vector<std::string> names;
    for (const v1::Precision precision : precisions) names.push_back(PrecisionName(precision));
    return absl::InvalidArgumentError(absl::StrCat(use.flag, " is for ", use.precisions,
                                                   ", and has no use with --precision ",
                                                   absl::StrJoin(names, ",")));
  }
  return absl::OkStatus();
}

void ClearWhatIsOfOthers(v1::JobSettings& settings) {
  const v1::Precision precision = settings.precision();
  if (!IsQuantizing(precision)) {
    settings.clear_keep_fp32();
    settings.clear_min_sqnr_db();
    settings.clear_sensitivity();
    settings.clear_calibration();
    settings.clear_calibration_name();
    settings.clear_image_preprocessing();
  }
  if (!IsInt8(precision)) settings.clear_weight_scheme();
  if (!TakesEmbeddings(precision)) settings.clear_quantize_embeddings();
  if (!IsTrained(precision)) settings.clear_training();
  if (IsCalibrated(precision)) return;
  settings.clear_observer();
  settings.clear_calibration_batches();
}

absl::Status CheckAgentKnows(const std::string& device, const v1::Capabilities& capabilities,
                             const v1::JobSettings& settings) {
  const bool quantization =
      settings.keep_fp32_size() > 0 || settings.has_min_sqnr_db() || settings.sensitivity() ||
      settings.quantize_embeddings() || !settings.weight_scheme().empty() ||
      settings.has_image_preprocessing() || settings.has_training() || settings.has_calibration();
  struct Newer {
    bool asked;
    int since;  // the minor version of the API
    const char* what;
  };
  const Newer all[] = {
      {quantization, 1, "these settings of quantization"},
      {settings.has_weights(), 2, "--weights, and would run with random ones"},
  };
  for (const Newer& newer : all) {
    if (!newer.asked || capabilities.api_major() > kApiMajor ||
        capabilities.api_minor() >= newer.since)
      continue;
    return WithExitCode(absl::FailedPreconditionError(absl::StrCat(
                            device, ": its agent (version ", capabilities.agent_version(),
                            ") is older than ", newer.what, "; update edgebench-agent there")),
                        ExitCode::kDeviceFault);
  }
  return absl::OkStatus();
}

}  // namespace edgebench::controller
