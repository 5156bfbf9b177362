#include "controller/run_lock.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "tests/support/temp_dir.h"

namespace edgebench::controller {
namespace {

TEST(RunLock, IsHeldByOneAtATimeForEachRun) {
  TempDir folder;
  const std::string database = folder.File("results.db");
  std::optional<RunLock> first = RunLock::Take(database, "a").value();
  const auto second = RunLock::Take(database, "a");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(second.status().message(), "run a still goes on, in another edgebench");
  EXPECT_TRUE(RunLock::Take(database, "b").ok()) << "another run";
  EXPECT_TRUE(RunLock::Take(folder.File("other.db"), "a").ok()) << "of another database";
  first.reset();
  EXPECT_TRUE(RunLock::Take(database, "a").ok());
}

TEST(RunLock, NeedsNoFileBesideADatabaseInMemory) {
  EXPECT_TRUE(RunLock::Take(":memory:", "a").ok());
  EXPECT_FALSE(std::filesystem::exists(":memory:-runs"));
}

TEST(RunLock, NamesTheFileThatCannotBeMade) {
  const auto lock = RunLock::Take("/nowhere/results.db", "a");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(lock.status().message()),
              ::testing::HasSubstr("/nowhere/results.db-runs"));
}

}  // namespace
}  // namespace edgebench::controller
