#include "agent/worker/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/model_runner.h"

namespace edgebench::worker {
namespace {

using testing::HasSubstr;

TEST(Outcome, FollowsTheCodeThatTheRunnerPromises) {
  EXPECT_EQ(OutcomeOf(absl::OkStatus()), v1::OUTCOME_OK);
  EXPECT_EQ(OutcomeOf(absl::InvalidArgumentError("")), v1::OUTCOME_INVALID_MODEL);
  EXPECT_EQ(OutcomeOf(absl::UnimplementedError("")), v1::OUTCOME_UNSUPPORTED);
  EXPECT_EQ(OutcomeOf(absl::ResourceExhaustedError("")), v1::OUTCOME_OOM);
  EXPECT_EQ(OutcomeOf(absl::InternalError("")), v1::OUTCOME_CRASH);
}

// For which common/file.h answers RESOURCE_EXHAUSTED.
TEST(Outcome, OfAFullDiskIsNoLackOfMemory) {
  EXPECT_EQ(OutcomeOf(NotWritten(absl::ResourceExhaustedError("No space left on device"))),
            v1::OUTCOME_CRASH);
}

TEST(OutOfMemoryMessage, NamesStagePeakLimitAndASmallerBatch) {
  v1::JobSettings settings;
  settings.set_batch(64);
  settings.set_memory_limit_bytes(2'000'000'000);
  EXPECT_EQ(OutOfMemoryMessage("an allocation failed", v1::STAGE_WARM_UP, 1'840'000'000, settings),
            "out of memory in stage warm-up: an allocation failed; 1.84 GB were resident at the "
            "peak, the limit is 2.00 GB; try a --batch below 64");
}

TEST(OutOfMemoryMessage, AdvisesTheImageSizeWhenTheBatchIsOne) {
  v1::JobSettings settings;
  settings.set_batch(1);
  settings.set_image_size(4096);
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_MEASURE, std::nullopt, settings),
              HasSubstr("try an --image-size below 4096"));
}

TEST(OutOfMemoryMessage, AdvisesTheSequenceLengthOfAModelWithoutImages) {
  v1::JobSettings settings;
  settings.set_batch(1);
  settings.set_seq_len(512);
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_MEASURE, std::nullopt, settings),
              HasSubstr("try a --seq-len below 512"));
}

TEST(OutOfMemoryMessage, AdvisesToQuantizeElsewhereWhatCannotBeQuantizedHere) {
  v1::JobSettings settings;
  settings.set_batch(1);
  settings.set_image_size(224);
  settings.set_precision(v1::PRECISION_INT8_STATIC);
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_QUANTIZE, std::nullopt, settings),
              HasSubstr("try an --image-size below 224, or quantize on a device with more memory "
                        "and bench the file here"));
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_MEASURE, std::nullopt, settings),
              testing::Not(HasSubstr("quantize on a device")));
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_TRAIN, std::nullopt, settings),
              HasSubstr("quantize on a device"));
}

TEST(OutOfMemoryMessage, SaysThatTheModelDoesNotFitWhenLoadingFailed) {
  v1::JobSettings settings;
  settings.set_batch(64);
  EXPECT_THAT(OutOfMemoryMessage("", v1::STAGE_LOAD, std::nullopt, settings),
              HasSubstr("the model itself does not fit"));
}

}  // namespace
}  // namespace edgebench::worker
