#include "agent/worker/profile/call_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebench::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CallRecorder, SelfTimeIsWithoutThatOfTheOperatorsCalled) {
  // A linear layer of 100 ns that calls a transposition of 10 and a product of 70, which
  // calls the kernel of 50; then an activation of 5.
  const std::vector<RecordedCall> calls = {{"aten::linear", 0, 100, -1, 0},
                                           {"aten::t", 5, 15, 0, 1},
                                           {"aten::addmm", 20, 90, 0, 1},
                                           {"aten::kernel", 30, 80, 2, 2},
                                           {"aten::relu", 110, 115, -1, 0}};
  EXPECT_THAT(SelfTimes(calls), ElementsAre(20, 10, 20, 50, 5));
}

TEST(CallRecorder, NestsWhatBeginsBeforeAnotherEnds) {
  FakeClock clock;
  clock.SetTick(absl::Nanoseconds(10));
  CallRecorder recorder(clock);
  recorder.Enter("outer");
  recorder.Enter("inner");
  recorder.Leave();
  recorder.Leave();
  recorder.Enter("next");
  recorder.Leave();
  ASSERT_EQ(recorder.calls().size(), 3u);
  const RecordedCall& outer = recorder.calls()[0];
  const RecordedCall& inner = recorder.calls()[1];
  const RecordedCall& next = recorder.calls()[2];
  EXPECT_STREQ(inner.function, "inner");
  EXPECT_EQ(outer.end_ns - outer.start_ns, 30);
  EXPECT_EQ(inner.end_ns - inner.start_ns, 10);
  EXPECT_EQ(inner.parent, 0);
  EXPECT_EQ(inner.depth, 1);
  EXPECT_EQ(next.parent, -1);
  EXPECT_EQ(next.depth, 0);
}

TEST(CallRecorder, ForgetsAllWhenCleared) {
  FakeClock clock;
  CallRecorder recorder(clock);
  recorder.Enter("left open");
  recorder.Clear();
  EXPECT_THAT(recorder.calls(), IsEmpty());
  recorder.Enter("next");
  EXPECT_EQ(recorder.calls().front().parent, -1);
}

TEST(CallRecorder, PassesOverTheEndOfWhatBeganBeforeIt) {
  FakeClock clock;
  CallRecorder recorder(clock);
  recorder.Leave();
  EXPECT_THAT(recorder.calls(), IsEmpty());
}

}  // namespace
}  // namespace edgebench::worker
