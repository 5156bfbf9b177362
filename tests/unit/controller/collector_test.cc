#include "controller/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "controller/testing/fake_agent.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fake_connector.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Collector : public ::testing::Test {
 protected:
  Collector() : store_(*db::ResultStore::Open(folder_.File("results.db"))) {
    connector_.Put("pi4", agent_);
  }

  void Record(const std::string& id, absl::Time submitted) {
    db::SubmittedJob job;
    job.job_id = id;
    job.device = "pi4";
    job.address = "pi4.local:50051";
    job.run_id = "run";
    job.settings = SettingsOf("resnet18", v1::PRECISION_FP32);
    job.submitted_time = submitted;
    job.status = "pending";
    ASSERT_TRUE(
        store_.Use([&](db::ResultStore& store) { return store.RecordSubmission(job); }).ok());
  }
  void Submit(const std::string& id) {
    Record(id, absl::Now());
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    *request.mutable_settings() = SettingsOf("resnet18", v1::PRECISION_FP32);
    ASSERT_TRUE(NewFakeAgentClient(agent_)->SubmitJob(request).ok());
  }
  Collected Collect() { return *CollectPending(connector_, store_, absl::Seconds(1)); }
  std::string StatusOf(const std::string& id) {
    return store_.Use([&](db::ResultStore& store) { return store.GetJob(id); })->status;
  }

  TempDir folder_;
  FakeAgent agent_;
  FakeConnector connector_;
  SharedStore store_;
};

TEST_F(Collector, StoresAResultOnceHoweverOftenItCollects) {
  Submit("a");
  EXPECT_EQ(Collect().stored.size(), 1u);
  EXPECT_TRUE(agent_.is_acknowledged("a"));
  EXPECT_EQ(StatusOf("a"), "ok");
  EXPECT_THAT(Collect().stored, IsEmpty());
}

TEST_F(Collector, AcknowledgesAStoredResultWhoseAcknowledgementWasLost) {
  Submit("a");
  const auto result = NewFakeAgentClient(agent_)->GetJobResult("a");
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(
      *store_.Use([&](db::ResultStore& store) { return store.StoreResult(*result, absl::Now()); }));
  ASSERT_FALSE(agent_.is_acknowledged("a"));
  EXPECT_THAT(Collect().stored, IsEmpty()) << "it is in the store already";
  EXPECT_TRUE(agent_.is_acknowledged("a"));
  EXPECT_THAT(*store_.Use([](db::ResultStore& store) { return store.UnacknowledgedJobs(); }),
              IsEmpty());
}

TEST_F(Collector, LeavesAJobThatStillRuns) {
  agent_.HoldJobs();
  Submit("a");
  EXPECT_THAT(Collect().unfinished, ElementsAre("a"));
  EXPECT_EQ(StatusOf("a"), "pending");
}

TEST_F(Collector, WarnsOfADeviceThatDoesNotAnswer) {
  Submit("a");
  connector_.SetReachable(false);
  const Collected collected = Collect();
  EXPECT_THAT(collected.warnings, ElementsAre(HasSubstr("pi4 (pi4.local:50051) does not answer")));
  EXPECT_EQ(StatusOf("a"), "pending");
}

TEST_F(Collector, WarnsOnceOfADeviceThatGoesAwayInTheMiddle) {
  Submit("a");
  Submit("b");
  agent_.SetReachable(false);
  EXPECT_THAT(Collect().warnings, ElementsAre(HasSubstr("does not answer; 2 results")));
}

TEST_F(Collector, MarksAJobLostThatItsAgentHasForgotten) {
  Record("a", absl::Now() - absl::Hours(1));
  EXPECT_THAT(Collect().warnings, ElementsAre(HasSubstr("no longer knows job a")));
  EXPECT_EQ(StatusOf("a"), "lost");
}

TEST_F(Collector, WaitsForAJobThatAnotherControllerIsAboutToSubmit) {
  Record("a", absl::Now());
  EXPECT_THAT(Collect().warnings, IsEmpty());
  EXPECT_EQ(StatusOf("a"), "pending");
}

}  // namespace
}  // namespace edgebench::controller
