// The worker's binary, seen from the daemon's side.

#include "tests/unit/worker/worker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

namespace edgebench::worker {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr char kWorker[] = EDGEBENCH_WORKER;

v1::WorkerRequest Benchmark(const std::string& model, v1::Precision precision) {
  v1::WorkerRequest request;
  v1::JobSettings& settings = *request.mutable_run_job()->mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.set_precision(precision);
  settings.set_batch(1);
  settings.set_image_size(64);
  settings.set_threads(1);
  settings.set_fixed_samples(5);
  settings.mutable_max_time()->set_nanos(1);
  settings.mutable_model()->set_zoo_name(model);
  return request;
}

// A figure of /proc/PID/status in bytes.
rlim_t StatusBytes(pid_t pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (file >> word) {
    rlim_t kibibytes = 0;
    if (word == key + ":" && file >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

// Lets the worker map so much more than it has mapped when it is ready.
void LimitGrowth(const WorkerProcess& worker, rlim_t bytes) {
  const rlim_t limit = StatusBytes(worker.pid(), "VmData") + bytes;
  const rlimit both{limit, limit};
  ASSERT_EQ(prlimit(worker.pid(), RLIMIT_DATA, &both, nullptr), 0);
}

class WorkerProcessTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(worker_.Receive()->ready()); }

  WorkerProcess worker_{kWorker};
};

TEST_F(WorkerProcessTest, DescribesLibTorchAndItsModelsAndEndsWithItsRequests) {
  v1::WorkerRequest describe;
  describe.mutable_describe();
  ASSERT_TRUE(worker_.Send(describe));
  const auto message = worker_.Receive();
  ASSERT_TRUE(message.has_value());
  EXPECT_FALSE(message->description().torch().version().empty());
  EXPECT_FALSE(message->description().torch().quantized_engines().empty());
  std::vector<std::string> models;
  for (const v1::ZooModel& model : message->description().zoo()) models.push_back(model.name());
  EXPECT_THAT(models, Contains("resnet18"));
  worker_.CloseRequests();
  EXPECT_EQ(worker_.Wait(), 0);
  EXPECT_EQ(worker_.Output(), "");
}

TEST_F(WorkerProcessTest, RunsAJobAndExits) {
  ASSERT_TRUE(worker_.Send(Benchmark("squeezenet1_0", v1::PRECISION_FP32)));
  const auto result = worker_.ReceiveResult();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OK) << result->message();
  EXPECT_EQ(result->latency().measured_ns_size(), 5);
  EXPECT_GT(result->peak_rss_bytes(), 0);
  EXPECT_EQ(worker_.Wait(), 0);
}

// Residual blocks and max pooling, through the fully optimized graph.
TEST_F(WorkerProcessTest, GetsTheSameFromAnOptimizedModelAtEveryPrecision) {
  for (const v1::Precision precision :
       {v1::PRECISION_FP32, v1::PRECISION_INT8_DYNAMIC, v1::PRECISION_INT8_STATIC}) {
    WorkerProcess worker(kWorker);
    ASSERT_TRUE(worker.Receive()->ready());
    ASSERT_TRUE(worker.Send(Benchmark("resnet18", precision)));
    const auto result = worker.ReceiveResult();
    ASSERT_TRUE(result.has_value()) << v1::Precision_Name(precision);
    EXPECT_EQ(result->outcome(), v1::OUTCOME_OK) << result->message();
    EXPECT_EQ(result->optimize(), v1::OPTIMIZE_FULL) << result->ShortDebugString();
    EXPECT_EQ(result->has_parity(), precision != v1::PRECISION_FP32);
    EXPECT_GT(result->has_parity() ? result->parity().sqnr_db() : 99, 20);
    EXPECT_EQ(worker.Wait(), 0);
  }
}

// QNNPACK's dynamic linear layer warns at every call.
TEST_F(WorkerProcessTest, WritesNoWarningWhileItMeasures) {
  v1::WorkerRequest job = Benchmark("resnet18", v1::PRECISION_INT8_DYNAMIC);
  job.mutable_run_job()->mutable_settings()->set_engine("qnnpack");
  ASSERT_TRUE(worker_.Send(job));
  const auto result = worker_.ReceiveResult();
  ASSERT_TRUE(result.has_value());
  if (result->outcome() == v1::OUTCOME_UNSUPPORTED) {  // Debian's arm64 has no QNNPACK
    EXPECT_THAT(result->message(), HasSubstr("qnnpack"));
  } else {
    EXPECT_EQ(result->outcome(), v1::OUTCOME_OK) << result->message();
  }
  EXPECT_EQ(worker_.Wait(), 0);
  EXPECT_EQ(worker_.Output(), "");
}

TEST_F(WorkerProcessTest, ABatchThatDoesNotFitIsOomWithStageAndPeak) {
  LimitGrowth(worker_, 256 << 20);
  v1::WorkerRequest job = Benchmark("squeezenet1_0", v1::PRECISION_FP32);
  job.mutable_run_job()->mutable_settings()->set_batch(512);
  ASSERT_TRUE(worker_.Send(job));
  const auto result = worker_.ReceiveResult();
  ASSERT_TRUE(result.has_value()) << worker_.Output();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OOM) << result->message();
  EXPECT_EQ(result->stage(), v1::STAGE_REFERENCE);
  EXPECT_GT(result->job_peak_rss_bytes(), 0);
  EXPECT_THAT(result->message(), HasSubstr("try a --batch below 512"));
  EXPECT_EQ(worker_.Wait(), 0);
}

TEST_F(WorkerProcessTest, AModelThatDoesNotFitIsOomWhileItLoads) {
  LimitGrowth(worker_, 8 << 20);
  ASSERT_TRUE(worker_.Send(Benchmark("resnet18", v1::PRECISION_FP32)));
  const auto result = worker_.ReceiveResult();
  ASSERT_TRUE(result.has_value()) << worker_.Output();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OOM) << result->message();
  EXPECT_EQ(result->stage(), v1::STAGE_LOAD);
  EXPECT_THAT(result->message(), HasSubstr("the model itself does not fit"));
}

// Without room for anything, matrices included.
TEST_F(WorkerProcessTest, NoMemoryAtAllIsOomToo) {
  LimitGrowth(worker_, 0);
  ASSERT_TRUE(worker_.Send(Benchmark("resnet18", v1::PRECISION_INT8_STATIC)));
  const auto result = worker_.ReceiveResult();
  ASSERT_TRUE(result.has_value()) << worker_.Output();
  EXPECT_EQ(result->outcome(), v1::OUTCOME_OOM) << result->message();
}

TEST_F(WorkerProcessTest, EndsInTheMiddleOfAJobWhenTheDaemonIsGone) {
  v1::WorkerRequest job = Benchmark("squeezenet1_0", v1::PRECISION_FP32);
  job.mutable_run_job()->mutable_settings()->set_fixed_samples(1'000'000);
  ASSERT_TRUE(worker_.Send(job));
  std::optional<v1::WorkerMessage> message;
  do {
    message = worker_.Receive();
    ASSERT_TRUE(message.has_value()) << worker_.Output();
  } while (message->stage_entered() != v1::STAGE_MEASURE);
  worker_.CloseRequests();
  EXPECT_FALSE(worker_.ReceiveResult().has_value());
  EXPECT_TRUE(WIFEXITED(worker_.Wait()));
}

}  // namespace
}  // namespace edgebench::worker
