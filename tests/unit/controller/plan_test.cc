#include "controller/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "controller/exit_code.h"
#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

Plan Parsed(const std::string& text, bool quick = false) {
  const auto plan = ParsePlan(text, "plan.yaml", quick);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}

std::string Refusal(const std::string& text) {
  const auto plan = ParsePlan(text, "plan.yaml", false);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(plan.status().message());
}

TEST(Plan, IsOneStudyWhereItNamesNone) {
  const Plan plan =
      Parsed("models: [resnet18, vgg16]\nprecisions: fp32\nsweep:\n  batch: [1, 8]\n");
  ASSERT_THAT(plan.studies, SizeIs(1));
  EXPECT_THAT(plan.studies[0].options.models, ElementsAre("resnet18", "vgg16"));
  EXPECT_THAT(plan.studies[0].options.precisions, ElementsAre("fp32"));
  EXPECT_THAT(plan.studies[0].options.batches, ElementsAre(1, 8));
  EXPECT_THAT(plan.studies[0].options.devices, ElementsAre("local"));
  EXPECT_THAT(plan.labels.name, IsEmpty());
}

TEST(Plan, GivesItsDefaultsToStudiesThatSayNothingElse) {
  const Plan plan = Parsed(R"(
name: vision
notes: first try
tags: [lab, pi]
defaults:
  devices: [local, pi]
  repeats: 5
  max-time: 20s
studies:
  - models: resnet18
  - models: [bert_base]
    repeats: 1
    sweep: {seq-len: [16, 64], threads: [1, 2]}
)");
  EXPECT_EQ(plan.labels.name, "vision");
  EXPECT_EQ(plan.labels.note, "first try");
  EXPECT_THAT(plan.labels.tags, ElementsAre("lab", "pi"));
  ASSERT_THAT(plan.studies, SizeIs(2));
  EXPECT_THAT(plan.studies[0].options.devices, ElementsAre("local", "pi"));
  EXPECT_EQ(plan.studies[0].options.job.processes, 5);
  EXPECT_EQ(plan.studies[1].options.job.processes, 1);
  EXPECT_EQ(plan.studies[1].options.job.max_time, "20s");
  EXPECT_THAT(plan.studies[1].options.sizes[1], ElementsAre(16, 64));
  EXPECT_THAT(plan.studies[1].options.job.threads, ElementsAre(1, 2));
}

TEST(Plan, TakesEveryFlagOfBenchAsAKey) {
  const Plan plan = Parsed(R"(
models: [resnet18]
target: cpu
engines: [onednn, qnnpack]
optimize: none
nice: -5
pin: 0-3
min-sqnr: 20
calibration-batches: 4
keep: ["fp32:fc,conv1"]
sensitivity: yes
allow-missing: false
input: 'float32[N,3,H,W]'
)");
  const JobOptions& job = plan.studies.at(0).options.job;
  EXPECT_THAT(job.engines, ElementsAre("onednn", "qnnpack"));
  EXPECT_EQ(job.optimize, "none");
  EXPECT_EQ(job.niceness, -5);
  EXPECT_EQ(job.pin_cpus, "0-3");
  EXPECT_EQ(job.quantization.min_sqnr_db, 20);
  EXPECT_EQ(job.quantization.calibration_batches, 4);
  EXPECT_THAT(job.quantization.keep, ElementsAre("fp32:fc,conv1"));
  EXPECT_TRUE(job.quantization.sensitivity);
  EXPECT_FALSE(job.allow_missing);
  EXPECT_THAT(job.inputs, ElementsAre("float32[N,3,H,W]"));
}

TEST(Plan, QuickMeasuresOneProcessOfASecondAndWhatThePlanSays) {
  const std::string text = R"(
defaults: {repeats: 5, max-time: 60s}
studies:
  - models: [resnet18]
    sweep: {image-size: [64, 224], batch: [1, 8]}
  - models: [vgg16]
    cold: true
    repeats: 20
quick:
  sweep: {image-size: 64}
)";
  EXPECT_EQ(Parsed(text).studies.at(0).options.job.processes, 5);
  EXPECT_THAT(Parsed(text).studies.at(0).options.sizes[0], ElementsAre(64, 224));
  const Plan quick = Parsed(text, /*quick=*/true);
  EXPECT_EQ(quick.studies.at(0).options.job.processes, 1);
  EXPECT_EQ(quick.studies.at(0).options.job.max_time, "1s");
  EXPECT_THAT(quick.studies.at(0).options.sizes[0], ElementsAre(64));
  EXPECT_THAT(quick.studies.at(0).options.batches, ElementsAre(1, 8)) << "quick says nothing of it";
  EXPECT_EQ(quick.studies.at(1).options.job.processes, 1);
}

TEST(Plan, QuickLeavesTheNumberOfSamplesToAStudyThatSaysIt) {
  const Plan quick = Parsed("models: [a]\nk: 9\n", /*quick=*/true);
  EXPECT_EQ(quick.studies.at(0).options.job.fixed_samples, 9);
  EXPECT_THAT(quick.studies.at(0).options.job.max_time, IsEmpty());
}

TEST(Plan, FindsFilesBesideItself) {
  TempDir folder;
  std::ofstream(folder.File("my.pt")) << "model";
  std::ofstream(folder.File("images.npy")) << "images";
  const std::string path = folder.File("plan.yaml");
  const auto plan = ParsePlan(
      "models: [my.pt, resnet18, /abs/other.pt]\ncalibration: images.npy\nweights: none.pth\n",
      path, false);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->studies[0].options.models,
              ElementsAre(folder.File("my.pt"), "resnet18", "/abs/other.pt"));
  EXPECT_EQ(plan->studies[0].options.job.quantization.calibration, folder.File("images.npy"));
  EXPECT_EQ(plan->studies[0].options.job.weights, "none.pth")
      << "which is then said not to be there";
}

TEST(Plan, SaysWhereAnUnknownKeyStandsAndWhatWasMeant) {
  EXPECT_EQ(Refusal("name: x\nmodles: [a]\n"),
            "plan.yaml:2:1: there is no key 'modles'. Did you mean models?");
  EXPECT_EQ(Refusal("models: [a]\n\n  \nprecison: fp32\n"),
            "plan.yaml:4:1: there is no key 'precison'. Did you mean precision or precisions?");
  EXPECT_THAT(Refusal("studies:\n  - models: [a]\n    image_size: 64\n"),
              AllOf(StartsWith("plan.yaml:3:5: there is no key 'image_size'."),
                    HasSubstr("Did you mean image-size")));
  EXPECT_THAT(
      Refusal("models: [a]\nsweep: {btch: [1]}\n"),
      AllOf(StartsWith("plan.yaml:2:9: sweep: there is no axis 'btch'. Did you mean batch?"),
            HasSubstr("seq-len")));
  EXPECT_THAT(Refusal("models: [a]\nhelp: true\n"), HasSubstr("there is no key 'help'"));
  EXPECT_THAT(Refusal("models: [a]\nsudies: []\n"), HasSubstr("Did you mean studies?"));
}

TEST(Plan, SaysWhereAValueDoesNotFit) {
  EXPECT_THAT(Refusal("models: [a]\nsweep:\n  batch: [1, zwei]\n"),
              StartsWith("plan.yaml:3:14: batch: Value zwei not in range"));
  EXPECT_THAT(Refusal("models: [a]\nbatch: 0\n"), StartsWith("plan.yaml:2:8: batch: "));
  EXPECT_EQ(Refusal("models: [a]\ncold: maybe\n"), "plan.yaml:2:7: cold: true or false");
  EXPECT_EQ(Refusal("models: [a]\nmax-time: {a: 1}\n"),
            "plan.yaml:2:11: max-time: one value or a list of them");
  EXPECT_THAT(Refusal("models:\n"), HasSubstr("models: a value is missing"));
  EXPECT_THAT(Refusal("models: []\n"), HasSubstr("models: a value is missing"));
  EXPECT_THAT(Refusal("models: [a, [b]]\n"), HasSubstr("plan.yaml:1:13: models: a list of single"));
  EXPECT_THAT(Refusal("models: [a]\ntarget: [cpu, 'cuda:0']\n"),
              StartsWith("plan.yaml:2:9: target"));
  EXPECT_THAT(Refusal("models: [a]\nrepeats: -3\n"), StartsWith("plan.yaml:2:10: repeats: "));
  EXPECT_THAT(Refusal("models: [a]\ntags: [ok, \"a,b\"]\n"),
              StartsWith("plan.yaml:2:12: 'a,b' is no tag"));
  EXPECT_EQ(Refusal("studies:\n  - models: [a]\n    tags: [lab]\n"),
            "plan.yaml:3:5: there is no key 'tags' here: it is one of the whole plan");
}

TEST(Plan, SaysWhereTheValueStandsThatTurnsOutWrongLater) {
  const Plan plan = Parsed(
      "defaults:\n  precisions: [fp32, int9]\nstudies:\n"
      "  - models: [resnet18, resnet81]\n    observer: mse\n");
  const auto located = [&](const std::string& why) {
    const absl::Status status =
        plan.studies[0].Locate(WithExitCode(absl::NotFoundError(why), ExitCode::kModelFault));
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kModelFault) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(located("--precision: there is no precision \"int9\". Allowed: fp32"),
            "plan.yaml:2:22: precisions: there is no precision \"int9\". Allowed: fp32");
  EXPECT_EQ(located("--observer is for int8-static, and has no use with --precision fp32"),
            "plan.yaml:5:15: observer is for int8-static, and has no use with --precision fp32");
  EXPECT_EQ(located("pi has no model named 'resnet81'. Did you mean resnet18?"),
            "plan.yaml:4:24: pi has no model named 'resnet81'. Did you mean resnet18?");
  EXPECT_EQ(located("--threads: this device has 4"),
            "plan.yaml, study 1: --threads: this device has 4")
      << "which the plan does not say";
}

TEST(Plan, SaysOfWhatStandsTwiceThatItDoes) {
  EXPECT_EQ(Refusal("models: [a]\nmodels: [b]\n"), "plan.yaml:2:1: 'models' is there twice");
  EXPECT_EQ(Refusal("models: [a]\ndevice: x\ndevices: y\n"),
            "plan.yaml:3:1: 'devices' says what stands there already");
  EXPECT_EQ(Refusal("models: [a]\nbatch: 1\nsweep: {batch: 2}\n"),
            "plan.yaml:3:9: 'batch' says what stands there already");
}

TEST(Plan, NeedsModels) {
  EXPECT_THAT(Refusal("name: x\n"), HasSubstr("a study needs models"));
  EXPECT_THAT(Refusal("studies:\n  - batch: 1\n"),
              HasSubstr("plan.yaml:2:5: a study needs models"));
  EXPECT_THAT(Refusal("studies: []\n"), HasSubstr("a list of studies"));
  EXPECT_THAT(Refusal("studies:\n  - resnet18\n"), HasSubstr("a study: keys and values"));
  EXPECT_EQ(Refusal("models: [a]\nstudies:\n  - models: [b]\n"),
            "plan.yaml:1:9: 'models' stands beside studies: put it into defaults, or into a study");
}

TEST(Plan, IsYaml) {
  EXPECT_THAT(Refusal("models: [a\n"), StartsWith("plan.yaml:2:1: "));
  EXPECT_THAT(Refusal("just words"), HasSubstr("a plan is a list of keys and values"));
  EXPECT_THAT(Refusal(""), HasSubstr("a plan is a list of keys and values"));
  EXPECT_THAT(Refusal("a: &x\n  - *x\n: :\n\t"), StartsWith("plan.yaml:"));
  EXPECT_THAT(Refusal(std::string("\x00\xff\xfe", 3)), StartsWith("plan.yaml"));
}

TEST(Plan, TakesNoModelForAFlag) {
  const Plan plan = Parsed("models: ['--k=5', '--help', -x]\n");
  EXPECT_THAT(plan.studies.at(0).options.models, ElementsAre("--k=5", "--help", "-x"));
  EXPECT_EQ(plan.studies.at(0).options.job.fixed_samples, std::nullopt);
}

TEST(Plan, KeepsNamesWithQuotesBlanksAndEmoji) {
  const Plan plan = Parsed("name: \"it's \\\"quick\\\" 🚀\"\nmodels: ['a model, with blanks.pt']\n");
  EXPECT_EQ(plan.labels.name, "it's \"quick\" 🚀");
  EXPECT_THAT(plan.studies.at(0).options.models, ElementsAre("a model, with blanks.pt"));
}

// A mapping in a mapping, and so on.
std::string Nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{models: ";
  return text;
}

TEST(Plan, ThatIsNestedOrRepeatedWithoutEndIsRefused) {
  EXPECT_THAT(Refusal(Nested(50'000)), HasSubstr("nested too deep"));
  EXPECT_THAT(Refusal("models: &a [*a]\n"), HasSubstr("models: a list of single values"));
  std::string studies = "defaults: {models: resnet18}\nstudies:\n- &a {batch: 1}\n";
  std::string models = "models: [a";
  for (int i = 0; i < 1000; ++i) {
    studies += "- *a\n";
    models += ",a";
  }
  EXPECT_THAT(Refusal(studies), HasSubstr("1001 of them, at most 256"));
  EXPECT_THAT(Refusal(models + "]\n"), HasSubstr("1001 values, at most 1000"));
}

TEST(Plan, AWordThatIsNoKeyIsCutWhereItIsLong) {
  const std::string refusal = Refusal("models: resnet18\n" + std::string(1000, 'k') + ": 1\n");
  EXPECT_THAT(refusal, HasSubstr("there is no key 'kkk"));
  EXPECT_LT(refusal.size(), 200u);
}

TEST(Plan, OfTheExamplesIsRight) {
  for (const char* name : {"vision", "language", "speech"}) {
    const std::string path = std::string(EDGEBENCH_SOURCE_DIR "/docs/examples/") + name + ".yaml";
    for (const bool quick : {false, true}) {
      const auto plan = ReadPlan(path, quick);
      EXPECT_TRUE(plan.ok()) << plan.status();
    }
  }
}

TEST(Plan, ThatIsNoFileIsRefused) {
  TempDir folder;
  EXPECT_EQ(ReadPlan(folder.File("none.yaml"), false).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadPlan(folder.path(), false).status().code(), absl::StatusCode::kInvalidArgument);
  std::ofstream(folder.File("large")) << std::string(2 << 20, 'a');
  EXPECT_EQ(ReadPlan(folder.File("large"), false).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadPlan("/dev/zero", false).status().code(), absl::StatusCode::kInvalidArgument)
      << "it has no size, and no end";
}

}  // namespace
}  // namespace edgebench::controller
