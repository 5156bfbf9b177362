#include "controller/long_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "tests/unit/controller/fake_connector.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class LongWorkTest : public ::testing::Test {
 protected:
  static constexpr absl::Duration kLong = absl::Hours(1);
  static LongWork::Pace Silent() { return {kLong, kLong, kLong}; }
  static LongWork::Pace Quick() {
    return {absl::Milliseconds(1), absl::Milliseconds(1), absl::Milliseconds(1)};
  }

  // What is on stderr when it has been at work for some lines.
  std::string Written(bool on_terminal) {
    terminal_.stderr_is_terminal = on_terminal;
    terminal_.stderr_width = 80;
    Session session({out_, err_, terminal_, connector_, clock_});
    {
      LongWork work(session, "merging anna.db", Quick());
      work.Tell("copying it", 0.5);
      absl::SleepFor(absl::Milliseconds(100));
    }
    return err_.str();
  }

  std::ostringstream out_, err_;
  Terminal terminal_;
  FakeConnector connector_;
  FakeClock clock_;
  Session session_{World{out_, err_, terminal_, connector_, clock_}};
};

TEST_F(LongWorkTest, EstimatesTheRestOfAStepByTheShareThatIsDone) {
  LongWork work(session_, "merging anna.db", Silent());
  clock_.Advance(absl::Seconds(7));
  work.Tell("copying it", 0);
  EXPECT_EQ(work.Line(), "merging anna.db: copying it, 0 %");
  clock_.Advance(absl::Seconds(30));
  work.Tell("copying it", 0.25);
  EXPECT_EQ(work.Line(), "merging anna.db: copying it, 25 %, about 1 min 30 s left");
  work.Tell("taking over its results", 0.01);
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(work.Line(), "merging anna.db: taking over its results, 1 %, 5 s so far")
      << "an estimate from so little would be a guess";
}

TEST_F(LongWorkTest, GivesWayToWhatIsToldMeanwhile) {
  terminal_.stderr_is_terminal = true;
  terminal_.stderr_width = 80;
  Session session({out_, err_, terminal_, connector_, clock_});
  session.ShowProgress("merging anna.db");
  session.Tell("interrupted");
  session.EndProgress();
  EXPECT_EQ(err_.str(), "\rmerging anna.db\r               \rinterrupted\n");
}

TEST_F(LongWorkTest, SaysHowLongAStepHasTakenWhereNoShareIsKnown) {
  LongWork work(session_, "checking results.db", Silent());
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(work.Line(), "checking results.db, 3 s so far");
  work.Tell("its pages, 118 MB", std::nullopt);
  clock_.Advance(absl::Seconds(64));
  EXPECT_EQ(work.Line(), "checking results.db: its pages, 118 MB, 1 min 04 s so far");
}

TEST_F(LongWorkTest, LeavesAStepWithoutANameOut) {
  LongWork work(session_, "copying results.db", Silent());
  clock_.Advance(absl::Seconds(3));
  work.Tell("", 0.75);
  EXPECT_EQ(work.Line(), "copying results.db, 75 %, about 1 s left");
  work.Tell("", 1);
  EXPECT_EQ(work.Line(), "copying results.db, 100 %, 3 s so far") << "the disk may still write";
}

TEST_F(LongWorkTest, IsNotWorthAWordWhereItWasQuick) {
  { const LongWork work(session_, "copying results.db"); }
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(LongWorkTest, InAPipeWritesWholeLines) {
  const std::string written = Written(/*on_terminal=*/false);
  EXPECT_THAT(written, HasSubstr("merging anna.db: copying it, 50 %\n"));
  EXPECT_THAT(written, Not(HasSubstr("\r")));
  EXPECT_THAT(written, Not(HasSubstr("\033")));
}

TEST_F(LongWorkTest, OnATerminalWritesOneLineInPlaceAndTakesItAway) {
  const std::string written = Written(/*on_terminal=*/true);
  EXPECT_THAT(written, HasSubstr("\rmerging anna.db: copying it, 50 %"));
  EXPECT_THAT(written, Not(HasSubstr("\n")));
  EXPECT_THAT(written, MatchesRegex("(.|\n|\r)*\r +\r")) << "nothing is left of it";
}

TEST_F(LongWorkTest, InAPipeIsNeverSilentForTwoSeconds) {
  const LongWork::Pace pace;
  EXPECT_LT(pace.unnoticed, absl::Seconds(2));
  EXPECT_LT(pace.in_pipe, absl::Seconds(2));
}

}  // namespace
}  // namespace edgebench::controller
