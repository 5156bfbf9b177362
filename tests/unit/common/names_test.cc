#include "common/names.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <string>

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Every enumerator of an enum of the API but UNSPECIFIED.
std::vector<int> ValuesOf(const google::protobuf::EnumDescriptor* descriptor) {
  std::vector<int> values;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() != 0) values.push_back(descriptor->value(i)->number());
  }
  return values;
}

template <typename Enum>
void ExpectANameOfItsOwnForEach(std::string (*name_of)(Enum)) {
  const auto* descriptor = google::protobuf::GetEnumDescriptor<Enum>();
  EXPECT_EQ(name_of(static_cast<Enum>(0)), "");
  std::set<std::string> names;
  for (const int value : ValuesOf(descriptor)) {
    const std::string name = name_of(static_cast<Enum>(value));
    EXPECT_NE(name, "") << descriptor->FindValueByNumber(value)->name();
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(Names, EveryEnumeratorHasANameOfItsOwn) {
  ExpectANameOfItsOwnForEach(PrecisionName);
  ExpectANameOfItsOwnForEach(OptimizeName);
  ExpectANameOfItsOwnForEach(JobKindName);
  ExpectANameOfItsOwnForEach(JobStateName);
  ExpectANameOfItsOwnForEach(StageName);
  ExpectANameOfItsOwnForEach(OutcomeName);
}

TEST(Names, AreThoseThatUsersType) {
  EXPECT_EQ(PrecisionName(v1::PRECISION_INT8_DYNAMIC), "int8-dynamic");
  EXPECT_EQ(OptimizeName(v1::OPTIMIZE_FREEZE), "freeze");
  EXPECT_EQ(JobKindName(v1::JOB_KIND_BENCHMARK), "benchmark");
  EXPECT_EQ(JobStateName(v1::JOB_STATE_QUEUED), "QUEUED");
  EXPECT_EQ(StageName(v1::STAGE_WARM_UP), "warm-up");
  EXPECT_EQ(OutcomeName(v1::OUTCOME_INVALID_MODEL), "invalid_model");
  EXPECT_THAT(PrecisionNames(), ElementsAre("fp32", "fp16", "bf16", "int8-dynamic", "int8-static",
                                            "int8-weight-only", "int8-qat", "as-stored"));
  EXPECT_THAT(OptimizeNames(), ElementsAre("none", "freeze", "full"));
  EXPECT_THAT(EngineNames(), ElementsAre("auto", "x86", "onednn", "fbgemm", "qnnpack"));
  EXPECT_THAT(ObserverNames(),
              ElementsAre("min-max", "moving-average", "histogram", "percentile", "mse"));
  EXPECT_THAT(WeightSchemeNames(), ElementsAre("per-channel", "per-tensor"));
  EXPECT_THAT(TrainingOptimizerNames(), ElementsAre("adam", "sgd"));
}

TEST(Names, StagesComeInTheOrderAJobPassesThem) {
  const v1::Stage order[] = {v1::STAGE_START,     v1::STAGE_LOAD,    v1::STAGE_REFERENCE,
                             v1::STAGE_CALIBRATE, v1::STAGE_TRAIN,   v1::STAGE_QUANTIZE,
                             v1::STAGE_CHECK,     v1::STAGE_RANK,    v1::STAGE_OPTIMIZE,
                             v1::STAGE_WARM_UP,   v1::STAGE_MEASURE, v1::STAGE_SAVE};
  for (size_t i = 1; i < std::size(order); ++i) {
    EXPECT_TRUE(ComesBefore(order[i - 1], order[i])) << StageName(order[i]);
    EXPECT_FALSE(ComesBefore(order[i], order[i - 1])) << StageName(order[i]);
  }
  EXPECT_FALSE(ComesBefore(v1::STAGE_TRAIN, v1::STAGE_TRAIN));
}

TEST(Names, WhatIsPrintedCanBeParsed) {
  for (const int value : ValuesOf(v1::Precision_descriptor())) {
    const auto precision = static_cast<v1::Precision>(value);
    EXPECT_EQ(*ParsePrecision(PrecisionName(precision)), precision);
  }
  for (const int value : ValuesOf(v1::Optimize_descriptor())) {
    const auto optimize = static_cast<v1::Optimize>(value);
    EXPECT_EQ(*ParseOptimize(OptimizeName(optimize)), optimize);
  }
}

TEST(Names, AMistypedOneIsAnsweredWithTheNearestAndAllThatAreAllowed) {
  const auto precision = ParsePrecision("int8-dynamc");
  EXPECT_EQ(precision.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(precision.status().message()), HasSubstr("Did you mean int8-dynamic?"));
  EXPECT_THAT(std::string(precision.status().message()), HasSubstr("fp32, fp16, bf16"));
  EXPECT_FALSE(ParsePrecision("").ok());
  EXPECT_FALSE(ParseOptimize("FULL").ok());
}

TEST(Names, AStateIsFinalWhenTheJobHasEnded) {
  EXPECT_FALSE(IsFinal(v1::JOB_STATE_UNSPECIFIED));
  EXPECT_FALSE(IsFinal(v1::JOB_STATE_QUEUED));
  EXPECT_FALSE(IsFinal(v1::JOB_STATE_RUNNING));
  EXPECT_TRUE(IsFinal(v1::JOB_STATE_SUCCEEDED));
  EXPECT_TRUE(IsFinal(v1::JOB_STATE_FAILED));
  EXPECT_TRUE(IsFinal(v1::JOB_STATE_CANCELLED));
  EXPECT_TRUE(IsFinal(v1::JOB_STATE_INTERRUPTED));
}

TEST(Names, AFinalStateGoesWithEachOutcome) {
  EXPECT_EQ(FinalState(v1::OUTCOME_OK), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(FinalState(v1::OUTCOME_CANCELLED), v1::JOB_STATE_CANCELLED);
  EXPECT_EQ(FinalState(v1::OUTCOME_INTERRUPTED), v1::JOB_STATE_INTERRUPTED);
  for (const v1::Outcome outcome : {v1::OUTCOME_OOM, v1::OUTCOME_CRASH, v1::OUTCOME_TIMEOUT,
                                    v1::OUTCOME_UNSUPPORTED, v1::OUTCOME_INVALID_MODEL}) {
    EXPECT_EQ(FinalState(outcome), v1::JOB_STATE_FAILED);
  }
}

}  // namespace
}  // namespace edgebench
