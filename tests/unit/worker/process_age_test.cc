#include "agent/worker/process_age.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

TEST(ProcessAge, IsThatOfThisProcess) {
  const std::optional<absl::Duration> age = ProcessAge();
  ASSERT_TRUE(age.has_value());
  EXPECT_GE(*age, absl::ZeroDuration());
  EXPECT_LT(*age, absl::Hours(1));
}

TEST(ProcessAge, IsReadFromBehindANameWithSpacesAndBrackets) {
  FakeProc proc;
  // Started with the machine: as old as that is up.
  ASSERT_TRUE(proc.WriteStat("7 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 999 9"));
  const std::optional<absl::Duration> age = ProcessAge(proc.root());
  ASSERT_TRUE(age.has_value());
  EXPECT_GE(*age, *ProcessAge());
}

TEST(ProcessAge, IsUnknownWhereTheKernelTellsNothing) {
  FakeProc proc;
  EXPECT_FALSE(ProcessAge(proc.root()).has_value());
  ASSERT_TRUE(proc.WriteStat("7 (worker) S 1 1"));
  EXPECT_FALSE(ProcessAge(proc.root()).has_value());
  ASSERT_TRUE(proc.WriteStat("nothing"));
  EXPECT_FALSE(ProcessAge(proc.root()).has_value());
}

}  // namespace
}  // namespace edgebench::worker
