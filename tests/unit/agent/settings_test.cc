#include "agent/settings.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <ostream>

#include "common/digest.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kAgentLimit = 4'000'000'000;

SettingsContext Context() {
  SettingsContext context;
  for (const char* name : {"mobilenet_v2", "resnet18"}) {
    v1::ZooModel& model = context.zoo.emplace_back();
    model.set_name(name);
    model.set_default_image_size(224);
    model.set_min_image_size(32);
  }
  v1::ZooModel& text = context.zoo.emplace_back();
  text.set_name("bert");
  text.set_default_seq_len(128);
  text.set_max_seq_len(512);
  v1::ZooModel& speech = context.zoo.emplace_back();
  speech.set_name("asr");
  speech.set_default_frames(500);
  speech.set_min_frames(10);
  speech.set_decodes(true);
  context.default_threads = 4;
  context.memory_limit_bytes = kAgentLimit;
  context.find_artifact = [](const v1::Digest& digest) {
    if (digest.sha256() == Sha256Hex("here")) return absl::OkStatus();
    return absl::FailedPreconditionError("upload it first");
  };
  return context;
}

v1::Digest DigestOf(const std::string& content) {
  v1::Digest digest;
  digest.set_sha256(Sha256Hex(content));
  digest.set_size_bytes(static_cast<int64_t>(content.size()));
  return digest;
}

v1::JobSettings ZooBenchmark() {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name("mobilenet_v2");
  return settings;
}

v1::JobSettings FileBenchmark() {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  *settings.mutable_model()->mutable_artifact() = DigestOf("here");
  settings.add_input_specs("float32[N,3,64,64]");
  return settings;
}

TEST(Settings, OfAModelThatDecodesSayHow) {
  v1::JobSettings asked = ZooBenchmark();
  asked.mutable_model()->set_zoo_name("asr");
  const v1::JobSettings settings = NormalizeSettings(asked, Context()).value();
  EXPECT_EQ(settings.frames(), 500);
  EXPECT_FALSE(settings.has_image_size());
  EXPECT_EQ(settings.decoding().ctc_weight(), 0.3);
  EXPECT_EQ(settings.decoding().lm_weight(), 0.3);
  EXPECT_EQ(settings.decoding().beam(), 10);

  asked.mutable_decoding()->set_ctc_weight(0);
  EXPECT_EQ(NormalizeSettings(asked, Context())->decoding().ctc_weight(), 0) << "0 is a value";
  EXPECT_FALSE(NormalizeSettings(ZooBenchmark(), Context())->has_decoding());
}

v1::JobSettings WithWeights(v1::JobSettings settings) {
  *settings.mutable_weights() = DigestOf("here");
  return settings;
}

TEST(Settings, TakeWeightsForAModelOfTheZoo) {
  v1::JobSettings settings = WithWeights(ZooBenchmark());
  EXPECT_EQ(NormalizeSettings(settings, Context())->weights_name(), ShortDigest(DigestOf("here")));
  settings.set_weights_name("cats.pth");
  settings.set_allow_missing_weights(true);
  const auto normalized = NormalizeSettings(settings, Context());
  ASSERT_TRUE(normalized.ok()) << normalized.status();
  EXPECT_EQ(normalized->weights_name(), "cats.pth");
  EXPECT_EQ(normalized->weights().sha256(), Sha256Hex("here"));
  EXPECT_TRUE(normalized->allow_missing_weights());
}

TEST(Settings, RefuseWeightsThatNothingCanBeDoneWith) {
  const auto refusal = [](const v1::JobSettings& settings) {
    return NormalizeSettings(settings, Context()).status();
  };
  v1::JobSettings settings = WithWeights(FileBenchmark());
  EXPECT_THAT(std::string(refusal(settings).message()),
              HasSubstr("weights is given; allowed: none for a model file"));
  settings = ZooBenchmark();
  *settings.mutable_weights() = DigestOf("elsewhere");
  EXPECT_EQ(refusal(settings).code(), absl::StatusCode::kFailedPrecondition);
  settings = WithWeights(ZooBenchmark());
  settings.mutable_weights()->set_sha256("xyz");
  EXPECT_EQ(refusal(settings).code(), absl::StatusCode::kInvalidArgument);
  settings = WithWeights(ZooBenchmark());
  settings.set_weights_name(std::string(256, 'x'));
  EXPECT_THAT(std::string(refusal(settings).message()),
              HasSubstr("weights_name is 256 bytes; allowed: at most 255"));
  settings = ZooBenchmark();
  settings.set_allow_missing_weights(true);
  EXPECT_THAT(std::string(refusal(settings).message()), HasSubstr("allow_missing_weights"));
}

TEST(Settings, FillsInEveryDefaultOfABenchmark) {
  const v1::JobSettings settings = NormalizeSettings(ZooBenchmark(), Context()).value();
  EXPECT_EQ(settings.model().display_name(), "mobilenet_v2");
  EXPECT_EQ(settings.precision(), v1::PRECISION_FP32);
  EXPECT_EQ(settings.batch(), 1);
  EXPECT_EQ(settings.image_size(), 224);
  EXPECT_FALSE(settings.has_seq_len());
  EXPECT_EQ(settings.target(), "cpu");
  EXPECT_EQ(settings.threads(), 4);
  EXPECT_EQ(settings.engine(), "auto");
  EXPECT_EQ(settings.optimize(), v1::OPTIMIZE_FULL);
  EXPECT_TRUE(settings.has_seed());
  EXPECT_EQ(settings.target_ci(), 0.03);
  EXPECT_EQ(settings.max_time().seconds(), 10);
  EXPECT_EQ(settings.min_samples(), 16);
  EXPECT_EQ(settings.telemetry_hz(), 10);
  EXPECT_FALSE(settings.has_fixed_samples());
  EXPECT_EQ(settings.deadline().seconds(), 600);
  EXPECT_EQ(settings.memory_limit_bytes(), kAgentLimit);
  EXPECT_EQ(settings.observer(), "") << "nothing is quantized";
}

TEST(Settings, PinnedProcessorsBoundTheThreadsThatNobodyAskedFor) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_pin_cpus("1,0");
  SettingsContext context = Context();
  context.usable_cpus = "0-3";
  EXPECT_EQ(NormalizeSettings(settings, context)->threads(), 2);
  EXPECT_EQ(NormalizeSettings(settings, context)->pin_cpus(), "0-1");
  settings.set_scenario(v1::SCENARIO_THROUGHPUT);
  settings.set_streams(2);
  EXPECT_EQ(NormalizeSettings(settings, context)->threads(), 1);
  settings.set_threads(4);
  EXPECT_EQ(NormalizeSettings(settings, context)->threads(), 4) << "as asked";
  settings.set_pin_cpus("4");
  EXPECT_THAT(std::string(NormalizeSettings(settings, context).status().message()),
              HasSubstr("pin_cpus is \"4\""));
}

TEST(Settings, StreamsShareTheCoresUnlessThreadsAreGiven) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_scenario(v1::SCENARIO_THROUGHPUT);
  settings.set_streams(3);
  EXPECT_EQ(NormalizeSettings(settings, Context())->threads(), 1) << "of four cores";
  settings.set_threads(2);
  EXPECT_EQ(NormalizeSettings(settings, Context())->threads(), 2);
  settings.clear_streams();
  EXPECT_EQ(NormalizeSettings(settings, Context())->streams(), 1);
}

TEST(Settings, AColdStartIsThatOfTheModelAsItIsStored) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_scenario(v1::SCENARIO_COLD);
  EXPECT_EQ(NormalizeSettings(settings, Context())->optimize(), v1::OPTIMIZE_NONE);
}

TEST(Settings, OfAJobThatMeasuresNothingHaveNoScenario) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_kind(v1::JOB_KIND_QUANTIZE);
  settings.set_scenario(v1::SCENARIO_SERVER);
  settings.set_streams(2);
  const auto normalized = NormalizeSettings(settings, Context());
  ASSERT_TRUE(normalized.ok()) << normalized.status();
  EXPECT_EQ(normalized->scenario(), v1::SCENARIO_UNSPECIFIED);
  EXPECT_FALSE(normalized->has_streams());
}

TEST(Settings, GivesALongMeasurementTheTimeToEnd) {
  v1::JobSettings settings = ZooBenchmark();
  settings.mutable_max_time()->set_seconds(3600);
  EXPECT_EQ(NormalizeSettings(settings, Context())->deadline().seconds(), 3600 + 590);
  settings.mutable_max_time()->set_seconds(1);
  EXPECT_EQ(NormalizeSettings(settings, Context())->deadline().seconds(), 600);
}

TEST(Settings, ChangesNothingWhenNormalizedAgain) {
  v1::JobSettings settings = ZooBenchmark();
  settings.mutable_max_time()->set_seconds(7 * 24 * 3600);
  const v1::JobSettings once = NormalizeSettings(settings, Context()).value();
  const v1::JobSettings twice = NormalizeSettings(once, Context()).value();
  EXPECT_EQ(twice.SerializeAsString(), once.SerializeAsString());
}

// So that none is tried again with less: NextOptimize stops at none.
TEST(Settings, OptimizesNothingThatIsNotMeasured) {
  for (const v1::JobKind kind : {v1::JOB_KIND_QUANTIZE, v1::JOB_KIND_INSPECT}) {
    v1::JobSettings settings = ZooBenchmark();
    settings.set_kind(kind);
    settings.set_optimize(v1::OPTIMIZE_FULL);
    EXPECT_EQ(NormalizeSettings(settings, Context()).value().optimize(), v1::OPTIMIZE_NONE);
  }
}

TEST(Settings, RefusesAnOptimizationThatIsNoneEvenWhereItIsNotUsed) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_kind(v1::JOB_KIND_QUANTIZE);
  settings.set_optimize(static_cast<v1::Optimize>(9));
  EXPECT_EQ(NormalizeSettings(settings, Context()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Settings, ClearsMeasuringFieldsOfAJobThatMeasuresNothing) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_kind(v1::JOB_KIND_INSPECT);
  settings.set_fixed_samples(5);
  settings.set_target_ci(0.5);
  const v1::JobSettings normalized = NormalizeSettings(settings, Context()).value();
  EXPECT_FALSE(normalized.has_fixed_samples() || normalized.has_target_ci() ||
               normalized.has_max_time() || normalized.has_min_samples() ||
               normalized.has_telemetry_hz());
}

TEST(Settings, AProfileIsOfTheOptimizedModelAndHasNoGoal) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_kind(v1::JOB_KIND_PROFILE);
  const v1::JobSettings normalized = NormalizeSettings(settings, Context()).value();
  EXPECT_EQ(normalized.optimize(), v1::OPTIMIZE_FULL);
  EXPECT_EQ(normalized.max_time().seconds(), 10);
  EXPECT_FALSE(normalized.has_fixed_samples() || normalized.has_target_ci() ||
               normalized.has_min_samples());
  EXPECT_EQ(NormalizeSettings(normalized, Context()).value().SerializeAsString(),
            normalized.SerializeAsString());
}

TEST(Settings, PeaksHaveAPlaceAndLimitsAndNothingElse) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_kind(v1::JOB_KIND_ROOFLINE);
  settings.set_threads(3);
  const v1::JobSettings normalized = NormalizeSettings(settings, Context()).value();
  EXPECT_EQ(normalized.threads(), 3);
  EXPECT_EQ(normalized.target(), "cpu");
  EXPECT_EQ(normalized.engine(), "auto");
  EXPECT_TRUE(normalized.has_deadline() && normalized.has_memory_limit_bytes());
  EXPECT_FALSE(normalized.has_model() || normalized.has_batch() || normalized.has_seed() ||
               normalized.has_max_time());
  EXPECT_EQ(NormalizeSettings(normalized, Context()).value().SerializeAsString(),
            normalized.SerializeAsString());
}

TEST(Settings, TakesAModelFileWithItsInputs) {
  const v1::JobSettings settings = NormalizeSettings(FileBenchmark(), Context()).value();
  EXPECT_EQ(settings.model().display_name(), ShortDigest(DigestOf("here")));
  EXPECT_FALSE(settings.has_image_size());
}

TEST(Settings, TakesAModelFileAsItIsStored) {
  v1::JobSettings settings = FileBenchmark();
  settings.set_precision(v1::PRECISION_AS_STORED);
  EXPECT_TRUE(NormalizeSettings(settings, Context()).ok());
}

TEST(Settings, NeedsNoInputsToInspectAModelFile) {
  v1::JobSettings settings = FileBenchmark();
  settings.set_kind(v1::JOB_KIND_INSPECT);
  settings.clear_input_specs();
  EXPECT_TRUE(NormalizeSettings(settings, Context()).ok());
}

TEST(Settings, TakesATargetAndAnEngineThisDeviceMayLack) {
  v1::JobSettings settings = ZooBenchmark();
  settings.set_target("cuda:1");
  settings.set_engine("fbgemm");
  EXPECT_TRUE(NormalizeSettings(settings, Context()).ok());
}

struct Refusal {
  const char* name;
  std::function<void(v1::JobSettings&)> change;
  absl::StatusCode code;
  const char* message;  // a part of it
  bool file = false;    // starts from a model file instead of a zoo model
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class SettingsRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(SettingsRefusal, NamesTheFieldAndWhatIsAllowed) {
  v1::JobSettings settings = GetParam().file ? FileBenchmark() : ZooBenchmark();
  GetParam().change(settings);
  const absl::Status status = NormalizeSettings(settings, Context()).status();
  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

using S = v1::JobSettings;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// The change to a job of the model that decodes.
std::function<void(S&)> Speech(std::function<void(S&)> change) {
  return [change = std::move(change)](S& s) {
    s.mutable_model()->set_zoo_name("asr");
    change(s);
  };
}

const Refusal kRefusals[] = {
    {"NoKind", [](S& s) { s.clear_kind(); }, kInvalid, "kind is 0; allowed: quantize"},
    {"UnknownKind", [](S& s) { s.set_kind(static_cast<v1::JobKind>(99)); }, kInvalid, "kind is 99"},
    {"Evaluate", [](S& s) { s.set_kind(v1::JOB_KIND_EVALUATE); }, absl::StatusCode::kUnimplemented,
     "available: quantize, benchmark, inspect"},
    {"TooLongProfile",
     [](S& s) {
       s.set_kind(v1::JOB_KIND_PROFILE);
       s.set_fixed_samples(1001);
     },
     kInvalid, "fixed_samples is 1001; allowed: 1 to 1000"},
    {"PeaksOfNoTarget",
     [](S& s) {
       s.set_kind(v1::JOB_KIND_ROOFLINE);
       s.set_target("gpu");
     },
     kInvalid, "target is \"gpu\""},
    {"NoModel", [](S& s) { s.clear_model(); }, kInvalid, "model is not given"},
    {"MistypedModel", [](S& s) { s.mutable_model()->set_zoo_name("mobilnet_v2"); },
     absl::StatusCode::kNotFound, "Did you mean mobilenet_v2?"},
    {"UnknownModel", [](S& s) { s.mutable_model()->set_zoo_name("zzzzzz"); },
     absl::StatusCode::kNotFound, "It has: mobilenet_v2, resnet18, bert, asr"},
    {"ArtifactNotThere",
     [](S& s) { *s.mutable_model()->mutable_artifact() = DigestOf("elsewhere"); },
     absl::StatusCode::kFailedPrecondition, "upload it first", true},
    {"MalformedArtifact", [](S& s) { s.mutable_model()->mutable_artifact()->set_sha256("xyz"); },
     kInvalid, "model.artifact", true},
    {"UnknownPrecision", [](S& s) { s.set_precision(static_cast<v1::Precision>(77)); }, kInvalid,
     "precision is 77; allowed: fp32, fp16, bf16, int8-dynamic, int8-static, int8-weight-only, "
     "int8-qat"},
    {"ZooModelAsStored", [](S& s) { s.set_precision(v1::PRECISION_AS_STORED); }, kInvalid,
     "only a model file"},
    {"BatchZero", [](S& s) { s.set_batch(0); }, kInvalid, "batch is 0; allowed: 1 to"},
    {"BatchHuge", [](S& s) { s.set_batch(1 << 30); }, kInvalid, "batch is 1073741824"},
    {"ImageSizeZero", [](S& s) { s.set_image_size(0); }, kInvalid, "image_size is 0"},
    {"SequenceForImages", [](S& s) { s.set_seq_len(5); }, kInvalid, "seq_len is 5; allowed: unset"},
    {"ImageForSequences",
     [](S& s) {
       s.mutable_model()->set_zoo_name("bert");
       s.set_image_size(32);
     },
     kInvalid, "image_size is 32; allowed: unset"},
    {"ImageBelowTheModelsLimit", [](S& s) { s.set_image_size(31); }, kInvalid,
     "image_size is 31; allowed: 32 to 1048576, the limits of mobilenet_v2"},
    {"SequenceBeyondTheModelsLimit",
     [](S& s) {
       s.mutable_model()->set_zoo_name("bert");
       s.set_seq_len(513);
     },
     kInvalid, "seq_len is 513; allowed: 1 to 512, the limits of bert"},
    {"FramesForImages", [](S& s) { s.set_frames(500); }, kInvalid, "frames is 500; allowed: unset"},
    {"FramesBelowTheModelsLimit", Speech([](S& s) { s.set_frames(9); }), kInvalid,
     "frames is 9; allowed: 10 to"},
    {"FileNeedsFrames", [](S& s) { s.set_input_specs(0, "float32[N,T,80]"); }, kInvalid,
     "frames is not given", true},
    {"DecodingForImages", [](S& s) { s.mutable_decoding()->set_beam(3); }, kInvalid,
     "mobilenet_v2 does not search for an utterance"},
    {"CtcWeightAboveOne", Speech([](S& s) { s.mutable_decoding()->set_ctc_weight(1.5); }), kInvalid,
     "decoding.ctc_weight is 1.5; allowed: 0 to 1"},
    {"CtcWeightNotANumber",
     Speech([](S& s) { s.mutable_decoding()->set_ctc_weight(std::nan("")); }), kInvalid,
     "decoding.ctc_weight is nan"},
    {"NegativeLanguageModelWeight", Speech([](S& s) { s.mutable_decoding()->set_lm_weight(-1); }),
     kInvalid, "decoding.lm_weight is -1"},
    {"BeamOfNothing", Speech([](S& s) { s.mutable_decoding()->set_beam(0); }), kInvalid,
     "decoding.beam is 0; allowed: 1 to 1000"},
    {"InputsForZooModel", [](S& s) { s.add_input_specs("float32[1]"); }, kInvalid,
     "none for a zoo model"},
    {"NoInputsForFile", [](S& s) { s.clear_input_specs(); }, kInvalid, "input_specs is empty",
     true},
    {"MalformedInput", [](S& s) { s.set_input_specs(0, "float33[N]"); }, kInvalid,
     "input_specs \"float33[N]\"", true},
    {"FileNeedsImageSize", [](S& s) { s.set_input_specs(0, "float32[N,3,H,W]"); }, kInvalid,
     "image_size is not given", true},
    {"FileNeedsSequenceLength", [](S& s) { s.set_input_specs(0, "int64[N,L]"); }, kInvalid,
     "seq_len is not given", true},
    {"FileTakesNoImageSize", [](S& s) { s.set_image_size(64); }, kInvalid, "image_size is 64",
     true},
    {"UnknownTarget", [](S& s) { s.set_target("gpu"); }, kInvalid,
     "target is \"gpu\"; allowed: cpu, cuda:0"},
    {"TargetWithoutNumber", [](S& s) { s.set_target("cuda:"); }, kInvalid, "target"},
    {"TargetWithSign", [](S& s) { s.set_target("cuda:-1"); }, kInvalid, "target"},
    {"ThreadsZero", [](S& s) { s.set_threads(0); }, kInvalid, "threads is 0; allowed: 1 to 1024"},
    {"MistypedEngine", [](S& s) { s.set_engine("qnpack"); }, kInvalid, "Did you mean qnnpack?"},
    {"UnknownOptimize", [](S& s) { s.set_optimize(static_cast<v1::Optimize>(9)); }, kInvalid,
     "optimize is 9; allowed: none, freeze, full"},
    {"UnknownScenario", [](S& s) { s.set_scenario(static_cast<v1::Scenario>(9)); }, kInvalid,
     "scenario is 9; allowed: steady, cold, sustained, throughput, server"},
    {"StreamsOfTheSteadyState", [](S& s) { s.set_streams(2); }, kInvalid,
     "streams is 2; allowed: unset"},
    {"NoStreams",
     [](S& s) {
       s.set_scenario(v1::SCENARIO_THROUGHPUT);
       s.set_streams(0);
     },
     kInvalid, "streams is 0; allowed: 1 to 256"},
    {"ServerWithoutABound", [](S& s) { s.set_scenario(v1::SCENARIO_SERVER); }, kInvalid,
     "latency_bound is not given"},
    {"BoundWithoutAServer", [](S& s) { s.mutable_latency_bound()->set_seconds(1); }, kInvalid,
     "latency_bound is given; allowed: given for the scenario server"},
    {"BoundOfNoTime",
     [](S& s) {
       s.set_scenario(v1::SCENARIO_SERVER);
       s.mutable_latency_bound()->set_seconds(0);
     },
     kInvalid, "latency_bound is 0; allowed: more than 0"},
    {"OptimizedColdStart",
     [](S& s) {
       s.set_scenario(v1::SCENARIO_COLD);
       s.set_optimize(v1::OPTIMIZE_FULL);
     },
     kInvalid, "optimize is full; allowed: none for the scenario cold"},
    {"NoSamples", [](S& s) { s.set_fixed_samples(0); }, kInvalid, "fixed_samples is 0"},
    {"TooManySamples", [](S& s) { s.set_fixed_samples(1'000'001); }, kInvalid,
     "fixed_samples is 1000001"},
    {"CiZero", [](S& s) { s.set_target_ci(0); }, kInvalid, "target_ci is 0"},
    {"CiNotANumber", [](S& s) { s.set_target_ci(std::nan("")); }, kInvalid, "target_ci is nan"},
    {"CiAboveOne", [](S& s) { s.set_target_ci(1.5); }, kInvalid, "target_ci is 1.5"},
    {"NegativeMaxTime", [](S& s) { s.mutable_max_time()->set_seconds(-1); }, kInvalid,
     "max_time is -1s"},
    {"TelemetryTooOften", [](S& s) { s.set_telemetry_hz(101); }, kInvalid, "telemetry_hz is 101"},
    {"TelemetryNegative", [](S& s) { s.set_telemetry_hz(-1); }, kInvalid, "telemetry_hz is -1"},
    {"MinSamplesZero", [](S& s) { s.set_min_samples(0); }, kInvalid, "min_samples is 0"},
    {"DeadlineWithinMaxTime",
     [](S& s) {
       s.mutable_max_time()->set_seconds(3600);
       s.mutable_deadline()->set_seconds(3600);
     },
     kInvalid, "deadline is 1h; allowed: more than max_time, which is 1h"},
    {"DeadlineWithinTheDefaultMaxTime", [](S& s) { s.mutable_deadline()->set_seconds(5); },
     kInvalid, "deadline is 5s; allowed: more than max_time, which is 10s"},
    {"DeadlineZero", [](S& s) { s.mutable_deadline(); }, kInvalid, "deadline is 0"},
    {"DeadlineForever",
     [](S& s) { s.mutable_deadline()->set_seconds(std::numeric_limits<int64_t>::max()); }, kInvalid,
     "deadline is"},
    {"MemoryAboveTheAgents", [](S& s) { s.set_memory_limit_bytes(kAgentLimit + 1); }, kInvalid,
     "4.00 GB, the agent's --job-memory"},
    {"NoMemory", [](S& s) { s.set_memory_limit_bytes(0); }, kInvalid, "memory_limit_bytes is 0"},
};

INSTANTIATE_TEST_SUITE_P(Each, SettingsRefusal, ::testing::ValuesIn(kRefusals),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace edgebench::agent
