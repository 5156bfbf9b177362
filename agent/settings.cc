#include "agent/settings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "agent/placement.h"
#include "agent/quantization_settings.h"
#include "agent/settings_checks.h"
#include "common/digest.h"
#include "common/input_spec.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::agent {
namespace {

constexpr int32_t kMaxSize = 1 << 20;  // batch, image size, sequence length, frames
constexpr int32_t kMaxBeam = 1000;
constexpr double kMaxLanguageModelWeight = 100;
constexpr int32_t kMaxThreads = 1024;
constexpr int32_t kMaxStreams = 256;
constexpr int32_t kMaxSamples = kMaxFixedSamples;
constexpr int32_t kDefaultTelemetryHz = 10;
constexpr int32_t kMaxTelemetryHz = 100;
constexpr absl::Duration kLongestMeasuring = absl::Hours(7 * 24);
constexpr absl::Duration kLongestJob = absl::Hours(8 * 24);
constexpr absl::Duration kDefaultMaxTime = absl::Seconds(10);
// Of a job, for all that it does besides measuring.
constexpr absl::Duration kBesidesMeasuring = absl::Seconds(590);

constexpr char kKinds[] = "quantize, benchmark, inspect, profile, roofline";
// Pairs of inferences of a profile.
constexpr int32_t kMostProfiled = 1000;

// Those a client may ask for whatever the model is.
std::string Precisions() {
  std::vector<std::string> names = PrecisionNames();
  names.erase(std::remove(names.begin(), names.end(), PrecisionName(v1::PRECISION_AS_STORED)),
              names.end());
  return absl::StrJoin(names, ", ");
}

// Normalizes one group of fields per method, in place.
class Normalizer {
 public:
  Normalizer(const v1::JobSettings& requested, const SettingsContext& context)
      : context_(context), settings_(requested) {}

  absl::StatusOr<v1::JobSettings> Run() {
    EDGEBENCH_RETURN_IF_ERROR(Kind());
    if (settings_.kind() == v1::JOB_KIND_ROOFLINE) return RunWithoutModel();
    EDGEBENCH_RETURN_IF_ERROR(Model());
    EDGEBENCH_RETURN_IF_ERROR(Weights());
    EDGEBENCH_RETURN_IF_ERROR(Precision());
    EDGEBENCH_RETURN_IF_ERROR(Inputs());
    EDGEBENCH_RETURN_IF_ERROR(Decoding());
    EDGEBENCH_RETURN_IF_ERROR(NormalizePlacement(context_.usable_cpus, settings_));
    EDGEBENCH_RETURN_IF_ERROR(Scenario());
    EDGEBENCH_RETURN_IF_ERROR(Place());
    EDGEBENCH_RETURN_IF_ERROR(NormalizeQuantization(context_.find_artifact, settings_));
    EDGEBENCH_RETURN_IF_ERROR(Measuring());
    EDGEBENCH_RETURN_IF_ERROR(Limits());
    return std::move(settings_);
  }

 private:
  absl::Status Kind() {
    switch (settings_.kind()) {
      case v1::JOB_KIND_QUANTIZE:
      case v1::JOB_KIND_BENCHMARK:
      case v1::JOB_KIND_INSPECT:
      case v1::JOB_KIND_PROFILE:
      case v1::JOB_KIND_ROOFLINE:
        return absl::OkStatus();
      case v1::JOB_KIND_EVALUATE:
        return absl::UnimplementedError(
            absl::StrCat("kind ", JobKindName(settings_.kind()),
                         " is not available yet in this version; available: ", kKinds));
      default:
        return Refuse("kind", static_cast<int>(settings_.kind()), kKinds);
    }
  }

  // All that remains is where it runs, and its limits.
  absl::StatusOr<v1::JobSettings> RunWithoutModel() {
    const v1::JobSettings asked = std::exchange(settings_, v1::JobSettings());
    settings_.set_kind(asked.kind());
    settings_.set_target(asked.target());
    settings_.set_engine(asked.engine());
    if (asked.has_threads()) settings_.set_threads(asked.threads());
    settings_.set_pin_cpus(asked.pin_cpus());
    if (asked.has_niceness()) settings_.set_niceness(asked.niceness());
    settings_.set_huge_pages(asked.huge_pages());
    EDGEBENCH_RETURN_IF_ERROR(NormalizePlacement(context_.usable_cpus, settings_));
    if (asked.has_deadline()) *settings_.mutable_deadline() = asked.deadline();
    if (asked.has_memory_limit_bytes())
      settings_.set_memory_limit_bytes(asked.memory_limit_bytes());
    EDGEBENCH_RETURN_IF_ERROR(Place());
    EDGEBENCH_RETURN_IF_ERROR(Limits());
    return std::move(settings_);
  }

  absl::Status Model() {
    v1::ModelReference& model = *settings_.mutable_model();
    switch (model.source_case()) {
      case v1::ModelReference::kZooName:
        EDGEBENCH_RETURN_IF_ERROR(FindInZoo(model.zoo_name()));
        if (model.display_name().empty()) model.set_display_name(model.zoo_name());
        return absl::OkStatus();
      case v1::ModelReference::kArtifact:
        EDGEBENCH_RETURN_IF_ERROR(CheckArtifact("model.artifact", model.artifact()));
        if (model.display_name().empty()) model.set_display_name(ShortDigest(model.artifact()));
        return absl::OkStatus();
      default:
        return Refuse("model", "not given", "a zoo name or the digest of an uploaded file");
    }
  }

  absl::Status FindInZoo(const std::string& name) {
    std::vector<std::string> names;
    for (const v1::ZooModel& model : context_.zoo) {
      if (model.name() == name) zoo_model_ = &model;
      names.push_back(model.name());
    }
    if (zoo_model_ != nullptr) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("the zoo has no model \"", name, "\".",
                                            DidYouMean(name, names),
                                            " It has: ", absl::StrJoin(names, ", ")));
  }

  absl::Status CheckArtifact(absl::string_view field, const v1::Digest& digest) {
    if (absl::Status status = ValidateDigest(digest); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": ", status.message()));
    }
    return context_.find_artifact(digest);
  }

  absl::Status Weights() {
    if (!settings_.has_weights()) {
      settings_.clear_weights_name();
      if (!settings_.allow_missing_weights()) return absl::OkStatus();
      return Refuse("allow_missing_weights", "true", "false where no weights are given");
    }
    if (zoo_model_ == nullptr)
      return Refuse("weights", "given", "none for a model file, which has its own");
    EDGEBENCH_RETURN_IF_ERROR(CheckArtifact("weights", settings_.weights()));
    return NormalizeName("weights_name", settings_.weights(), *settings_.mutable_weights_name());
  }

  absl::Status Precision() {
    if (settings_.precision() == v1::PRECISION_UNSPECIFIED) {
      settings_.set_precision(v1::PRECISION_FP32);
    }
    const v1::Precision precision = settings_.precision();
    if (!v1::Precision_IsValid(precision)) {
      return Refuse("precision", static_cast<int>(precision), Precisions());
    }
    const bool as_stored = precision == v1::PRECISION_AS_STORED;
    if (!as_stored || (zoo_model_ == nullptr && settings_.kind() != v1::JOB_KIND_QUANTIZE)) {
      return absl::OkStatus();
    }
    return Refuse("precision", PrecisionName(precision),
                  absl::StrCat(Precisions(), " (only a model file is measured as it is stored)"));
  }

  absl::Status Inputs() {
    if (!settings_.has_batch()) settings_.set_batch(1);
    EDGEBENCH_RETURN_IF_ERROR(CheckRange("batch", settings_.batch(), 1, kMaxSize));
    if (!settings_.has_seed()) settings_.set_seed(0);
    return zoo_model_ != nullptr ? ZooInputs() : FileInputs();
  }

  absl::Status ZooInputs() {
    if (settings_.input_specs_size() > 0) {
      return Refuse("input_specs", absl::StrCat("\"", settings_.input_specs(0), "\""),
                    "none for a zoo model, whose inputs are known");
    }
    if (zoo_model_->has_default_image_size() && !settings_.has_image_size()) {
      settings_.set_image_size(zoo_model_->default_image_size());
    }
    if (zoo_model_->has_default_seq_len() && !settings_.has_seq_len()) {
      settings_.set_seq_len(zoo_model_->default_seq_len());
    }
    if (zoo_model_->has_default_frames() && !settings_.has_frames()) {
      settings_.set_frames(zoo_model_->default_frames());
    }
    const bool has_longest = zoo_model_->has_max_seq_len();
    EDGEBENCH_RETURN_IF_ERROR(CheckSize(
        "image_size", settings_.has_image_size(), settings_.image_size(),
        zoo_model_->has_default_image_size(), SizeLimits{zoo_model_->min_image_size(), kMaxSize}));
    EDGEBENCH_RETURN_IF_ERROR(CheckSize(
        "seq_len", settings_.has_seq_len(), settings_.seq_len(), zoo_model_->has_default_seq_len(),
        SizeLimits{1, has_longest ? zoo_model_->max_seq_len() : kMaxSize}));
    return CheckSize("frames", settings_.has_frames(), settings_.frames(),
                     zoo_model_->has_default_frames(),
                     SizeLimits{zoo_model_->min_frames(), kMaxSize});
  }

  absl::Status FileInputs() {
    if (settings_.input_specs().empty() && settings_.kind() != v1::JOB_KIND_INSPECT) {
      return Refuse("input_specs", "empty",
                    "one for each input of a model file, for example \"float32[N,3,224,224]\"");
    }
    bool has_image = false, has_sequence = false, has_frames = false;
    for (const std::string& text : settings_.input_specs()) {
      const auto spec = ParseInputSpec(text);
      if (!spec.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("input_specs \"", text, "\": ", spec.status().message()));
      }
      for (const InputSpec::Dimension& dimension : spec->shape) {
        has_image |= dimension.symbol == 'H' || dimension.symbol == 'W';
        has_sequence |= dimension.symbol == 'L';
        has_frames |= dimension.symbol == 'T';
      }
    }
    EDGEBENCH_RETURN_IF_ERROR(
        CheckFileSize("image_size", "H or W", settings_.has_image_size(), has_image));
    EDGEBENCH_RETURN_IF_ERROR(CheckFileSize("seq_len", "L", settings_.has_seq_len(), has_sequence));
    EDGEBENCH_RETURN_IF_ERROR(CheckFileSize("frames", "T", settings_.has_frames(), has_frames));
    EDGEBENCH_RETURN_IF_ERROR(CheckSize("image_size", settings_.has_image_size(),
                                        settings_.image_size(), has_image, SizeLimits{}));
    EDGEBENCH_RETURN_IF_ERROR(CheckSize("seq_len", settings_.has_seq_len(), settings_.seq_len(),
                                        has_sequence, SizeLimits{}));
    return CheckSize("frames", settings_.has_frames(), settings_.frames(), has_frames,
                     SizeLimits{});
  }

  absl::Status CheckFileSize(absl::string_view field, absl::string_view symbol, bool given,
                             bool needed) {
    if (given || !needed) return absl::OkStatus();
    return Refuse(field, "not given",
                  absl::StrCat("1 to ", kMaxSize, ", because input_specs uses ", symbol));
  }

  // What sizes the model takes.
  struct SizeLimits {
    int32_t smallest = 1, largest = kMaxSize;
  };

  absl::Status CheckSize(absl::string_view field, bool given, int32_t value, bool applies,
                         const SizeLimits& limits) {
    if (!given) return absl::OkStatus();
    const std::string& model = settings_.model().display_name();
    if (!applies) {
      return Refuse(field, value,
                    absl::StrCat("unset, because no input of ", model, " depends on it"));
    }
    const int32_t smallest = std::max(limits.smallest, 1);
    if (value >= smallest && value <= limits.largest) return absl::OkStatus();
    const bool of_model = smallest > 1 || limits.largest < kMaxSize;
    return Refuse(field, value,
                  absl::StrCat(smallest, " to ", limits.largest,
                               of_model ? absl::StrCat(", the limits of ", model) : ""));
  }

  absl::Status Decoding() {
    if (zoo_model_ == nullptr || !zoo_model_->decodes()) {
      if (!settings_.has_decoding()) return absl::OkStatus();
      return Refuse("decoding", "given",
                    absl::StrCat("unset, because ", settings_.model().display_name(),
                                 " does not search for an utterance",
                                 zoo_model_ == nullptr ? " by settings of the job" : ""));
    }
    v1::Decoding& decoding = *settings_.mutable_decoding();
    if (!decoding.has_ctc_weight()) decoding.set_ctc_weight(0.3);
    if (!decoding.has_lm_weight()) decoding.set_lm_weight(0.3);
    if (!decoding.has_beam()) decoding.set_beam(10);
    // Written so that NaN is refused too.
    if (!(decoding.ctc_weight() >= 0 && decoding.ctc_weight() <= 1)) {
      return Refuse("decoding.ctc_weight", decoding.ctc_weight(), "0 to 1");
    }
    if (!(decoding.lm_weight() >= 0 && decoding.lm_weight() <= kMaxLanguageModelWeight)) {
      return Refuse("decoding.lm_weight", decoding.lm_weight(),
                    absl::StrCat("0 to ", kMaxLanguageModelWeight));
    }
    return CheckRange("decoding.beam", decoding.beam(), 1, kMaxBeam);
  }

  // Where it runs and how.
  absl::Status Place() {
    if (settings_.target().empty()) settings_.set_target("cpu");
    absl::string_view index = settings_.target();
    uint32_t number = 0;
    const bool cuda = absl::ConsumePrefix(&index, "cuda:") && index.size() <= 3 &&
                      absl::SimpleAtoi(index, &number);
    if (!cuda && settings_.target() != "cpu") {
      return Refuse("target", absl::StrCat("\"", settings_.target(), "\""),
                    "cpu, cuda:0, cuda:1 ...");
    }
    if (!settings_.has_threads()) settings_.set_threads(DefaultThreads());
    EDGEBENCH_RETURN_IF_ERROR(CheckRange("threads", settings_.threads(), 1, kMaxThreads));
    if (settings_.optimize() == v1::OPTIMIZE_UNSPECIFIED) settings_.set_optimize(v1::OPTIMIZE_FULL);
    if (!v1::Optimize_IsValid(settings_.optimize())) {
      return Refuse("optimize", static_cast<int>(settings_.optimize()),
                    absl::StrJoin(OptimizeNames(), ", "));
    }
    // A model that is saved, loaded as it was, or only described stays as it is.
    const bool is_timed =
        settings_.kind() == v1::JOB_KIND_BENCHMARK || settings_.kind() == v1::JOB_KIND_PROFILE;
    if (!is_timed || settings_.scenario() == v1::SCENARIO_COLD)
      settings_.set_optimize(v1::OPTIMIZE_NONE);
    if (settings_.engine().empty()) settings_.set_engine("auto");
    return CheckName("engine", settings_.engine(), EngineNames());
  }

  int32_t DefaultThreads() const {
    return std::min(context_.default_threads,
                    PinnedCpus(settings_).value_or(context_.default_threads));
  }

  // Before the threads are chosen, which streams share.
  absl::Status Scenario() {
    if (settings_.kind() != v1::JOB_KIND_BENCHMARK) {
      settings_.clear_scenario();
      settings_.clear_streams();
      settings_.clear_latency_bound();
      return absl::OkStatus();
    }
    if (settings_.scenario() == v1::SCENARIO_UNSPECIFIED)
      settings_.set_scenario(v1::SCENARIO_STEADY);
    const v1::Scenario scenario = settings_.scenario();
    if (!v1::Scenario_IsValid(scenario))
      return Refuse("scenario", static_cast<int>(scenario), absl::StrJoin(ScenarioNames(), ", "));
    EDGEBENCH_RETURN_IF_ERROR(Streams());
    const bool server = scenario == v1::SCENARIO_SERVER;
    if (server != settings_.has_latency_bound()) {
      return Refuse("latency_bound", server ? "not given" : "given",
                    "given for the scenario server, and for no other");
    }
    if (server) {
      EDGEBENCH_RETURN_IF_ERROR(
          CheckDuration("latency_bound", settings_.latency_bound(), kLongestMeasuring));
    }
    if (scenario == v1::SCENARIO_COLD && !IsUnsetOrNone(settings_.optimize())) {
      return Refuse("optimize", OptimizeName(settings_.optimize()),
                    "none for the scenario cold, which loads the model as it is stored");
    }
    return absl::OkStatus();
  }

  absl::Status Streams() {
    const bool has_streams = settings_.scenario() == v1::SCENARIO_THROUGHPUT ||
                             settings_.scenario() == v1::SCENARIO_SERVER;
    if (!has_streams) {
      if (!settings_.has_streams()) return absl::OkStatus();
      return Refuse("streams", settings_.streams(),
                    "unset, but for the scenarios throughput and server");
    }
    if (!settings_.has_streams()) settings_.set_streams(1);
    EDGEBENCH_RETURN_IF_ERROR(CheckRange("streams", settings_.streams(), 1, kMaxStreams));
    if (!settings_.has_threads())
      settings_.set_threads(std::max(DefaultThreads() / settings_.streams(), 1));
    return absl::OkStatus();
  }

  static bool IsUnsetOrNone(v1::Optimize optimize) {
    return optimize == v1::OPTIMIZE_UNSPECIFIED || optimize == v1::OPTIMIZE_NONE;
  }

  // A fixed number of inferences, or as many as fit into a time.
  absl::Status Profiling() {
    settings_.clear_target_ci();
    settings_.clear_min_samples();
    if (settings_.has_fixed_samples()) {
      EDGEBENCH_RETURN_IF_ERROR(
          CheckRange("fixed_samples", settings_.fixed_samples(), 1, kMostProfiled));
    }
    return MaxTime();
  }

  absl::Status Measuring() {
    if (settings_.kind() == v1::JOB_KIND_PROFILE) return Profiling();
    if (settings_.kind() != v1::JOB_KIND_BENCHMARK) {
      settings_.clear_fixed_samples();
      settings_.clear_target_ci();
      settings_.clear_max_time();
      settings_.clear_min_samples();
      settings_.clear_telemetry_hz();
      return absl::OkStatus();
    }
    if (settings_.has_fixed_samples()) {
      EDGEBENCH_RETURN_IF_ERROR(
          CheckRange("fixed_samples", settings_.fixed_samples(), 1, kMaxSamples));
    }
    if (!settings_.has_target_ci()) settings_.set_target_ci(0.03);
    // Written so that NaN is refused too.
    if (!(settings_.target_ci() > 0 && settings_.target_ci() <= 1)) {
      return Refuse("target_ci", settings_.target_ci(), "more than 0, at most 1 (0.03 is 3%)");
    }
    if (!settings_.has_min_samples()) settings_.set_min_samples(16);
    EDGEBENCH_RETURN_IF_ERROR(CheckRange("min_samples", settings_.min_samples(), 1, kMaxSamples));
    if (!settings_.has_telemetry_hz()) settings_.set_telemetry_hz(kDefaultTelemetryHz);
    EDGEBENCH_RETURN_IF_ERROR(
        CheckRange("telemetry_hz", settings_.telemetry_hz(), 0, kMaxTelemetryHz));
    return MaxTime();
  }

  absl::Status MaxTime() {
    if (!settings_.has_max_time()) *settings_.mutable_max_time() = ToProto(kDefaultMaxTime);
    EDGEBENCH_RETURN_IF_ERROR(CheckDuration("max_time", settings_.max_time(), kLongestMeasuring));
    const absl::Duration max_time = FromProto(settings_.max_time());
    if (!settings_.has_deadline() || FromProto(settings_.deadline()) > max_time)
      return absl::OkStatus();
    return Refuse("deadline", absl::FormatDuration(FromProto(settings_.deadline())),
                  absl::StrCat("more than max_time, which is ", absl::FormatDuration(max_time),
                               ": a job that its deadline ends has no figures"));
  }

  absl::Status Limits() {
    if (!settings_.has_deadline()) {
      const absl::Duration measuring =
          settings_.has_max_time() ? FromProto(settings_.max_time()) : kDefaultMaxTime;
      *settings_.mutable_deadline() =
          ToProto(kBesidesMeasuring + std::max(measuring, kDefaultMaxTime));
    }
    EDGEBENCH_RETURN_IF_ERROR(CheckDuration("deadline", settings_.deadline(), kLongestJob));
    if (!settings_.has_memory_limit_bytes()) {
      settings_.set_memory_limit_bytes(context_.memory_limit_bytes);
    }
    const int64_t limit = settings_.memory_limit_bytes();
    if (limit > 0 && limit <= context_.memory_limit_bytes) return absl::OkStatus();
    return Refuse(
        "memory_limit_bytes", limit,
        absl::StrCat("1 to ", context_.memory_limit_bytes, " (",
                     FormatBytes(context_.memory_limit_bytes), ", the agent's --job-memory)"));
  }

  absl::Status CheckDuration(absl::string_view field, const google::protobuf::Duration& proto,
                             absl::Duration longest) {
    const absl::Duration duration = FromProto(proto);
    if (duration > absl::ZeroDuration() && duration <= longest) return absl::OkStatus();
    return Refuse(field, absl::FormatDuration(duration),
                  absl::StrCat("more than 0, at most ", absl::FormatDuration(longest)));
  }

  const SettingsContext& context_;
  v1::JobSettings settings_;
  const v1::ZooModel* zoo_model_ = nullptr;
};

}  // namespace

absl::StatusOr<v1::JobSettings> NormalizeSettings(const v1::JobSettings& requested,
                                                  const SettingsContext& context) {
  return Normalizer(requested, context).Run();
}

}  // namespace edgebench::agent
