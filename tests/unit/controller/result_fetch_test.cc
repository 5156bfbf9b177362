#include "controller/result_fetch.h"

#include <gtest/gtest.h>

#include "controller/testing/fake_agent.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

constexpr RetryPolicy kAtOnce = {3, absl::Milliseconds(1), absl::Milliseconds(1)};

// A job that has ended, and whose result waits on the agent.
class ResultFetch : public ::testing::Test {
 protected:
  ResultFetch() : store_(*db::ResultStore::Open(folder_.File("results.db"))) {
    job_.job_id = "a";
    job_.device = "local";
    job_.run_id = "run";
    job_.settings = SettingsOf("resnet18", v1::PRECISION_FP32);
    job_.submitted_time = absl::FromUnixSeconds(1'600'000'000);
  }
  void SetUp() override {
    ASSERT_TRUE(
        store_.Use([&](db::ResultStore& store) { return store.RecordSubmission(job_); }).ok());
    v1::SubmitJobRequest request;
    request.set_job_id(job_.job_id);
    *request.mutable_settings() = job_.settings;
    ASSERT_TRUE(client_->SubmitJob(request).ok());
  }

  TempDir folder_;
  FakeAgent agent_;
  std::unique_ptr<AgentClient> client_ = NewFakeAgentClient(agent_);
  SharedStore store_;
  db::SubmittedJob job_;
};

TEST_F(ResultFetch, StoresTheResultAndAcknowledgesIt) {
  const auto fetched = FetchResult(*client_, store_, job_, kAtOnce);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(fetched->is_new);
  EXPECT_TRUE(agent_.is_acknowledged("a"));
}

TEST_F(ResultFetch, AnswersWhatAFasterControllerStored) {
  const absl::Time then = absl::FromUnixSeconds(1'600'000'100);
  const auto result = client_->GetJobResult("a");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(
      *store_.Use([&](db::ResultStore& store) { return store.StoreResult(*result, then); }));
  const auto fetched = FetchResult(*client_, store_, job_, kAtOnce);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_FALSE(fetched->is_new);
  EXPECT_EQ(fetched->measurement.stored_time, then);
  EXPECT_TRUE(agent_.is_acknowledged("a"));
}

}  // namespace
}  // namespace edgebench::controller
