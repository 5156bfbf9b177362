#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "absl/time/clock.h"
#include "common/file.h"
#include "tests/unit/controller/cli_fixture.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers an inspect job with two layers.
v1::JobResult Inspected(const v1::JobSettings& settings) {
  v1::JobResult result = MakeResult(settings, {});
  v1::ModelFacts& facts = *result.mutable_model();
  facts.add_inputs("float32[1,3,224,224]");
  facts.set_parameters(1'790);
  facts.set_flops(21'300'000);
  v1::ModelFacts::Layer& conv = *facts.add_layers();
  conv.set_name("features.0");
  conv.set_kind("conv2d");
  conv.set_output_shape("1x64x111x111");
  conv.set_parameters(1'790);
  conv.set_flops(21'300'000);
  conv.set_count(1);
  v1::ModelFacts::Layer& product = *facts.add_layers();
  product.set_kind("matmul");
  product.set_output_shape("1x12x16x16");
  product.set_count(12);
  return result;
}

// Of a quantized file, whose operators belong to no module and tell no shapes.
v1::JobResult InspectedQuantized(const v1::JobSettings& settings) {
  v1::JobResult result = Inspected(settings);
  result.mutable_model()->mutable_layers(1)->clear_output_shape();
  return result;
}

TEST_F(Cli, ModelListHasTheFieldsThatScriptsRelyOn) {
  EXPECT_EQ(Run({"model", "list", "--json"}), ExitCode::kOk);
  ASSERT_EQ(Json()["models"].size(), 2u);
  for (const char* field : {"name", "family", "parameters", "flops", "model_bytes", "inputs",
                            "default_frames", "max_seq_len", "sweepable", "paper"})
    EXPECT_TRUE(Json()["models"][0].contains(field)) << field;
  EXPECT_TRUE(Json()["models"][0]["flops"].is_null()) << "unknown is null";
  EXPECT_TRUE(Json()["models"][0]["max_seq_len"].is_null()) << "no limit is null";
}

TEST_F(Cli, ModelListTellsLimitsAndWhatCanBeSwept) {
  v1::Capabilities capabilities = agent_.capabilities();
  v1::ZooModel& bert = *capabilities.add_zoo();
  bert.set_name("bert_base");
  bert.set_default_seq_len(128);
  bert.set_max_seq_len(512);
  bert.add_sweepable("batch");
  bert.add_sweepable("seq-len");
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"model", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("length 128, at most 512"), HasSubstr("batch seq-len")));
  EXPECT_THAT(err_, HasSubstr("each counted once"));
}

TEST_F(Cli, ModelShowListsTheLayersThatTheDeviceRan) {
  agent_.SetScript(Inspected);
  EXPECT_EQ(Run({"model", "show", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("model          resnet18"), HasSubstr("float32[1,3,224,224]"),
                          HasSubstr("features.0  conv2d  1x64x111x111      1.79 k         21.3 M"),
                          HasSubstr("-           matmul  1x12x16x16")));
  EXPECT_TRUE(agent_.is_acknowledged(agent_.any_job_id())) << "nothing waits on the agent";
}

TEST_F(Cli, ModelShowTellsAnUnknownCountAsNull) {
  agent_.SetScript(Inspected);
  EXPECT_EQ(Run({"model", "show", "resnet18", "--json"}), ExitCode::kOk) << err_;
  ASSERT_EQ(Json()["layers"].size(), 2u);
  EXPECT_EQ(Json()["layers"][0]["flops"], 21'300'000);
  EXPECT_TRUE(Json()["layers"][1]["flops"].is_null());
  EXPECT_TRUE(Json()["layers"][1]["name"].is_null());
}

TEST_F(Cli, ModelShowTellsAnUnknownShapeAsNull) {
  agent_.SetScript(InspectedQuantized);
  EXPECT_EQ(Run({"model", "show", "resnet18", "--json"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Json()["layers"][0]["output_shape"], "1x64x111x111");
  EXPECT_TRUE(Json()["layers"][1]["output_shape"].is_null());
}

TEST_F(Cli, ModelShowInBriefRunsNothing) {
  EXPECT_EQ(Run({"model", "show", "resnet18", "--brief"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre());
}

TEST_F(Cli, ModelShowDescribesAFile) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("my.pt"), "a model").ok());
  agent_.SetScript(Inspected);
  EXPECT_EQ(Run({"model", "show", folder_.File("my.pt")}), ExitCode::kUsage);
  EXPECT_EQ(Run({"model", "show", folder_.File("my.pt"), "--input", "float32[N,3,H,W]",
                 "--image-size", "224"}),
            ExitCode::kOk)
      << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("model          my.pt"), HasSubstr("features.0")));
  EXPECT_EQ(agent_.received_bytes(), 7);
}

TEST_F(Cli, ModelShowOfAModelThatCannotBeRunEndsAsAModelFault) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.set_outcome(v1::OUTCOME_INVALID_MODEL);
    result.set_stage(v1::STAGE_LOAD);
    result.set_message("the model takes 2 inputs");
    return result;
  });
  EXPECT_EQ(Run({"model", "show", "resnet18"}), ExitCode::kModelFault);
  EXPECT_THAT(err_, HasSubstr("resnet18: invalid_model in load: the model takes 2 inputs"));
}

// Ctrl-C, as soon as the agent has the job. It reaches this thread, as the thread
// sanitizer keeps a signal from a thread that waits for an absl::Mutex.
std::thread InterruptOnceSubmitted(FakeAgent& agent, bool reachable, bool again = false) {
  return std::thread([&agent, reachable, again] {
    for (int i = 0; i < 1000 && agent.submitted_labels().empty(); ++i)
      absl::SleepFor(absl::Milliseconds(10));
    agent.SetReachable(reachable);
    if (agent.submitted_labels().empty()) return;
    raise(SIGINT);
    if (!again) return;
    absl::SleepFor(absl::Seconds(2));  // else the two may count as one
    raise(SIGINT);
  });
}

TEST_F(Cli, ModelShowInterruptedCancelsItsJob) {
  agent_.HoldJobs();
  std::thread user = InterruptOnceSubmitted(agent_, /*reachable=*/true);
  EXPECT_EQ(Run({"model", "show", "resnet18"}), ExitCode::kInterrupted);
  user.join();
  EXPECT_THAT(err_, AllOf(HasSubstr("interrupted; cancelling the inspection"),
                          HasSubstr("resnet18: cancelled")));
  EXPECT_TRUE(agent_.is_acknowledged(agent_.any_job_id())) << "nothing waits on the agent";
}

TEST_F(Cli, ModelShowInterruptedTwiceDoesNotWaitForAnAgentThatIsSilent) {
  agent_.HoldJobs();
  agent_.IgnoreCancellations();
  std::thread user = InterruptOnceSubmitted(agent_, /*reachable=*/true, /*again=*/true);
  EXPECT_EQ(Run({"model", "show", "resnet18"}), ExitCode::kInterrupted);
  user.join();
  EXPECT_THAT(err_, HasSubstr("local did not confirm; the inspection may go on there"));
  EXPECT_EQ(agent_.late_cancellations(), 0) << "it did not wait for the deadline";
}

TEST_F(Cli, ModelShowInterruptedEndsAlsoWhereTheAgentDoesNotHearOfIt) {
  agent_.HoldJobs();
  std::thread user = InterruptOnceSubmitted(agent_, /*reachable=*/false);
  EXPECT_EQ(Run({"model", "show", "resnet18"}), ExitCode::kInterrupted);
  user.join();
  EXPECT_THAT(err_, HasSubstr("local did not confirm; the inspection may go on there"));
}

TEST_F(Cli, SpeechIsMeasuredOverFramesAndWeightsOfItsDecoder) {
  v1::Capabilities capabilities = agent_.capabilities();
  v1::ZooModel& asr = *capabilities.add_zoo();
  asr.set_name("asr_lstm");
  asr.set_default_frames(500);
  asr.set_decodes(true);
  agent_.SetCapabilities(capabilities);
  agent_.SetScript([](const v1::JobSettings& asked) {
    v1::JobResult result = MakeResult(asked, std::vector<int64_t>(10, 500'000'000));
    result.mutable_settings()->clear_image_size();
    result.mutable_settings()->mutable_decoding()->set_lm_weight(0.3);
    result.mutable_model()->set_audio_ns(asked.frames() * int64_t{10'000'000});
    return result;
  });
  EXPECT_EQ(Run({"bench", "asr_lstm", "--frames", "200,100", "--ctc-weight", "0,1", "--beam", "3",
                 "--processes", "1"}),
            ExitCode::kOk)
      << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("asr_lstm fp32 frames 100 CTC weight 0",
                                                     "asr_lstm fp32 frames 100 CTC weight 1",
                                                     "asr_lstm fp32 frames 200 CTC weight 0",
                                                     "asr_lstm fp32 frames 200 CTC weight 1"));
  EXPECT_THAT(out_, AllOf(HasSubstr("CTC weight 1, LM weight 0.3, beam 3"), HasSubstr("real time"),
                          HasSubstr("0.5×"), HasSubstr("0.25×"), Not(HasSubstr("image"))));

  EXPECT_EQ(Run({"results", "--json"}), ExitCode::kOk);
  const nlohmann::json measurement = Json()["measurements"][0];
  EXPECT_EQ(measurement["frames"].get<int>() * 0.01 * measurement["real_time_factor"].get<double>(),
            0.5);
  EXPECT_EQ(measurement["decoding"]["beam"], 3);
}

TEST_F(Cli, AModelWithoutSpeechHasNoRealTimeFactor) {
  EXPECT_EQ(Run({"bench", "resnet18", "--json"}), ExitCode::kOk);
  const nlohmann::json measurement = Json()["measurements"][0];
  for (const char* field : {"frames", "decoding", "audio_ns", "real_time_factor"})
    EXPECT_TRUE(measurement[field].is_null()) << field;
}

TEST_F(Cli, AFlagThatNoModelHasAUseForIsRefused) {
  EXPECT_EQ(Run({"bench", "resnet18", "--frames", "100"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--frames has no use for resnet18"));
  EXPECT_EQ(Run({"bench", "resnet18", "--ctc-weight", "2"}), ExitCode::kUsage);
}

}  // namespace
}  // namespace edgebench::controller
