#include "agent/power/command_source.h"

#include <gmock/gmock.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/power_trees.h"
#include "tests/support/temp_dir.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

// Reads until `enough` says so, for half a minute at most.
bool ReadUntil(PowerSource& source, const std::function<bool(const PowerSample&)>& enough) {
  const absl::Time latest = absl::Now() + absl::Seconds(30);
  while (absl::Now() < latest) {
    if (enough(source.Read(0))) return true;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return false;
}

TEST(ParseWatts, TakesANumberAndNothingElse) {
  EXPECT_EQ(ParseWatts("12.5"), 12.5);
  EXPECT_EQ(ParseWatts(" 3e-1\r"), 0.3);
  for (const char* text : {"", "W", "12 W", "-1", "nan", "inf", "1,5"}) {
    EXPECT_EQ(ParseWatts(text), std::nullopt) << text;
  }
}

TEST(CommandSource, ReadsTheLinesOfAMeter) {
  RealClock clock;
  const int64_t before = clock.NowNanos();
  const auto source = OpenCommand("echo 5.5; while sleep 0.01; do echo 6.5; done", clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT((*source)->info().name, HasSubstr("command:echo 5.5"));
  std::set<int64_t> times;
  EXPECT_TRUE(ReadUntil(**source, [&](const PowerSample& sample) {
    EXPECT_GE(sample.time_nanos, before);
    if (sample.values[0] == 6.5) times.insert(sample.time_nanos);
    return times.size() >= 3;
  }));
}

TEST(CommandSource, RunsACommandThatEndsAgain) {
  RealClock clock;
  TempDir dir;
  // Counts its runs.
  const std::string file = dir.File("runs");
  const auto source = OpenCommand(absl::StrCat("echo x >> ", file, "; wc -l < ", file), clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE(ReadUntil(**source, [](const PowerSample& s) { return s.values[0] >= 3.0; }));
}

TEST(CommandSource, LeavesOutLinesThatAreNoNumber) {
  RealClock clock;
  const auto source =
      OpenCommand("echo 'meter 1.0'; head -c 100000 /dev/zero; echo; echo 7; sleep 1000", clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->Read(0).values[0], 7);
}

TEST(CommandSource, SurvivesAFlood) {
  RealClock clock;
  const auto source = OpenCommand("yes 4.25", clock);
  ASSERT_TRUE(source.ok()) << source.status();
  const int64_t first = (*source)->Read(0).time_nanos;
  EXPECT_TRUE(ReadUntil(**source, [&](const PowerSample& s) { return s.time_nanos > first; }));
  EXPECT_EQ((*source)->Read(0).values[0], 4.25);
}

TEST(CommandSource, SaysHowACommandEnds) {
  RealClock clock;
  const auto source = OpenCommand("echo 3; exit 9", clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE(
      ReadUntil(**source, [&](const PowerSample&) { return !(*source)->Trouble().empty(); }));
  EXPECT_EQ((*source)->Trouble(), "it ended with exit code 9");
}

TEST(CommandSource, RefusesACommandThatPrintsNoNumber) {
  RealClock clock;
  const absl::Status failed = OpenCommand("no-such-meter --watts", clock).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(failed));
  EXPECT_THAT(std::string(failed.message()), HasSubstr("exit code 127"));
  const absl::Status words = OpenCommand("printf 'it is \\033[31mhot\\n'", clock).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(words));
  EXPECT_THAT(std::string(words.message()), HasSubstr("it printed \"it is \\x1b[31mhot\""));
}

}  // namespace
}  // namespace edgebench::agent
