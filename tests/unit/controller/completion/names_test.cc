#include "controller/completion/names.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/file.h"
#include "db/result_store.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fake_connector.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NamesAtHandTest : public ::testing::Test {
 protected:
  std::vector<std::string> Words(NameKind kind) {
    std::vector<std::string> words;
    for (const Candidate& candidate : NamesAtHand(connector_)(kind, Path()))
      words.push_back(candidate.word);
    return words;
  }

  std::string Path() const { return folder_.File("results.db"); }

  void Submit(db::ResultStore& store, const std::string& id, const std::string& model) {
    db::SubmittedJob job;
    job.job_id = id;
    job.run_id = "run-of-both";
    job.device = "pi";
    job.settings = SettingsOf(model, v1::PRECISION_FP32);
    job.submitted_time = now_ += absl::Minutes(1);
    ASSERT_TRUE(store.RecordSubmission(job).ok());
  }

  void Finish(db::ResultStore& store, const std::string& id, const std::string& model) {
    v1::JobResult result = MakeResult(SettingsOf(model, v1::PRECISION_FP32), {1, 2, 3});
    result.set_job_id(id);
    ASSERT_TRUE(store.StoreResult(result, now_).ok());
  }

  TempDir folder_;
  FakeConnector connector_;
  FakeAgent agent_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(NamesAtHandTest, WithoutADatabaseNothingIsKnownAndNoneIsMade) {
  EXPECT_THAT(Words(NameKind::kDevices), ElementsAre("local"));
  for (const NameKind kind : {NameKind::kModels, NameKind::kMeasuredModels, NameKind::kJobs,
                              NameKind::kPendingJobs, NameKind::kRuns, NameKind::kTags})
    EXPECT_THAT(Words(kind), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(NamesAtHandTest, ABrokenDatabaseIsNoError) {
  ASSERT_TRUE(WriteFileAtomically(Path(), "no database").ok());
  EXPECT_THAT(Words(NameKind::kDevices), ElementsAre("local"));
}

TEST_F(NamesAtHandTest, DevicesAndJobsAreThoseOfTheDatabase) {
  {
    auto store = db::ResultStore::Open(Path());
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->AddDevice({"pi", "127.0.0.1:7700", now_}).ok());
    Submit(**store, "job-1", "resnet18");
    Submit(**store, "job-2", "my.pt");
    Finish(**store, "job-1", "resnet18");
    Finish(**store, "job-2", "my.pt");
    Submit(**store, "job-3", "resnet50");
  }
  EXPECT_THAT(Words(NameKind::kDevices), ElementsAre("local", "pi"));
  EXPECT_THAT(Words(NameKind::kJobs), ElementsAre("job-3", "job-2", "job-1"));
  EXPECT_THAT(Words(NameKind::kPendingJobs), ElementsAre("job-3"));
  EXPECT_THAT(Words(NameKind::kRuns), ElementsAre("run-of-both"));
  const std::vector<Candidate> jobs = NamesAtHand(connector_)(NameKind::kJobs, Path());
  EXPECT_THAT(jobs.front().description, AllOf(HasSubstr("resnet50 fp32"), HasSubstr("pending")));
  EXPECT_THAT(Words(NameKind::kMeasuredModels), ElementsAre("my.pt", "resnet18"));
  EXPECT_THAT(Words(NameKind::kModels), ElementsAre("resnet18"))
      << "a file may lie anywhere by now";
}

TEST_F(NamesAtHandTest, ModelsAreThoseOfTheLocalAgentWhereItRuns) {
  connector_.Put(kLocalDevice, agent_);
  EXPECT_THAT(Words(NameKind::kModels), Contains("resnet18"));
  connector_.SetReachable(false);
  EXPECT_THAT(Words(NameKind::kModels), IsEmpty());
}

}  // namespace
}  // namespace edgebench::controller
