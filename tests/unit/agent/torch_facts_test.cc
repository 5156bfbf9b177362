#include "agent/torch_facts.h"

#include <gmock/gmock.h>

#include <fstream>
#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "agent/device.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class TorchFactsTest : public ::testing::Test {
 protected:
  TorchFactsTest() {
    std::ofstream(dir_.File("worker")) << "a program";
    Restart("1.13.1");
  }

  // As a new daemon over the same files, with this LibTorch.
  void Restart(const std::string& version, absl::Duration keep = absl::ZeroDuration()) {
    Install(version);
    facts_ = nullptr;
    pool_ = std::make_unique<WorkerPool>(launcher_, clock_,
                                         WorkerPool::Options{dir_.File("worker"), keep});
    facts_ = std::make_unique<TorchFacts>(*pool_, memory_, clock_,
                                          TorchFacts::Options{dir_.File("facts"), dir_.path()});
  }

  // What workers say that are started from now on.
  void Install(const std::string& version) {
    v1::WorkerMessage::Description description;
    description.mutable_torch()->set_version(version);
    description.mutable_torch()->set_blas(blas_);
    description.mutable_torch()->add_quantized_engines("qnnpack");
    description.add_zoo()->set_name("tiny");
    launcher_.Define("",
                     FakeWorker(description, [](FakeChild&, const auto&) { return ExitsWith(0); }));
  }

  std::string Version() {
    const auto facts = facts_->Get();
    return facts.ok() ? facts->torch().version() : std::string(facts.status().message());
  }

  Device MakeDevice() {
    return Device(*facts_, clock_,
                  {.name = "pi",
                   .root = dir_.path(),
                   .data_folder = dir_.path(),
                   .job_memory_bytes = 5,
                   .cache_bytes = 6,
                   .power_source = {}});
  }
  v1::Capabilities Describe() { return MakeDevice().Describe(); }

  TempDir dir_;
  RealClock clock_;
  FakeMemoryMeter memory_;
  FakeProcessLauncher launcher_;
  std::string blas_ = "openblas 0.3.21";
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<TorchFacts> facts_;
};

TEST_F(TorchFactsTest, AsksAWorkerOnce) {
  EXPECT_EQ(Version(), "1.13.1");
  EXPECT_EQ(Version(), "1.13.1");
  EXPECT_EQ(launcher_.launches(), 1);
}

TEST_F(TorchFactsTest, RemembersTheAnswerAcrossARestart) {
  Version();
  Restart("never asked");
  EXPECT_EQ(Version(), "1.13.1");
  EXPECT_EQ(launcher_.launches(), 1);
}

TEST_F(TorchFactsTest, AsksAgainWhenTheWorkerChanges) {
  Version();
  Restart("2.6.0");
  std::ofstream(dir_.File("worker")) << "another program";
  EXPECT_EQ(Version(), "2.6.0");
}

TEST_F(TorchFactsTest, AsksAgainWhenALibraryThatTheWorkerHadMappedChanges) {
  std::ofstream(dir_.File("libtorch_cpu.so.1.13")) << "old";
  // The fake's first process has this number.
  std::filesystem::create_directories(dir_.File("proc/1000000001"));
  std::ofstream(dir_.File("proc/1000000001/maps"))
      << "7f00-7f01 r-xp 00000000 08:01 42   " << dir_.File("libtorch_cpu.so.1.13") << "\n"
      << "7f02-7f03 rw-p 00000000 00:00 0    [heap]\n";
  EXPECT_EQ(Version(), "1.13.1");
  Restart("2.6.0");
  std::ofstream(dir_.File("libtorch_cpu.so.1.13")) << "newer";
  EXPECT_EQ(Version(), "2.6.0");
}

TEST_F(TorchFactsTest, AsksANewWorkerAfterAnUpgradeAndNoneThatWaitsSinceBefore) {
  Restart("1.13.1", absl::Minutes(5));
  EXPECT_EQ(Version(), "1.13.1");
  Install("2.6.0");
  std::ofstream(dir_.File("worker")) << "another program";
  EXPECT_EQ(Version(), "2.6.0");
}

TEST_F(TorchFactsTest, AsksAgainWhenALibraryWasReplacedUnderTheWorkerThatAnswered) {
  std::ofstream(dir_.File("libtorch_cpu.so")) << "new";
  std::filesystem::create_directories(dir_.File("proc/1000000001"));
  std::ofstream(dir_.File("proc/1000000001/maps"))
      << "7f00-7f01 r-xp 00000000 08:01 42   " << dir_.File("libtorch_cpu.so") << " (deleted)\n";
  EXPECT_EQ(Version(), "1.13.1");
  Install("2.6.0");
  EXPECT_EQ(Version(), "2.6.0");
}

TEST_F(TorchFactsTest, LeavesADeviceAloneThatMeasuresAndAsksAfterwards) {
  EXPECT_EQ(Version(), "1.13.1");
  Install("2.6.0");
  std::ofstream(dir_.File("worker")) << "another program";
  auto measuring = pool_->Take().value();
  const int launches = launcher_.launches();
  EXPECT_EQ(Version(), "1.13.1");
  EXPECT_EQ(launcher_.launches(), launches);
  measuring = nullptr;
  EXPECT_EQ(Version(), "2.6.0");
}

TEST_F(TorchFactsTest, EndAWorkerThatHangsWhenTheAgentStops) {
  absl::Notification asked;
  launcher_.Define("", [&asked](FakeChild& child, const auto&) {
    asked.Notify();
    child.Hang();
    return ExitsWith(0);
  });
  absl::Status status;
  std::thread asker([&] { status = facts_->Get().status(); });
  asked.WaitForNotification();
  facts_->Stop();
  asker.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(facts_->Get().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(TorchFactsTest, AsksAgainWhenAnotherBlasIsChosen) {
  std::filesystem::create_directories(dir_.File("etc/alternatives"));
  std::ofstream(dir_.File("reference")) << "slow";
  std::ofstream(dir_.File("openblas")) << "fast one";
  const std::string link = dir_.File("etc/alternatives/libblas.so.3-x86_64-linux-gnu");
  std::filesystem::create_symlink(dir_.File("reference"), link);
  Version();
  Restart("asked again");
  std::filesystem::remove(link);
  std::filesystem::create_symlink(dir_.File("openblas"), link);
  EXPECT_EQ(Version(), "asked again");
}

TEST_F(TorchFactsTest, AsksAgainWhenTheFileIsDamaged) {
  Version();
  for (const char* damaged :
       {"", "garbage", "edgebench-torch-facts 1\nx y z\n\n", "edgebench-torch-facts 9\n\n"}) {
    std::ofstream(dir_.File("facts")) << damaged;
    Restart(damaged);
    EXPECT_EQ(Version(), damaged);
  }
}

TEST_F(TorchFactsTest, SaysWhatTheWorkerSaidWhenItDied) {
  launcher_.Define("", [](FakeChild& child, const auto&) {
    child.Log("error while loading shared libraries: libtorch.so\n");
    return ExitsWith(127);
  });
  const absl::Status status = facts_->Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("libtorch.so"));
}

TEST_F(TorchFactsTest, SaysHowTheWorkerEndedWhenItSaidNothing) {
  launcher_.Define("", [](FakeChild&, const auto&) { return ExitsWith(127); });
  EXPECT_THAT(
      std::string(facts_->Get().status().message()),
      HasSubstr("what LibTorch can do here: it ended with exit code 127 and wrote nothing"));
}

TEST_F(TorchFactsTest, AreInTheCapabilities) {
  const v1::Capabilities capabilities = Describe();
  EXPECT_EQ(capabilities.device_name(), "pi");
  EXPECT_EQ(capabilities.torch().version(), "1.13.1");
  EXPECT_EQ(capabilities.zoo(0).name(), "tiny");
  EXPECT_EQ(capabilities.job_memory_limit_bytes(), 5);
  EXPECT_EQ(capabilities.cache_limit_bytes(), 6);
  EXPECT_GT(capabilities.host().free_disk_bytes(), 0);
  EXPECT_THAT(capabilities.warnings(), Not(Contains(HasSubstr("BLAS"))));
  EXPECT_THAT(capabilities.warnings(), Not(Contains(HasSubstr("never tried"))));
}

TEST_F(TorchFactsTest, GoWithAsManyThreadsAsTheQuotaOfAContainerHasCores) {
  std::filesystem::create_directories(dir_.File("sys/devices/system/cpu"));
  std::ofstream(dir_.File("sys/devices/system/cpu/online")) << "0-7\n";
  EXPECT_EQ(MakeDevice().SettingsLimits()->default_threads, 8);
  std::filesystem::create_directories(dir_.File("proc/self"));
  std::filesystem::create_directories(dir_.File("sys/fs/cgroup"));
  std::ofstream(dir_.File("proc/self/cgroup")) << "0::/\n";
  std::ofstream(dir_.File("sys/fs/cgroup/cpu.max")) << "150000 100000\n";
  EXPECT_EQ(MakeDevice().SettingsLimits()->default_threads, 2);
  EXPECT_EQ(Describe().host().usable_cores(), 2);
  EXPECT_EQ(Describe().host().logical_cores(), 8) << "what the device has";
}

TEST_F(TorchFactsTest, WarnOfTheReferenceBlas) {
  blas_ = "reference";
  Restart("1.13.1");
  EXPECT_THAT(Describe().warnings(), Contains(HasSubstr("libopenblas0-openmp")));
}

TEST_F(TorchFactsTest, WarnOfAnOpenBlasWhoseThreadsCompete) {
  blas_ = "openblas 0.3.21 (pthreads)";
  Restart("1.13.1");
  EXPECT_THAT(Describe().warnings(), Contains(HasSubstr("apt remove libopenblas0-pthread")));
}

TEST_F(TorchFactsTest, WarnOfALibTorchThatWasNeverTried) {
  Restart("2.1.0");
  EXPECT_THAT(Describe().warnings(), Contains(HasSubstr("LibTorch 2.1.0 was never tried")));
}

TEST_F(TorchFactsTest, WarnNotOfTheLibTorchOfDebian13) {
  Restart("2.6.0+debian");
  EXPECT_THAT(Describe().warnings(), Not(Contains(HasSubstr("never tried"))));
}

TEST_F(TorchFactsTest, AreMissingFromTheCapabilitiesWithAWarningWhenThereIsNoWorker) {
  launcher_.SetMissing(dir_.File("worker"));
  const v1::Capabilities capabilities = Describe();
  EXPECT_EQ(capabilities.torch().version(), "");
  EXPECT_THAT(capabilities.warnings(), Contains(HasSubstr("--worker")));
}

}  // namespace
}  // namespace edgebench::agent
