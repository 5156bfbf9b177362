#include "agent/placement.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <memory>

#include "agent/kernel_files.h"
#include "agent/posix_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::JobSettings Pinned(const std::string& cpus) {
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.set_pin_cpus(cpus);
  return settings;
}

std::string Normalized(const std::string& cpus) {
  v1::JobSettings settings = Pinned(cpus);
  const absl::Status status = NormalizePlacement("0-7", settings);
  return status.ok() ? settings.pin_cpus() : std::string(status.message());
}

// Waits until it is killed, as a worker for its job.
std::unique_ptr<Process> Waiting() {
  return PosixProcessLauncher().Launch({"/bin/sleep", "60"}, {}).value();
}

TEST(Placement, WritesProcessorsAsTheKernelDoes) {
  EXPECT_EQ(Normalized("0"), "0");
  EXPECT_EQ(Normalized("3,1,2,0"), "0-3");
  EXPECT_EQ(Normalized("0-1, 6,4-4,1"), "0-1,4,6");
}

TEST(Placement, RefusesWhatIsNoListOfUsableProcessors) {
  constexpr char kWhy[] = "a list like 0-3,6 of the processors that the agent may use: 0-7";
  for (const char* list : {"8", "0-8", "a", "1,", "2-1", "-1", "0-", "1 2", "99999999999"}) {
    EXPECT_EQ(Normalized(list), "pin_cpus is \"" + std::string(list) + "\"; allowed: " + kWhy);
  }
}

TEST(Placement, ChecksNoProcessorsWhereTheUsableOnesAreUnknown) {
  v1::JobSettings settings = Pinned("900");
  EXPECT_TRUE(NormalizePlacement("", settings).ok());
  EXPECT_EQ(PinnedCpus(settings), 1);
  EXPECT_EQ(PinnedCpus(v1::JobSettings()), std::nullopt);
}

TEST(Placement, RefusesAnImpossibleNiceness) {
  v1::JobSettings settings = Pinned("0");
  settings.set_niceness(20);
  EXPECT_EQ(NormalizePlacement("0-7", settings).message(), "niceness is 20; allowed: -20 to 19");
}

TEST(Placement, IsOfWhatIsTimedOnly) {
  v1::JobSettings settings = Pinned("0");
  settings.set_kind(v1::JOB_KIND_QUANTIZE);
  settings.set_niceness(5);
  settings.set_huge_pages(v1::HUGE_PAGES_ON);
  EXPECT_TRUE(NormalizePlacement("0-7", settings).ok());
  EXPECT_EQ(settings.pin_cpus(), "");
  EXPECT_FALSE(settings.has_niceness());
  EXPECT_EQ(settings.huge_pages(), v1::HUGE_PAGES_UNSPECIFIED);
}

TEST(Placement, PinsAWorkerAndGivesItItsNiceness) {
  const auto worker = Waiting();
  const int cpu =
      ParseCpuList(LookUp(ReadTrimmed("/proc/self/status"), "Cpus_allowed_list", ':').value())
          .front();
  v1::JobSettings settings = Pinned(std::to_string(cpu));
  settings.set_niceness(7);
  const absl::Status status = ApplyPlacement(worker->pid(), settings);
  ASSERT_TRUE(status.ok()) << status;
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(worker->pid(), sizeof allowed, &allowed), 0);
  EXPECT_EQ(CPU_COUNT(&allowed), 1);
  EXPECT_TRUE(CPU_ISSET(static_cast<size_t>(cpu), &allowed));
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(worker->pid())), 7);
}

TEST(Placement, LeavesAWorkerAsItIsWhereNothingWasAsked) {
  const auto worker = Waiting();
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(worker->pid(), sizeof before, &before), 0);
  EXPECT_TRUE(ApplyPlacement(worker->pid(), v1::JobSettings()).ok());
  ASSERT_EQ(sched_getaffinity(worker->pid(), sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Placement, SaysWhichProcessorsTheKernelDoesNotGive) {
  const auto worker = Waiting();
  const absl::Status status = ApplyPlacement(worker->pid(), Pinned("1023"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("pinning to processors 1023"));
}

TEST(Placement, AsksTheCLibraryForHugePages) {
  v1::JobSettings settings;
  EXPECT_THAT(PlacementEnvironment(settings), IsEmpty());
  settings.set_huge_pages(v1::HUGE_PAGES_OFF);
  EXPECT_THAT(PlacementEnvironment(settings), IsEmpty());
  settings.set_huge_pages(v1::HUGE_PAGES_ON);
  EXPECT_THAT(PlacementEnvironment(settings), ElementsAre("GLIBC_TUNABLES=glibc.malloc.hugetlb=1"));
}

}  // namespace
}  // namespace edgebench::agent
