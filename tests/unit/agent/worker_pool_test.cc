#include "agent/worker_pool.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

class WorkerPoolTest : public ::testing::Test {
 protected:
  WorkerPoolTest() {
    launcher_.Define("", FakeWorker({}, [](FakeChild&, const auto&) { return ExitsWith(0); }));
  }

  FakeClock clock_;
  FakeProcessLauncher launcher_;
  WorkerPool pool_{launcher_, clock_, {"worker", absl::Seconds(300)}};
};

TEST_F(WorkerPoolTest, GivesOutTheWorkerItStartedAheadOnce) {
  ASSERT_TRUE(pool_.Prepare().ok());
  EXPECT_EQ(launcher_.launches(), 1);
  EXPECT_TRUE(pool_.Take().value()->warm());
  EXPECT_EQ(launcher_.launches(), 1);
  EXPECT_FALSE(pool_.Take().value()->warm());
  EXPECT_EQ(launcher_.launches(), 2);
}

TEST_F(WorkerPoolTest, StartsNoMoreThanOneAhead) {
  ASSERT_TRUE(pool_.Prepare().ok());
  ASSERT_TRUE(pool_.Prepare().ok());
  EXPECT_EQ(launcher_.launches(), 1);
}

TEST_F(WorkerPoolTest, EndsTheKeptWorkerWhenItsTimeIsOver) {
  ASSERT_TRUE(pool_.Prepare().ok());
  clock_.Advance(absl::Seconds(100));
  EXPECT_EQ(pool_.EndExpired(), absl::Seconds(200));
  clock_.Advance(absl::Seconds(200));
  EXPECT_EQ(pool_.EndExpired(), absl::InfiniteDuration());
  EXPECT_FALSE(pool_.Take().value()->warm());
}

TEST_F(WorkerPoolTest, ReplacesAKeptWorkerThatDied) {
  launcher_.Define("", [](FakeChild&, const auto&) { return DiesOf(9); });
  auto dead = pool_.TakeNew().value();
  dead->process().Wait();
  pool_.Keep(std::move(dead));
  EXPECT_FALSE(pool_.Take().value()->warm());
}

TEST_F(WorkerPoolTest, KeepsNoneWhenToldSo) {
  WorkerPool pool(launcher_, clock_, {"worker", absl::ZeroDuration()});
  ASSERT_TRUE(pool.Prepare().ok());
  EXPECT_EQ(launcher_.launches(), 0);
  pool.Keep(pool.TakeNew().value());
  EXPECT_FALSE(pool.Take().value()->warm());
}

TEST_F(WorkerPoolTest, TellsWhenAWorkerIsKept) {
  int told = 0;
  pool_.OnKeep([&] { ++told; });
  ASSERT_TRUE(pool_.Prepare().ok());
  EXPECT_EQ(told, 1);
}

TEST_F(WorkerPoolTest, NamesTheFlagWhenThereIsNoWorker) {
  launcher_.SetMissing("worker");
  const absl::Status status = pool_.Take().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--worker"));
}

}  // namespace
}  // namespace edgebench::agent
